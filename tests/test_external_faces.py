"""What lies below a face, as deep as electrons return from."""

import numpy as np
import pytest

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.volume import LabelVolume
from synthfib.physics.materials import material
from synthfib.physics.ranges import csda_range_nm
from synthfib.simulators.external.faces import deepest_return_nm, face_of

GOLD, EPOXY, VACUUM = (material(name) for name in ("gold", "epoxy", "vacuum"))


def volume(n_layers: int, phases: tuple[Material, ...] = (EPOXY, GOLD)) -> LabelVolume:
    labels = (np.arange(n_layers) % 2).astype(np.uint8)[:, None, None] * np.ones((1, 3, 4), np.uint8)
    return LabelVolume(labels, (5.0, 2.0, 3.0), phases)


def plan(*positions_nm: float) -> MillingPlan:
    return MillingPlan(np.array(positions_nm), (2.0, 3.0))


def test_depth_zero_is_at_the_face() -> None:
    face = face_of(volume(100), plan(0.0, 12.0), 1, 1.0)
    assert face.edges_nm[0][:3].tolist() == [0, 3, 8]
    assert face.labels[:3, 0, 0].tolist() == [0, 1, 0]
    assert face.edges_nm[1].tolist() == [0, 2, 4, 6]
    assert face.edges_nm[2].tolist() == [0, 3, 6, 9, 12]
    assert face.n_pixels == (3, 4)


def test_a_face_between_voxels_starts_with_a_whole_one() -> None:
    assert face_of(volume(100), plan(10.0), 0, 1.0).edges_nm[0][:2].tolist() == [0, 5]


@pytest.mark.parametrize("energy_kev", [1.0, 4.0])
def test_it_goes_no_deeper_than_electrons_return_from(energy_kev: float) -> None:
    face = face_of(volume(1000), plan(7.0), 0, energy_kev)
    depth_nm = face.edges_nm[0][-1]
    assert deepest_return_nm(face.phases, energy_kev) <= depth_nm < deepest_return_nm(face.phases, energy_kev) + 5
    assert depth_nm > csda_range_nm(EPOXY, energy_kev) / 2


def test_a_shallow_volume_goes_on_as_its_mirror_image() -> None:
    shallow = volume(4)
    face = face_of(shallow, plan(10.0), 0, 20.0)
    assert face.labels[:, 0, 0].tolist() == [0, 1, 1, 0, 1, 0]
    assert len(face.edges_nm[0]) == 7
    assert not np.shares_memory(face.labels, shallow.labels)


def test_vacuum_stops_nothing() -> None:
    face = face_of(volume(300, (VACUUM, GOLD)), plan(0.0), 0, 1.0)
    assert face.labels.shape[0] == 600


def test_nothing_but_vacuum_is_noticed() -> None:
    assert face_of(volume(4, (VACUUM, VACUUM)), plan(0.0), 0, 20.0).labels_of_matter == ()


def test_only_matter_that_occurs_is_listed() -> None:
    assert face_of(volume(50, (EPOXY, VACUUM, GOLD)), plan(0.0), 0, 2.0).labels_of_matter == (0,)
