from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from synthfib.errors import InputError
from synthfib.evaluation.instances import component_agreement, instances

VOXEL_NM = (10.0, 2.0, 3.0)


@pytest.mark.parametrize(("neighbours", "rank"), [(6, 1), (18, 2), (26, 3)])
def test_components_are_those_of_scipy_with_physical_volumes(neighbours: int, rank: int) -> None:
    solid = np.random.default_rng(1).random((9, 11, 12)) < 0.75
    found = instances(solid, VOXEL_NM, neighbours=neighbours)  # type: ignore[arg-type]
    expected, count = ndimage.label(~solid, ndimage.generate_binary_structure(3, rank))  # pyright: ignore[reportGeneralTypeIssues]
    np.testing.assert_array_equal(found.labels, expected)
    assert found.count == count
    sizes = ndimage.sum_labels(~solid, expected, np.arange(1, count + 1))
    np.testing.assert_allclose(found.volumes_nm3, sizes * 60)
    assert found.volumes_nm3.sum() == pytest.approx((~solid).sum() * 60)
    assert found.largest_fraction == sizes.max() / sizes.sum()


def test_a_sphere_has_its_diameter() -> None:
    centre = np.indices((40, 40, 40)) - 19.5
    pore = np.hypot(np.hypot(*centre[:2]), centre[2]) < 12
    found = instances(~pore, (2.0, 2.0, 2.0))
    assert found.equivalent_diameters_nm == pytest.approx([48], rel=0.01)
    assert instances(pore, (2.0, 2.0, 2.0), phase="solid").volumes_nm3.tolist() == found.volumes_nm3.tolist()


def test_pores_that_were_merged_lost_or_invented_are_no_matches() -> None:
    truth, found = np.ones((1, 5, 30), bool), np.ones((1, 5, 30), bool)
    for begin in (1, 7, 13, 19):
        truth[0, 1:4, begin : begin + 4] = False
    found[0, 1:4, 1:4] = False  # three quarters of the first
    found[0, 1:4, 7:17] = False  # the second and the third in one
    found[0, 1:4, 26:28] = False  # nothing there
    scores = component_agreement(instances(found, VOXEL_NM), instances(truth, VOXEL_NM))
    assert (scores["count"], scores["truth_count"], scores["matched"]) == (3, 4, 1)
    assert (scores["component_precision"], scores["component_recall"]) == (1 / 3, 1 / 4)
    assert scores["matched_iou"] == 0.75
    assert scores["panoptic_quality"] == pytest.approx(2 / 7 * 0.75)
    assert scores["largest_fraction"] == 30 / 45


def test_the_truth_agrees_with_itself_and_nothing_with_nothing() -> None:
    truth = instances(np.random.default_rng(2).random((6, 7, 8)) < 0.7, VOXEL_NM)
    assert component_agreement(truth, truth)["panoptic_quality"] == 1
    none = instances(np.ones((6, 7, 8)), VOXEL_NM)
    assert component_agreement(none, none)["panoptic_quality"] == none.largest_fraction == 1
    missed = component_agreement(none, truth)
    assert missed["component_recall"] == missed["panoptic_quality"] == 0


def test_bad_input_is_one_sentence() -> None:
    one, other = instances(np.zeros((2, 3, 4)), VOXEL_NM), instances(np.zeros((2, 3, 5)), VOXEL_NM)
    with pytest.raises(InputError, match="must be of one shape"):
        component_agreement(one, other)
    with pytest.raises(InputError, match=r"of 0\.5 on, below 1, got 0\.3"):
        component_agreement(one, one, least_iou=0.3)
    with pytest.raises(InputError, match=r"block of voxels \(z, y, x\)"):
        instances(np.zeros((3, 4)), VOXEL_NM)
    with pytest.raises(InputError, match="over 8"):
        instances(np.zeros((2, 3, 4)), VOXEL_NM, neighbours=8)  # type: ignore[arg-type]
