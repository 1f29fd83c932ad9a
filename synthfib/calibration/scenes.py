"""Random scenes that the fast simulators learn from: a structure, its materials, a landing energy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.volume import LabelVolume
from synthfib.generators.boolean_model import BooleanModel
from synthfib.generators.grains import Spheres
from synthfib.generators.leveled_wave import LeveledWave
from synthfib.generators.random_pores import RandomPores
from synthfib.physics.materials import material
from synthfib.physics.ranges import backscatter_depth_nm

#: Pore, solid, and how often they are drawn. Copper in epoxy is left out on purpose: it tests what was never seen.
MATERIAL_PAIRS: dict[tuple[str, str], float] = {
    ("epoxy", "gold"): 0.30,
    ("epoxy", "silver"): 0.08,
    ("epoxy", "platinum"): 0.06,
    ("epoxy", "zirconia"): 0.09,
    ("epoxy", "alumina"): 0.04,
    ("epoxy", "silicon"): 0.05,
    ("vacuum", "gold"): 0.14,
    ("vacuum", "silver"): 0.05,
    ("vacuum", "zirconia"): 0.06,
    ("vacuum", "silicon"): 0.03,
    ("vacuum", "carbon"): 0.03,
    ("vacuum", "ethyl-cellulose"): 0.07,
}
#: Landing energies in keV.
ENERGIES_KEV = (0.5, 6.0)
#: Median backscatter depth of the mixture in voxels.
DEPTHS_VOXELS = (0.3, 14.0)
_SOLID_FRACTIONS = (0.1, 0.75)
_FEATURES_VOXELS = (4.0, 24.0)
_SHAPES = {"waves": 0.42, "waves in waves": 0.26, "pores": 0.14, "grains": 0.1, "plates": 0.08}
_SIDE = 64
# Flat layers: few pixels, thicknesses in median backscatter depths of their material.
_FILM_SIDE = 32
_FILMS = (0.1, 3.0)
_MOST_LAYERS = 1000
_DEPTH = (56, 150)


@dataclass(frozen=True, slots=True)
class Scene:
    """A structure whose first layer is looked at.

    Parameters
    ----------
    volume : LabelVolume
        Pore and solid, 64 x 64 voxels wide.
    energy_kev : float
        Landing energy.
    shape : str
        What kind of structure it is.
    seed : int
        For its electrons.
    """

    volume: LabelVolume
    energy_kev: float
    shape: str
    seed: int


def draw_scene(seed: int, index: int) -> Scene:
    """Return scene `index` of the series `seed`: the same whatever other scenes are drawn."""
    rng = np.random.default_rng([seed, index])
    pairs = list(MATERIAL_PAIRS)
    pore, solid = (material(name) for name in pairs[rng.choice(len(pairs), p=_shares(MATERIAL_PAIRS.values()))])
    shape = str(rng.choice(list(_SHAPES), p=_shares(_SHAPES.values())))
    energy_kev = _log_uniform(rng, ENERGIES_KEV)
    solid_fraction = float(rng.uniform(*_SOLID_FRACTIONS))
    depth_voxels = _log_uniform(rng, DEPTHS_VOXELS)
    feature_voxels = _log_uniform(rng, _FEATURES_VOXELS)
    opacity = solid_fraction / backscatter_depth_nm(solid, energy_kev) + (1 - solid_fraction) / backscatter_depth_nm(pore, energy_kev)
    size_nm = min(max(1 / opacity / depth_voxels, 0.02), 1e4)
    layers = int(np.clip(7 * depth_voxels, *_DEPTH))
    generator_seed, electron_seed = (int(number) for number in rng.integers(2**31, size=2))
    if shape == "plates":
        volume = _plates(rng, (pore, solid), (layers, _SIDE, _SIDE), size_nm, feature_voxels)
    else:
        made = _generator(shape, (pore, solid), feature_voxels * size_nm, size_nm, solid_fraction)
        volume = made.generate((layers, _SIDE, _SIDE), (size_nm, size_nm, size_nm), rng=generator_seed)
    return Scene(volume, energy_kev, shape, electron_seed)


def draw_film(seed: int, index: int) -> Scene:
    """Return flat layers `index` of the series `seed`, with the pair of materials and the range of energies of `draw_scene`."""
    rng = np.random.default_rng([seed, index, 1])
    pairs = list(MATERIAL_PAIRS)
    phases = tuple(material(name) for name in pairs[rng.choice(len(pairs), p=_shares(MATERIAL_PAIRS.values()))])
    energy_kev = _log_uniform(rng, ENERGIES_KEV)
    depths_nm = [backscatter_depth_nm(phase, energy_kev) for phase in phases]
    depths_nm = [depth if math.isfinite(depth) else min(depths_nm) for depth in depths_nm]
    first, n_layers = int(rng.integers(2)), int(rng.integers(1, 4))
    order = [(first + layer) % 2 for layer in range(n_layers + 1)]
    thickness_nm = [depths_nm[phase] * _log_uniform(rng, _FILMS) for phase in order[:-1]]
    thickness_nm.append(8 * depths_nm[order[-1]])
    layer_nm = max(min(min(thickness_nm) / 8, min(depths_nm) / 4), sum(thickness_nm) / _MOST_LAYERS)
    column = np.repeat(np.array(order, np.uint8), [max(1, round(nm / layer_nm)) for nm in thickness_nm])
    pixel_nm = 2 / sum(1 / depth for depth in depths_nm) / _log_uniform(rng, DEPTHS_VOXELS)
    labels = np.broadcast_to(column[:, None, None], (len(column), _FILM_SIDE, _FILM_SIDE)).copy()
    return Scene(LabelVolume(labels, (layer_nm, pixel_nm, pixel_nm), phases), energy_kev, "films", int(rng.integers(2**31)))


def _generator(
    shape: str, phases: tuple[Material, Material], feature_nm: float, voxel_nm: float, solid_fraction: float
) -> LeveledWave | RandomPores | BooleanModel:
    if shape == "waves":
        return LeveledWave((_ligament_nm(feature_nm, solid_fraction),), solid_fraction, phases, n_waves=400)
    if shape == "waves in waves":
        fine_nm = _ligament_nm(max(feature_nm / 2.4, 4 * voxel_nm), math.sqrt(solid_fraction))
        return LeveledWave((4 * fine_nm, fine_nm), solid_fraction, phases, n_waves=400)
    if shape == "pores":
        return RandomPores(feature_nm / 2, 1 - solid_fraction, phases, pore_radius_std_nm=feature_nm / 8)
    return BooleanModel(Spheres(feature_nm / 2, feature_nm / 8), solid_fraction, phases)


def _ligament_nm(feature_nm: float, solid_fraction: float) -> float:
    """Return the ligament diameter of a structure whose thinner phase, ligaments or pores, measures `feature_nm`."""
    return feature_nm * max(1.0, solid_fraction / (1 - solid_fraction))


def _plates(
    rng: np.random.Generator, phases: tuple[Material, Material], shape: tuple[int, int, int], size_nm: float, feature_voxels: float
) -> LabelVolume:
    """Return a few flat plates at random places and angles, or the slits between them: films, slabs, edges and steps."""
    points = np.indices(shape, dtype=np.float32)
    labels = np.zeros(shape, np.uint8)
    for _ in range(rng.integers(1, 4)):
        normal = rng.normal(size=3)
        distance = np.tensordot(normal / np.linalg.norm(normal), points - (rng.random(3) * shape)[:, None, None, None], 1)
        labels[np.abs(distance) < feature_voxels * rng.uniform(0.15, 0.75)] = 1
    if rng.random() < 0.5:
        labels = 1 - labels
    return LabelVolume(labels, (size_nm, size_nm, size_nm), phases)


def _shares(weights: Iterable[float]) -> NDArray[np.float64]:
    values = np.array(list(weights), np.float64)
    shares: NDArray[np.float64] = values / values.sum()
    return shares


def _log_uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    return math.exp(rng.uniform(math.log(limits[0]), math.log(limits[1])))
