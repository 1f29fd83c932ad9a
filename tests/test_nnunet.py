"""Raw datasets of nnU-Net v2, held against the rules of its own checker."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.corpus import nnunet
from synthfib.corpus.nnunet import Case
from synthfib.data.milling import MillingPlan
from synthfib.data.nifti import write_nifti
from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError
from synthfib.physics.materials import material

SIZE_NM = (10.16, 2.5, 3.0)


@pytest.fixture
def stack() -> ImageStack:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (3, 4, 5), dtype=np.uint8)
    images = rng.integers(0, 255, (2, 3, 4, 5), dtype=np.uint8)
    plan = MillingPlan(np.array([0.0, 10.16, 20.32]), SIZE_NM[1:])
    return ImageStack(images, (Channel(1.0), Channel(2.0)), plan, labels, (material("epoxy"), material("gold")))


@pytest.fixture
def folder(stack: ImageStack, tmp_path: Path) -> Path:
    splits = {"train-000": "train", "train-001": "train", "validation-000": "validation", "test-000": "test"}
    for name, split in splits.items():
        for file, pixels in nnunet.case_arrays(name, split, stack).items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            write_nifti(tmp_path / file, pixels, SIZE_NM)
    for file, text in nnunet.dataset_texts("tiny 1.0.0", [nnunet.make_case(name, split, stack) for name, split in splits.items()]).items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    return tmp_path


def broken_rules(folder: Path) -> list[str]:
    """What nnU-Net's `verify_dataset_integrity` checks, in its words."""
    nibabel: Any = pytest.importorskip("nibabel")
    dataset = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    ending, n_channels, allowed = dataset["file_ending"], len(dataset["channel_names"]), sorted(dataset["labels"].values())
    broken = []
    if allowed != list(range(len(allowed))) or dataset["labels"].get("background") != 0:
        broken.append("labels must be consecutive and background 0")
    for images, labels in (("imagesTr", "labelsTr"), ("imagesTs", "labelsTs")):
        files = sorted(file.name for file in (folder / images).iterdir())
        cases = sorted({name[: -len(ending) - 5] for name in files})
        if files != [f"{case}_{channel:04d}{ending}" for case in cases for channel in range(n_channels)]:
            broken.append(f"all channels of all cases in {images}")
        if images == "imagesTr" and len(cases) != dataset["numTraining"]:
            broken.append("numTraining")
        if [f"{case}{ending}" for case in cases] != sorted(file.name for file in (folder / labels).iterdir()):
            broken.append(f"one label file per case in {labels}")
        for case in cases:
            label = nibabel.load(folder / labels / f"{case}{ending}")
            if not set(np.unique(np.asarray(label.dataobj))) <= set(allowed):
                broken.append(f"unexpected labels in {case}")
            for file in sorted((folder / images).glob(f"{case}_*")):
                image = nibabel.load(file)
                if image.shape != label.shape or not np.array_equal(image.affine, label.affine):
                    broken.append(f"shape, spacing or orientation of {case}")
    return broken


def test_the_dataset_keeps_the_rules(folder: Path) -> None:
    assert broken_rules(folder) == []
    dataset = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    assert dataset["channel_names"] == {"0": "1 keV bse", "1": "2 keV bse"}
    assert dataset["labels"] == {"background": 0, "gold": 1}
    assert dataset["numTraining"] == 3


def test_the_rules_can_be_broken(folder: Path) -> None:
    (folder / "imagesTr/train-001_0001.nii.gz").unlink()
    write_nifti(folder / "labelsTr/train-000.nii.gz", np.full((3, 4, 5), 7, np.uint8), (10.16, 3.0, 2.5))
    assert {rule.split()[0] for rule in broken_rules(folder)} >= {"all", "unexpected", "shape,"}


def test_validation_is_our_own(folder: Path) -> None:
    splits = json.loads((folder / "splits_final.json").read_text(encoding="utf-8"))
    assert splits == [{"train": ["train-000", "train-001"], "val": ["validation-000"]}]


def test_a_test_volume_without_labels_has_none_and_training_needs_them(stack: ImageStack) -> None:
    sealed = replace(stack, labels=None, phases=())
    assert sorted(nnunet.case_arrays("test-000", "test", sealed)) == ["imagesTs/test-000_0000.nii.gz", "imagesTs/test-000_0001.nii.gz"]
    with pytest.raises(InputError, match="nnU-Net trains with labels, train-000 of the train split has none"):
        nnunet.case_arrays("train-000", "train", sealed)


def test_one_network_sees_the_same_channels() -> None:
    cases = [Case("a", "train", ("1 keV bse",), ()), Case("b", "train", ("2 keV bse",), ())]
    with pytest.raises(InputError, match="a has 1 keV bse and b 2 keV bse"):
        nnunet.dataset_texts("x", cases)


@pytest.mark.parametrize(
    ("phases", "names"),
    [
        ([("epoxy", "gold"), ("vacuum", "gold")], ["background", "gold"]),
        ([("epoxy", "gold"), ("epoxy", "zirconia")], ["background", "solid"]),
        ([("epoxy", "gold"), ("epoxy", "zirconia", "platinum")], ["background", "solid 1", "platinum"]),
        ([("epoxy", "gold", "gold")], ["background", "solid 1", "solid 2"]),
        ([("epoxy", "ignore")], ["background", "solid 1"]),
        ([], ["background", "solid"]),
    ],
)
def test_labels_have_names_that_nnunet_can_tell_apart(phases: list[tuple[str, ...]], names: list[str]) -> None:
    cases = [Case(f"c{index}", "train", ("2 keV bse",), own) for index, own in enumerate(phases)] or [Case("c", None, ("2 keV bse",), ())]
    assert json.loads(nnunet.dataset_texts("x", cases)["dataset.json"])["labels"] == {name: label for label, name in enumerate(names)}


@pytest.mark.parametrize("name", ["Gold", "Dataset1_Gold", "Dataset501-Gold", "Dataset501_"])
def test_the_folder_has_a_name_that_nnunet_finds(name: str) -> None:
    nnunet.check_folder_name("Dataset501_Gold")
    with pytest.raises(InputError, match="DatasetNNN_Name"):
        nnunet.check_folder_name(name)
