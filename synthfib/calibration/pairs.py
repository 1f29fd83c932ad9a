"""Scenes with their Monte Carlo images, kept in a folder."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthfib.calibration.scenes import Scene, draw_film, draw_scene
from synthfib.data.atomic import atomic_path
from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.physics.materials import material
from synthfib.simulators.base import OnProgress
from synthfib.simulators.monte_carlo import MonteCarlo

#: For every so many scenes there are flat layers too, with a quarter of the pixels and four times the electrons.
FILMS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A structure and what Monte Carlo sees of its first layer.

    Parameters
    ----------
    volume : LabelVolume
        The structure.
    energy_kev : float
        Landing energy.
    shape : str
        What kind of structure it is.
    yields : ndarray of float32, shape (y, x)
        Share of electrons that came back.
    electrons_per_pixel : int
        How many were sent.
    """

    volume: LabelVolume
    energy_kev: float
    shape: str
    yields: NDArray[np.float32]
    electrons_per_pixel: int

    @property
    def noise_variance(self) -> float:
        """Mean statistical variance of a yield."""
        return float((self.yields * (1 - self.yields)).mean()) / self.electrons_per_pixel


def make_pairs(folder: Path, *, seed: int, count: int, electrons_per_pixel: int, on_progress: OnProgress | None = None) -> None:
    """Follow the electrons of `count` scenes, and of flat layers beside them; those already in `folder` are kept, so that interrupted work goes on.

    Parameters
    ----------
    folder : pathlib.Path
        Where the pairs go; made if it does not exist.
    seed : int
        Series of scenes.
    count : int
        How many.
    electrons_per_pixel : int
        Electrons for each pixel.
    on_progress : callable, optional
        Called with the share of the work done and a word on it.

    Raises
    ------
    InputError
        If a number is below 1 or the seed below 0.
    """
    if count < 1 or electrons_per_pixel < 1 or seed < 0:
        raise InputError(f"Pairs need a count and electrons of 1 or more and a seed of 0 or more, got {count}, {electrons_per_pixel}, {seed}.")
    folder.mkdir(parents=True, exist_ok=True)
    work = [(f"{seed}-{index:05d}-{electrons_per_pixel}.npz", draw_scene, index, electrons_per_pixel) for index in range(count)]
    work += [(f"{seed}-film-{index:05d}-{electrons_per_pixel}.npz", draw_film, index, 4 * electrons_per_pixel) for index in range(count // FILMS)]
    for done, (name, draw, index, electrons) in enumerate(work, start=1):
        if _read(folder / name) is None:
            _write(folder / name, draw(seed, index), electrons)
        if on_progress:
            on_progress(done / len(work), f"scene {done} of {len(work)}")


def load_pairs(folder: Path) -> list[Pair]:
    """Return the pairs of a folder in the order of their names.

    Raises
    ------
    InputError
        If there is none, or one is damaged.
    """
    pairs = list(_pairs(folder))
    if not pairs:
        raise InputError(f"{folder} holds no Monte Carlo pairs.")
    return pairs


def _pairs(folder: Path) -> Iterator[Pair]:
    for path in sorted(folder.glob("*.npz")):
        pair = _read(path)
        if pair is None:
            raise InputError(f"{path} is damaged; delete it and make the pairs again.")
        yield pair


def _write(path: Path, scene: Scene, electrons_per_pixel: int) -> None:
    size_nm = scene.volume.voxel_size_nm
    plan = MillingPlan(np.zeros(1), size_nm[1:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # electrons lost below the mirror image of deep vacuum pores: little, and the same for all
        stack = MonteCarlo(electrons_per_pixel=electrons_per_pixel).simulate(scene.volume, plan, energies_kev=[scene.energy_kev], rng=scene.seed)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            labels=scene.volume.labels,
            voxel_size_nm=size_nm,
            phases=[phase.name for phase in scene.volume.phases],
            energy_kev=scene.energy_kev,
            shape=scene.shape,
            yields=stack.data[0, 0],
            electrons_per_pixel=electrons_per_pixel,
        )


def _read(path: Path) -> Pair | None:
    """Return a pair, or None if the file is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            phases: tuple[Material, ...] = tuple(material(str(name)) for name in file["phases"])
            volume = LabelVolume(file["labels"], tuple(file["voxel_size_nm"]), phases)
            return Pair(volume, float(file["energy_kev"]), str(file["shape"]), file["yields"], int(file["electrons_per_pixel"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None
