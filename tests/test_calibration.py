import math
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from synthfib.errors import InputError
from synthfib.generators.base import Generator
from synthfib.generators.calibration import Bulk, CuboidStaircase, Edge, Film, SphereInMatrix, Step, StretchedSpheres
from synthfib.physics.materials import material
from synthfib.testing.generators import CalibrationContract

PHASES = (material("epoxy"), material("gold"))
VOXEL_NM = (2.0, 2.5, 5.0)

BODIES: dict[str, Generator] = {
    "bulk": Bulk(phases=PHASES),
    "film": Film(thickness_nm=20, depth_nm=6, phases=PHASES),
    "edge": Edge(offset_nm=10, phases=PHASES),
    "step": Step(height_nm=12, depth_nm=4, phases=PHASES),
    "sphere": SphereInMatrix(radius_nm=15, centre_depth_nm=20, phases=PHASES),
    "staircase": CuboidStaircase(depths_nm=(0, 10, 20), width_nm=20, height_nm=10, gap_nm=10, phases=PHASES),
    "stretched": StretchedSpheres(radius_nm=10, pitch_nm=30, stretch=0.3, pitch_growth_nm=5, phases=PHASES),
}


@pytest.mark.parametrize("generator", BODIES.values(), ids=list(BODIES))
class TestBodies(CalibrationContract):
    def test_nothing_is_random(self, generator: Generator) -> None:
        one, two = (generator.generate(self.shape, self.voxel_size_nm, rng=seed) for seed in (1, 2))
        assert np.array_equal(one.labels, two.labels)
        assert one.provenance.steps[-1].seed is None


def labels_of(name: str, shape: tuple[int, int, int]) -> Any:
    return BODIES[name].generate(shape, VOXEL_NM, rng=0).labels


def test_bulk_is_solid() -> None:
    assert labels_of("bulk", (3, 4, 5)).all()


def test_a_film_has_its_thickness_at_its_depth() -> None:
    labels = labels_of("film", (30, 4, 5))
    assert np.flatnonzero(labels.all(axis=(1, 2))).tolist() == list(range(3, 13))
    assert labels.any(axis=(1, 2)).sum() == 10


def test_an_edge_is_where_it_was_put() -> None:
    labels = labels_of("edge", (3, 4, 20))
    assert labels[:, :, 12:].all()
    assert not labels[:, :, :12].any()


def test_a_step_has_its_height() -> None:
    labels = labels_of("step", (20, 4, 6))
    assert labels.argmax(axis=0)[0].tolist() == [8, 8, 8, 2, 2, 2]
    assert np.array_equal(labels, np.maximum.accumulate(labels, axis=0))


def test_a_sphere_has_its_volume_and_place() -> None:
    labels = labels_of("sphere", (30, 24, 12))
    assert labels.sum() * math.prod(VOXEL_NM) == pytest.approx(4 / 3 * math.pi * 15**3, rel=0.03)
    centre_nm = (np.array(ndimage.center_of_mass(labels)) + 0.5) * VOXEL_NM
    np.testing.assert_allclose(centre_nm, [20, 30, 30], atol=0.5)


def pieces_of(labels: Any) -> tuple[Any, int]:
    """Number the connected pieces."""
    found: Any = ndimage.label(labels)
    return found[0], found[1]


def test_cuboids_have_their_size_and_depth() -> None:
    labels = labels_of("staircase", (20, 20, 20))
    pieces, n = pieces_of(labels)
    assert n == 3
    boxes = sorted(ndimage.find_objects(pieces), key=lambda box: box[2].start)
    assert [box[0].start for box in boxes] == [0, 5, 10]
    for box in boxes:
        assert [s.stop - s.start for s in box] == [5, 8, 4]
        assert labels[box].all()
    assert [box[2].start for box in boxes] == [2, 8, 14]


def test_stretched_spheres_are_the_same_along_x_and_y_but_not_along_z() -> None:
    void = 1 - StretchedSpheres(radius_nm=10, pitch_nm=32, stretch=0.4, pitch_growth_nm=8, phases=PHASES).generate((120, 96, 96), (1, 1, 1)).labels
    assert np.array_equal(void, void.transpose(0, 2, 1))
    pieces, n = pieces_of(void)
    column = pieces[:, 48, 48]
    heights = [np.count_nonzero(column == i) for i in np.unique(column[column > 0])]
    assert heights == [20, 24, 28]
    tops = [int(np.argmax(column == i)) for i in np.unique(column[column > 0])]
    assert np.diff(tops).tolist() == [32, 40]
    assert n == 27


@pytest.mark.parametrize(
    ("body", "numbers", "words"),
    [
        (Film, {"thickness_nm": 0}, "thickness"),
        (Film, {"thickness_nm": 5, "depth_nm": -1}, "depth"),
        (Step, {"height_nm": -5}, "height"),
        (SphereInMatrix, {"radius_nm": 0, "centre_depth_nm": 5}, "radius"),
        (CuboidStaircase, {"depths_nm": (5, 5), "width_nm": 5, "height_nm": 5, "gap_nm": 5}, "increase strictly"),
        (CuboidStaircase, {"depths_nm": (), "width_nm": 5, "height_nm": 5, "gap_nm": 5}, "depths"),
        (CuboidStaircase, {"depths_nm": (5,), "width_nm": 5, "height_nm": 5, "gap_nm": 0}, "gap"),
        (StretchedSpheres, {"radius_nm": 5, "pitch_nm": 9, "stretch": 0.1, "pitch_growth_nm": 5}, "pitch"),
        (StretchedSpheres, {"radius_nm": 5, "pitch_nm": 20, "stretch": 1.0, "pitch_growth_nm": 4}, "touch"),
    ],
)
def test_impossible_bodies(body: Any, numbers: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        body(phases=PHASES, **numbers)
