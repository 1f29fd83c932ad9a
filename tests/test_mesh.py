"""Closed surfaces become voxels of the same volume; open, empty and damaged ones are refused."""

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data import mesh as mesh_module
from synthfib.data.mesh import read_mesh, voxelise
from synthfib.data.readers import read_volume
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError, MissingDependencyError, ResourceError
from synthfib.physics.materials import material

trimesh = pytest.importorskip("trimesh")
PHASES = (material("epoxy"), material("gold"))
NANOSPONGE = Path(__file__).parents[2] / "shared" / "real" / "npg-nanosponge-stl" / "coarse_pored_reference.stl"


def export(folder: Path, mesh: Any) -> Path:
    mesh.export(folder / "m.stl")
    return folder / "m.stl"


def read(path: Path, **options: Any) -> LabelVolume:
    return read_volume(path, **({"voxel_size_nm": (1, 1, 1), "mesh_unit": "nm", "phases": PHASES} | options))


def box(x: float, y: float, z: float) -> Any:
    return trimesh.creation.box((x, y, z))


def test_a_box_fills_its_grid(tmp_path: Path) -> None:
    volume = read(export(tmp_path, box(6, 4, 10)), voxel_size_nm=(2.5, 2, 1))
    assert volume.shape == (4, 2, 6)
    assert volume.solid_fraction == 1
    assert volume.voxel_size_nm == (2.5, 2, 1)


@pytest.mark.parametrize(("unit", "scale"), [("nm", 1.0), ("um", 1e-3), ("mm", 1e-6)])
def test_the_unit_scales_the_mesh(tmp_path: Path, unit: str, scale: float) -> None:
    path = export(tmp_path, box(60 * scale, 40 * scale, 100 * scale))
    assert read(path, mesh_unit=unit, voxel_size_nm=(10, 10, 10)).shape == (10, 4, 6)


def test_a_margin_of_pore_surrounds_it(tmp_path: Path) -> None:
    volume = read(export(tmp_path, box(6, 4, 10)), mesh_margin_nm=2)
    assert volume.shape == (14, 8, 10)
    assert volume.labels[2:-2, 2:-2, 2:-2].all()
    assert volume.labels.sum() == 240


def test_axes_are_zyx_and_point_along_those_of_the_mesh(tmp_path: Path) -> None:
    small = box(4, 4, 4).apply_translation((18, 8, -8))
    labels = read(export(tmp_path, trimesh.util.concatenate([box(4, 4, 4), small]))).labels
    assert labels.shape == (12, 12, 22)
    assert labels[:4, 8:, 18:].all()
    assert labels[8:, :4, :4].all()
    assert labels.sum() == 128


def test_a_sphere_has_the_voxels_whose_centres_are_inside(tmp_path: Path) -> None:
    sphere = trimesh.creation.icosphere(subdivisions=5, radius=20)
    volume = read(export(tmp_path, sphere), voxel_size_nm=(1, 0.5, 0.5))
    assert volume.labels.sum() * 0.25 == pytest.approx(sphere.volume, rel=1e-3)
    assert volume.labels.sum() * 0.25 == pytest.approx(4 / 3 * math.pi * 20**3, rel=3e-3)
    z, y, x = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in volume.shape), indexing="ij")
    radius = np.sqrt(z**2 + (y / 2) ** 2 + (x / 2) ** 2)
    assert volume.labels[radius < 19.95].all()
    assert not volume.labels[radius > 20].any()


def test_a_cavity_is_pore(tmp_path: Path) -> None:
    cavity = box(2, 2, 2)
    cavity.invert()
    labels = read(export(tmp_path, trimesh.util.concatenate([box(6, 6, 6), cavity]))).labels
    assert labels.sum() == 216 - 8
    assert not labels[2:4, 2:4, 2:4].any()


def test_rays_through_edges_and_corners_count_once(tmp_path: Path) -> None:
    octahedron = trimesh.convex.convex_hull(np.array([[5, 0, 0], [-5, 0, 0], [0, 5, 0], [0, -5, 0], [0, 0, 5], [0, 0, -5]], float))
    labels = read(export(tmp_path, octahedron), mesh_margin_nm=0.5).labels
    assert labels.shape == (11, 11, 11)
    z, y, x = np.indices(labels.shape) - 5
    assert labels[abs(z) + abs(y) + abs(x) < 5].all()
    assert not labels[abs(z) + abs(y) + abs(x) > 5].any()


