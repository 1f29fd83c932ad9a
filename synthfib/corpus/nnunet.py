"""The folder that nnU-Net v2 calls a raw dataset: its names, its `dataset.json` and its split."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, UnsupportedError

ENDING = ".nii.gz"
_FOLDER = re.compile(r"Dataset\d{3}_[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Case:
    """What `dataset.json` must know of a volume.

    Parameters
    ----------
    name : str
        Its name.
    split : str, optional
        ``train`` and ``validation`` are for training, anything else for testing.
    channels : tuple of str
        Name of each channel.
    phases : tuple of str
        Name of each label, pore first; empty without labels.
    """

    name: str
    split: str | None
    channels: tuple[str, ...]
    phases: tuple[str, ...]

    @property
    def trains(self) -> bool:
        """Whether nnU-Net trains with it."""
        return self.split in ("train", "validation")


def make_case(name: str, split: str | None, stack: ImageStack) -> Case:
    """Return the entry of a volume."""
    return Case(name, split, tuple(map(str, stack.channels)), tuple(phase.name for phase in stack.phases))


def check_folder_name(name: str) -> None:
    """Check the name of the folder, by which nnU-Net finds the dataset.

    Raises
    ------
    InputError
        Unless it is ``DatasetNNN_Name``.
    """
    if not _FOLDER.fullmatch(name):
        raise InputError(f"nnU-Net finds a dataset by the name of its folder, DatasetNNN_Name, got {name!r}; give for example Dataset501_Gold.")


def no_truth_maps() -> UnsupportedError:
    """Return the error for truth maps, which have no place in such a folder."""
    return UnsupportedError("A dataset of nnU-Net has no place for truth maps; leave them out, or export them as nifti.")


def case_arrays(name: str, split: str | None, stack: ImageStack) -> dict[str, NDArray[Any]]:
    """Return the arrays ``(slice, y, x)`` of a volume by file: channels numbered after the name of the case, and labels.

    Raises
    ------
    InputError
        If a volume to train with has no labels.
    """
    case = make_case(name, split, stack)
    if case.trains and stack.labels is None:
        raise InputError(f"nnU-Net trains with labels, {name} of the {split} split has none; leave it out.")
    to = "Tr" if case.trains else "Ts"
    arrays: dict[str, NDArray[Any]] = {f"images{to}/{name}_{index:04d}{ENDING}": pixels for index, pixels in enumerate(stack.images)}
    if stack.labels is not None:
        arrays[f"labels{to}/{name}{ENDING}"] = stack.labels
    return arrays


def dataset_texts(title: str, cases: Sequence[Case]) -> dict[str, str]:
    """Return `dataset.json`, and `splits_final.json` if there are volumes to train with and to validate with.

    Raises
    ------
    InputError
        If the volumes do not all have the same channels.
    """
    channels = cases[0].channels
    for case in cases:
        if case.channels != channels:
            own, first = ", ".join(case.channels), ", ".join(channels)
            raise InputError(f"nnU-Net needs the same channels in all volumes, {cases[0].name} has {first} and {case.name} {own}; export them apart.")
    dataset = {
        "name": title,
        "channel_names": {str(index): channel for index, channel in enumerate(channels)},
        "labels": {phase: label for label, phase in enumerate(_phases([case.phases for case in cases if case.phases]))},
        "numTraining": sum(case.trains for case in cases),
        "file_ending": ENDING,
    }
    texts = {"dataset.json": _json(dataset)}
    train, validation = ([case.name for case in cases if case.split == split] for split in ("train", "validation"))
    if train and validation:
        texts["splits_final.json"] = _json([{"train": train, "val": validation}])
    return texts


def _phases(phases: Sequence[tuple[str, ...]]) -> list[str]:
    """Name the labels: nnU-Net insists on `background` for 0; a solid that is not the same everywhere is called by its number."""
    n_phases = max(map(len, phases), default=2)
    names = []
    for label in range(1, n_phases):
        found = {own[label] for own in phases if len(own) > label}
        names.append(found.pop() if len(found) == 1 else "solid" if n_phases == 2 else f"solid {label}")
    unique = len(set(names)) == len(names) and not {"background", "ignore"} & set(names)
    return ["background", *(names if unique else [f"solid {label}" for label in range(1, n_phases)])]


def _json(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"
