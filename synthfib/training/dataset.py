"""Corpora as PyTorch datasets that are read while a network learns; the same seed gives the same samples on any number of workers.

Each sample is a dictionary, as MONAI's transforms take it: ``image``, a float32 tensor (channel * adjacent_slices, y, x) of grey values divided
by the largest possible one; ``label``, an int64 tensor (1, y, x), 0 for the pore, missing where the truth is withheld; ``volume``, ``slice`` and
``position_nm``; and a float32 tensor for each further truth that `synthfib.load` was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import synthfib.training.extra  # isort: skip  # noqa: F401

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from synthfib.corpus.samples import Sample, Samples, Window
from synthfib.errors import InputError
from synthfib.training.augmentation import Augmentation, Change

Item: TypeAlias = dict[str, Any]
Transform: TypeAlias = Callable[[Item], Item]


class SampleDataset(Dataset[Item]):
    """The samples of `synthfib.load` by index: whole faces, or patches on a regular grid.

    Sample `index` of an epoch is the same whoever asks for it and when; in which order they come, a `DataLoader` decides.

    Parameters
    ----------
    samples : Samples
        What `synthfib.load` returned.
    augmentation : Augmentation, optional
        Turn, mirror and re-light every sample in each epoch anew.
    transform : callable, optional
        Applied to each sample last; its random numbers are its own.
    seed : int
        Seed of the augmentation, 0 or more.

    Raises
    ------
    InputError
        If the seed is negative, or displacements, which are vectors, would have to be turned.
    """

    def __init__(self, samples: Samples, *, augmentation: Augmentation | None = None, transform: Transform | None = None, seed: int = 0) -> None:
        self._samples, self._augmentation, self._transform = samples, augmentation, transform
        self._seed = _Seed(seed)
        _check_turnable(samples, augmentation)

    def set_epoch(self, epoch: int) -> None:
        """Choose the augmentation of another epoch; workers that are already running notice it too."""
        self._seed.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Item:
        """Return one sample."""
        number = range(len(self))[index]
        return _item(self._samples[number], self._augmentation, self._transform, rng=self._seed.rng(number))


class SampleStream(IterableDataset[Item]):
    """Samples in random order, shared out to the workers of a `DataLoader` without double or gap.

    Each epoch goes through all samples in a new order, and on in yet another one if more are wanted. Sample number k of an epoch follows from
    seed, epoch and k alone. Workers take turns batch by batch, so that with `batch_size` that of the `DataLoader` every batch is the
    same on any number of workers; with another one the samples of an epoch are the same, but come together differently.

    Parameters
    ----------
    samples : Samples
        What `synthfib.load` returned.
    patch : int or (int, int), optional
        Cut a patch of this size ``(y, x)`` at a random place of each sample.
    n_samples : int, optional
        Samples per epoch; by default as many as there are.
    batch_size : int
        Samples of a batch.
    augmentation, transform, seed
        As for `SampleDataset`; the order and the places of patches follow from the seed, too.

    Raises
    ------
    InputError
        If a number is not positive, a patch does not fit, or displacements would have to be turned.
    """

    def __init__(
        self,
        samples: Samples,
        *,
        patch: int | tuple[int, int] | None = None,
        n_samples: int | None = None,
        batch_size: int = 1,
        augmentation: Augmentation | None = None,
        transform: Transform | None = None,
        seed: int = 0,
    ) -> None:
        self._n_samples = len(samples) if n_samples is None else n_samples
        if min(self._n_samples, batch_size, len(samples)) < 1:
            raise InputError(f"A stream needs samples and a batch size of 1 or more, got {self._n_samples} of {len(samples)} and {batch_size}.")
        _check_turnable(samples, augmentation)
        self._samples, self._augmentation, self._transform = samples, augmentation, transform
        self._patch = (patch, patch) if isinstance(patch, int) else patch
        self._check_patch()
        self._batch_size, self._seed = batch_size, _Seed(seed)

    def set_epoch(self, epoch: int) -> None:
        """Choose the samples of another epoch; workers that are already running notice it when they begin anew."""
        self._seed.set_epoch(epoch)

    def __len__(self) -> int:
        return self._n_samples

    def __iter__(self) -> Iterator[Item]:
        info = get_worker_info()
        worker, n_workers = (info.id, info.num_workers) if info is not None else (0, 1)
        n_known = len(self._samples)
        for first in range(0, self._n_samples, n_known):
            order = self._seed.rng(first, 0).permutation(n_known)
            for number in range(first, min(first + n_known, self._n_samples)):
                if number // self._batch_size % n_workers == worker:
                    yield self._sample(int(order[number - first]), rng=self._seed.rng(number, 1))

    def _sample(self, index: int, *, rng: np.random.Generator) -> Item:
        window = self._samples.window(index)
        if self._patch is not None:
            height, width = self._patch
            top, left = (int(rng.integers(room + 1)) for room in (window.height - height, window.width - width))
            window = Window(window.volume, window.face, window.top + top, window.left + left, height, width)
        return _item(self._samples.read(window), self._augmentation, self._transform, rng=rng)

    def _check_patch(self) -> None:
        if self._patch is None:
            return
        smallest = tuple(min(volume.shape[axis] for volume in self._samples.volumes) for axis in (2, 3))
        room = self._samples.patch or smallest
        if len(self._patch) != 2 or not all(1 <= size <= side for size, side in zip(self._patch, room, strict=True)):
            raise InputError(f"A patch must have two sizes (y, x) in pixels up to {room}, got {self._patch!r}.")


class _Seed:
    """The seed of a dataset and its epoch, which running workers share."""

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise InputError(f"A seed must be 0 or more, got {seed}.")
        self._seed = seed
        self._epoch = torch.zeros((), dtype=torch.int64)
        self._epoch.share_memory_()  # type: ignore[no-untyped-call]

    def set_epoch(self, epoch: int) -> None:
        if epoch < 0:
            raise InputError(f"An epoch must be 0 or more, got {epoch}.")
        self._epoch.fill_(epoch)

    def rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, int(self._epoch), *key])


def _check_turnable(samples: Samples, augmentation: Augmentation | None) -> None:
    if augmentation is not None and "displacement_nm" in samples.truth:
        raise InputError("Displacements are vectors and cannot be turned with the images; load without them, or without augmentation.")


def _item(sample: Sample, augmentation: Augmentation | None, transform: Transform | None, *, rng: np.random.Generator) -> Item:
    change = augmentation.draw(rng=rng) if augmentation is not None else Change(turns=0, mirrored=False, gain=1.0, offset=0.0)
    grey = change.turn(sample.image).astype(np.float32) / np.float32(np.iinfo(sample.image.dtype).max)
    grey = change.warp(grey, smooth=True)
    item: Item = {"image": _tensor(change.light(grey), np.float32)}
    if sample.label is not None:
        item["label"] = _tensor(change.warp(change.turn(sample.label), smooth=False)[None], np.int64)
    item |= {"volume": sample.window.volume, "slice": sample.window.face, "position_nm": sample.position_nm}
    item |= {
        name: _tensor(change.warp(change.turn(values), smooth=False) if augmentation is not None else values, np.float32)
        for name, values in sample.truth.items()
    }
    return item if transform is None else transform(item)


def _tensor(values: NDArray[Any], dtype: type[np.float32] | type[np.int64]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype))