def test_an_inside_out_surface_is_turned(tmp_path: Path) -> None:
    inverted = box(6, 4, 10)
    inverted.invert()
    assert read(export(tmp_path, inverted)).labels.sum() == 240


def test_the_provenance_says_how(tmp_path: Path) -> None:
    step = read(export(tmp_path, box(6, 4, 10)), mesh_margin_nm=1).provenance.steps[0]
    assert (step.name, step.parameters) == ("voxelise-mesh", {"unit": "nm", "voxel_size_nm": [1, 1, 1], "margin_nm": 1})


@pytest.mark.skipif(not NANOSPONGE.is_file(), reason="needs the measured mesh of a gold nanosponge, which is not part of the project")
def test_a_measured_nanosponge_keeps_its_volume() -> None:
    volume_nm3 = trimesh.load_mesh(NANOSPONGE).volume * 1e9
    voxels = read(NANOSPONGE, mesh_unit="um")
    assert voxels.shape == (176, 253, 412)
    assert voxels.labels.sum() == pytest.approx(volume_nm3, rel=1e-3)


def test_an_open_surface_is_refused(tmp_path: Path) -> None:
    opened = box(6, 4, 10)
    opened.update_faces(np.arange(len(opened.faces)) > 0)
    with pytest.raises(InputError, match="closed surface, 3 edges"):
        read(export(tmp_path, opened))


def test_a_surface_that_cuts_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must not cut itself"):
        read(export(tmp_path, trimesh.util.concatenate([box(6, 6, 6), box(4, 4, 10)])))


@pytest.mark.parametrize("text", [b"", b"solid nothing\nendsolid nothing\n", b"not STL", b"\0" * 84, b"\0" * 80 + b"\xff\xff\xff\x0f" + b"\0" * 50])
def test_empty_and_damaged_files_are_one_sentence(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "m.stl").write_bytes(text)
    with pytest.raises(InputError, match=r"cannot be read as STL|no triangles"):
        read(tmp_path / "m.stl")


def test_a_truncated_file_is_one_sentence(tmp_path: Path) -> None:
    path = export(tmp_path, box(6, 4, 10))
    path.write_bytes(path.read_bytes()[:-70])
    with pytest.raises(InputError, match=r"cannot be read as STL|no triangles"):
        read(path)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is none"):
        read(tmp_path / "none.stl")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mesh_unit": None}, "does not say its unit"),
        ({"mesh_unit": "m"}, "one of nm, um, mm, got 'm'"),
        ({"voxel_size_nm": None}, "voxel size"),
        ({"mesh_margin_nm": -1}, "0 nm or more, got -1"),
        ({"mesh_margin_nm": math.inf}, "0 nm or more, got inf"),
        ({"threshold": 127}, "is a mesh"),
        ({"voxel_size_nm": (1000, 1000, 1000), "mesh_margin_nm": 1500}, "too thin"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    path = export(tmp_path, box(6, 4, 10).apply_translation((0.1, 0.1, 0.1)))
    with pytest.raises(InputError, match=words):
        read(path, **options)


def test_a_mesh_unit_is_for_meshes(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.ones((3, 4, 5), np.uint8))
    with pytest.raises(InputError, match="are for meshes"):
        read(tmp_path / "v.npy", mesh_unit="nm")


def test_memory_is_predicted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corners = read_mesh(export(tmp_path, box(6, 4, 10)), "mm")
    with pytest.raises(ResourceError, match="10000000 x 4000000 x 6000000 voxels needs 480000000000"):
        voxelise(Path("m.stl"), corners, (1, 1, 1))
    monkeypatch.setattr(mesh_module, "available_memory_bytes", lambda: 2 * 240 - 1)
    with pytest.raises(ResourceError, match="10 x 4 x 6 voxels"):
        read(tmp_path / "m.stl")
    monkeypatch.setattr(mesh_module, "available_memory_bytes", lambda: 2 * 240)
    assert read(tmp_path / "m.stl").shape == (10, 4, 6)


def test_without_trimesh_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = export(tmp_path, box(1, 1, 1))
    monkeypatch.setitem(sys.modules, "trimesh", None)
    with pytest.raises(MissingDependencyError, match=r"synthfib\[mesh\]"):
        read(path)
