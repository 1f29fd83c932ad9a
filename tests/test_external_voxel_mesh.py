"""Triangles between voxels: closed, oriented, of the right volume, and few."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from synthfib.simulators.external.voxel_mesh import Mesh, voxel_mesh

OUTSIDE = -1


def edges(shape: tuple[int, ...], sizes: tuple[float, ...] = (1.0, 1.0, 1.0)) -> tuple[NDArray[np.float64], ...]:
    return tuple(size * np.arange(n + 1.0) for n, size in zip(shape, sizes, strict=True))


def mesh_of(labels: NDArray[np.int64], sizes: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Mesh:
    """Mesh of bodies in an outside one voxel wide."""
    materials = np.pad(labels, 1, constant_values=OUTSIDE).astype(np.int32)
    z, y, x = edges(materials.shape, sizes)
    return voxel_mesh(materials, (z, y, x))


def porous(seed: int, shape: tuple[int, int, int] = (7, 8, 9), n_labels: int = 3) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, n_labels, shape)


def outward(mesh: Mesh, label: int) -> NDArray[np.float64]:
    """Triangles around a body, all with their normals pointing out of it."""
    out, into = mesh.corners_nm[mesh.sides[:, 0] == label], mesh.corners_nm[mesh.sides[:, 1] == label]
    return np.concatenate([out, into[:, ::-1]])


@pytest.mark.parametrize("seed", range(3))
def test_bodies_have_the_volume_of_their_voxels(seed: int) -> None:
    labels, sizes = porous(seed), (2.5, 2.0, 3.0)
    mesh = mesh_of(labels, sizes)
    for label in range(3):
        triangles = outward(mesh, label)
        volume = np.linalg.det(triangles).sum() / 6
        assert volume == pytest.approx(np.count_nonzero(labels == label) * np.prod(sizes), rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_bodies_are_closed(seed: int) -> None:
    """Cut into edges of voxels, the rims of the triangles around a body cancel: each edge is run along as often forwards as backwards.

    Edges inside a rectangle, its diagonals, cancel as they are.
    """
    mesh = mesh_of(porous(seed))
    for label in range(3):
        net: dict[tuple[tuple[float, ...], tuple[float, ...]], int] = {}
        for triangle in outward(mesh, label):
            for start, end in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
                steps = 1 if np.count_nonzero(start != end) > 1 else int(np.abs(end - start).max())
                points = [tuple(start + (end - start) * i / steps) for i in range(steps + 1)]
                for a, b in pairwise(points):
                    net[a, b] = net.get((a, b), 0) + 1
                    net[b, a] = net.get((b, a), 0) - 1
        assert net
        assert not any(net.values())


@pytest.mark.parametrize("seed", range(3))
def test_materials_lie_on_the_sides_that_the_normals_say(seed: int) -> None:
    labels = np.pad(porous(seed), 1, constant_values=OUTSIDE)
    mesh = mesh_of(labels[1:-1, 1:-1, 1:-1])
    normals = np.cross(mesh.corners_nm[:, 1] - mesh.corners_nm[:, 0], mesh.corners_nm[:, 2] - mesh.corners_nm[:, 0])
    unit = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    # A point less than one voxel from the first corner, along either side, lies on no edge between voxels.
    weights = np.array([0.91, 0.05, 0.04])
    points = np.einsum("tcx,c->tx", mesh.corners_nm, weights)
    for side, sign in enumerate((-0.01, 0.01)):
        x, y, z = np.floor(points + sign * unit).astype(int).T
        assert np.array_equal(labels[z, y, x], mesh.sides[:, side])


def test_every_face_between_different_voxels_is_covered_once() -> None:
    labels = porous(5)
    mesh = mesh_of(labels)
    padded = np.pad(labels, 1, constant_values=OUTSIDE)
    between = sum(np.count_nonzero(np.diff(padded, axis=axis)) for axis in range(3))
    normals = np.cross(mesh.corners_nm[:, 1] - mesh.corners_nm[:, 0], mesh.corners_nm[:, 2] - mesh.corners_nm[:, 0])
    assert np.abs(normals).sum() / 2 == between


@pytest.mark.parametrize(
    ("labels", "rectangles"),
    [
        (np.ones((5, 6, 7), int), 6),
        (np.repeat([1, 2], 3)[:, None, None] * np.ones((6, 4, 4), int), 11),  # two slabs: two caps, one between, two sides four times
        (np.pad(np.ones((2, 2, 2), int), 2), 12),  # a cube in a cube
    ],
)
def test_simple_bodies_have_few_rectangles(labels: NDArray[np.int64], rectangles: int) -> None:
    assert len(mesh_of(labels).sides) == 2 * rectangles


def test_faces_between_two_outsides_are_left_out() -> None:
    materials = np.array([-7, -8, 1, -8, -7], np.int32)[:, None, None]
    z, y, x = edges(materials.shape)
    mesh = voxel_mesh(materials, (z, y, x), outside=(-7, -8))
    assert mesh.sides.tolist() == [[-8, 1], [-8, 1], [1, -8], [1, -8]]
    assert mesh.corners_nm[:, 0, 2].tolist() == [2, 2, 3, 3]
