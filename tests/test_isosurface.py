"""Surfaces lie where phases end, face outwards, and are closed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.generators.leveled_wave import LeveledWave
from synthfib.physics.materials import material
from synthfib.report.block import block_of_stack, block_of_volume
from synthfib.report.isosurface import CoarseGrid, Surface

PHASES = (material("epoxy"), material("gold"))


def sphere(n: int, radius: float) -> NDArray[np.uint8]:
    z, y, x = np.indices((n, n, n)) + 0.5 - n / 2
    return np.asarray(z**2 + y**2 + x**2 < radius**2, np.uint8)


def enclosed_nm3(surface: Surface) -> float:
    """Volume by the divergence theorem, positive if triangles are anticlockwise seen from outside."""
    a, b, c = (surface.vertices_nm.astype(float)[surface.triangles[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def grid(labels: NDArray[np.uint8], size_nm: tuple[float, float, float], *, finest: int = 160, face: int = 0) -> CoarseGrid:
    return CoarseGrid(block_of_volume(LabelVolume(labels, size_nm, PHASES), "x"), face, finest)


def test_a_sphere_has_its_volume_and_its_place() -> None:
    surface = grid(sphere(40, 15), (2.0, 2.0, 2.0)).surface(1)
    assert surface is not None
    assert enclosed_nm3(surface) == pytest.approx(4 / 3 * math.pi * 30**3, rel=0.03)
    assert surface.vertices_nm.mean(0) == pytest.approx([40, -40, -40], abs=0.5)
    outwards = surface.vertices_nm - np.array([40, -40, -40])
    assert (np.einsum("ij,ij->i", outwards, surface.normals) > 0).all()


def test_coarse_cells_keep_volume_and_place() -> None:
    coarse = grid(sphere(40, 15), (2.0, 2.0, 2.0), finest=20)
    assert coarse.factors == (2, 2, 2)
    surface = coarse.surface(1)
    assert surface is not None
    assert enclosed_nm3(surface) == pytest.approx(4 / 3 * math.pi * 30**3, rel=0.05)
    assert surface.vertices_nm.mean(0) == pytest.approx([40, -40, -40], abs=0.5)


def test_cells_are_near_cubes_and_few_enough() -> None:
    flat = grid(np.ones((10, 100, 200), np.uint8), (50.0, 10.0, 10.0), finest=50)
    assert flat.factors == (1, 4, 4)
    assert flat.cell_nm == (50, 40, 40)
    assert flat.shape == (10, 25, 50)


def test_shares_are_means_of_voxels() -> None:
    labels = np.random.default_rng(0).integers(0, 2, (9, 8, 8), dtype=np.uint8)
    coarse = grid(labels, (1.0, 1.0, 1.0), finest=5)
    assert coarse.factors == (2, 2, 2)
    assert np.allclose(coarse.share(1), labels[:8].reshape(4, 2, 4, 2, 4, 2).mean(axis=(1, 3, 5)))


def test_coarse_cells_still_show_what_is_thin() -> None:
    """Ligaments of 15 nm in cells of 12.5 nm: the surface at one half encloses a quarter of their volume, ours more than twice that."""
    volume = LeveledWave((15.0,), 0.25, PHASES, n_waves=200).generate((80, 80, 80), (2.5, 2.5, 2.5), rng=1)
    coarse = grid(volume.labels, volume.voxel_size_nm, finest=16)
    assert coarse.cell_nm == (12.5, 12.5, 12.5)
    surface = coarse.surface(1)
    assert surface is not None
    assert enclosed_nm3(surface) > 0.45 * 0.25 * 200**3


def test_bulk_is_a_box() -> None:
    surface = grid(np.ones((4, 5, 6), np.uint8), (10.0, 2.0, 3.0)).surface(1)
    assert surface is not None
    assert np.allclose(surface.vertices_nm.min(0), [0, -10, -40])
    assert np.allclose(surface.vertices_nm.max(0), [18, 0, 0])


def test_what_is_milled_away_is_gone() -> None:
    surface = grid(np.ones((8, 5, 6), np.uint8), (10.0, 2.0, 3.0), face=3).surface(1)
    assert surface is not None
    assert surface.vertices_nm[:, 2].max() == pytest.approx(-30)


def test_a_phase_that_is_not_there_has_no_surface() -> None:
    assert grid(np.zeros((4, 5, 6), np.uint8), (10.0, 2.0, 3.0)).surface(1) is None


def test_steps_between_slices_are_rounded_off() -> None:
    """A slope of one pixel per slice becomes flat: normals hardly differ."""
    depth, width = 12, 60
    labels = np.array([[[x >= 24 + z for x in range(width)]] * 20 for z in range(depth)]).astype(np.uint8)
    plan = MillingPlan(np.linspace(0, 110, depth), (2.5, 2.5))
    stack = ImageStack(labels[None] * np.uint8(200), (Channel(2.0),), plan, labels, PHASES)
    surface = CoarseGrid(block_of_stack(stack, "x"), 0, 160).surface(1)
    assert surface is not None
    x, y, z = surface.vertices_nm.T
    slope = (x < 100) & (y < -10) & (y > -40) & (z < -25) & (z > -95)
    expected = np.array([-10, 0, -2.5]) / math.hypot(10, 2.5)
    assert (surface.normals[slope] @ expected).min() > math.cos(math.radians(15))
