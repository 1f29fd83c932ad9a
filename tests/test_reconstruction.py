"""From faces and positions to a volume: the named data sets, and the file that is written block by block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synthfib.data.face_files import FaceFile
from synthfib.data.milling import SliceThickness
from synthfib.data.position_measurement import PositionMeasurement
from synthfib.data.readers import read_volume
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError, ResourceError, UnknownNameError
from synthfib.evaluation.overlap import scores
from synthfib.physics.materials import material
from synthfib.reconstruction.data_sets import PUBLISHED, data_set
from synthfib.reconstruction.grid import depths_in_planes
from synthfib.reconstruction.interpolation.nearest import Nearest
from synthfib.reconstruction.interpolation.shape_based import ShapeBased
from synthfib.reconstruction.volume_file import reconstruct_file
from synthfib.testing.interpolators import smooth_structure

STRUCTURE = smooth_structure(1, (120, 40, 40))
PLAN = SliceThickness(10.16, 3.12, grid_nm=2.5, measurement=PositionMeasurement()).plan(pixel_size_nm=(2.5, 2.5), rng=3, depth_nm=300.0)
FACES = STRUCTURE[PLAN.voxel_index(2.5)]
POSITIONS = {"true": PLAN.positions_nm, **PLAN.measured_positions_nm}
SOURCE = FaceFile(FACES, (2.5, 2.5), POSITIONS, (material("epoxy"), material("gold")))


def misplaced(name: str) -> float:
    made, first = data_set(name).make(FACES, POSITIONS)
    n = min(len(made), len(STRUCTURE) - first)
    return float((made[:n] != STRUCTURE[first : first + n]).mean())


def test_repositioning_is_worth_it_and_its_grid_and_method_too() -> None:
    errors = {name: misplaced(name) for name in ("DNN-s", "SRCS-s", "RNN-s", "RCS-s", "shape-based-s")}
    assert errors["shape-based-s"] < 0.7 * errors["RCS-s"], errors
    assert errors["RCS-s"] < 1.1 * errors["RNN-s"], errors
    assert max(errors["RNN-s"], errors["RCS-s"]) < 0.9 * min(errors["SRCS-s"], errors["DNN-s"]), errors


def test_the_ruler_is_worth_more_than_the_automatic_estimate() -> None:
    assert misplaced("RNN-s") <= misplaced("RNN (ruler)") < 0.6 * misplaced("RNN (automatic)")


def test_faces_keep_their_places_in_a_repositioned_volume() -> None:
    made, first = data_set("RNN-s").make(FACES, POSITIONS)
    assert first == 0
    assert np.array_equal(made[PLAN.voxel_index(2.5)], FACES)


def test_on_a_coarse_grid_pushing_slices_away_costs_more_than_losing_them() -> None:
    kept = data_set("SRCS-s")
    moved, _ = replace(kept, drops=False).make(FACES, POSITIONS)
    n = min(len(moved), len(STRUCTURE))
    assert misplaced("SRCS-s") < 0.9 * float((moved[:n] != STRUCTURE[:n]).mean())


def test_names_of_data_sets() -> None:
    assert data_set("RML (ruler)") == data_set("RML-s").measured_by("ruler")
    assert data_set("RML (ruler)").name == "RML (ruler)"
    assert data_set("linear (automatic)").positions == "automatic"
    assert {name: found.slice_grid_nm for name, found in PUBLISHED.items()} == {"DNN-s": None, "SRCS-s": 10, "RNN-s": 2.5, "RCS-s": 2.5, "RML-s": 2.5}
    for wrong in ("RXX-s", "RML (ruler", "DNN (ruler)", "-s"):
        with pytest.raises(UnknownNameError, match="data set"):
            data_set(wrong)
    with pytest.raises(InputError, match="needs the positions 'ruler'"):
        data_set("RNN (ruler)").make(FACES, {"true": PLAN.positions_nm})


def test_a_coarse_grid_of_slices_ends_on_planes_of_the_fine_one() -> None:
    assert depths_in_planes([0, 9, 24, 26], 2.5, slice_grid_nm=10)[0].tolist() == [0, 4, 8, 12]
    depths, chosen = depths_in_planes([0, 9, 24, 26, 31], 2.5, slice_grid_nm=10, drop=True)
    assert depths.tolist() == [0, 4, 8, 12]
    assert chosen.tolist() == [0, 1, 2, 4]
    with pytest.raises(InputError, match="whole multiple"):
        depths_in_planes([0, 10], 2.5, slice_grid_nm=9)
    with pytest.raises(InputError, match="nanometres"):
        depths_in_planes([0, 10], 0)


@pytest.mark.parametrize("block_planes", [7, 64])
def test_the_file_holds_what_memory_would(tmp_path: Path, block_planes: int) -> None:
    shares: list[float] = []
    truth = LabelVolume(STRUCTURE.astype(np.uint8), (2.5, 2.5, 2.5), SOURCE.phases)
    found = reconstruct_file(
        SOURCE,
        *depths_in_planes(PLAN.positions_nm, 2.5),
        tmp_path / "volume.h5",
        ShapeBased(),
        grid_nm=2.5,
        truth=truth,
        block_planes=block_planes,
        on_progress=lambda share, _: shares.append(share),
    )
    volume = read_volume(tmp_path / "volume.h5")
    made, _ = data_set("shape-based-s").make(FACES, POSITIONS)
    assert np.array_equal(volume.labels != 0, made)
    assert volume.voxel_size_nm == (2.5, 2.5, 2.5)
    assert volume.phases == SOURCE.phases
    assert volume.provenance.steps[-1].name == "reconstruct"
    assert volume.provenance.steps[-1].parameters["method"] == "shape-based"
    assert found.shape == made.shape
    assert found.solid_voxels == np.count_nonzero(made)
    assert scores(found.confusion)["mp"] == pytest.approx((made != STRUCTURE[: len(made)]).mean())
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(share: float, note: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reconstruct_file(SOURCE, *depths_in_planes(PLAN.positions_nm, 2.5), tmp_path / "v.h5", Nearest(), grid_nm=2.5, on_progress=interrupt)
    assert not list(tmp_path.iterdir())


def test_truth_of_another_grid_and_a_full_disk_are_refused(tmp_path: Path) -> None:
    depths, chosen = depths_in_planes(PLAN.positions_nm, 2.5)
    truth = LabelVolume(STRUCTURE.astype(np.uint8), (5.0, 2.5, 2.5), SOURCE.phases)
    with pytest.raises(InputError, match="choose its grid"):
        reconstruct_file(SOURCE, depths, chosen, tmp_path / "v.h5", Nearest(), grid_nm=2.5, truth=truth)
    with pytest.raises(ResourceError, match="coarser grid"):
        reconstruct_file(SOURCE, np.asarray(depths * 1e13, np.float64), chosen, tmp_path / "v.h5", Nearest(), grid_nm=2.5)
    assert not list(tmp_path.iterdir())


def test_memory_is_that_of_a_block(tmp_path: Path) -> None:
    """Peak memory of numpy arrays, against the whole volume."""
    import tracemalloc

    rng = np.random.default_rng(1)
    faces = np.zeros((16, 120, 150), bool)
    faces[:, rng.random((120, 150)) < 0.3] = True
    source = FaceFile(faces, (2.5, 2.5), {}, SOURCE.phases)
    tracemalloc.start()
    try:
        found = reconstruct_file(source, np.linspace(0, 600, 16), np.arange(16), tmp_path / "v.h5", Nearest(), grid_nm=2.5, block_planes=16)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 0.1 * np.prod(found.shape), peak
