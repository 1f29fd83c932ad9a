import csv
import io

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.positions import mean_voxel_size_nm, positions_table
from synthfib.data.stack import Channel, ImageStack

MEASURED = {"ruler": np.array([0.1, 8.2, 20.4]), "nominal": np.array([0.0, 10.0, 20.0])}
PLAN = MillingPlan(np.array([0.0, 8.0, 20.32]), (2.5, 3.0), measured_positions_nm=MEASURED)


def test_the_voxel_size_has_the_mean_thickness() -> None:
    assert mean_voxel_size_nm(PLAN) == pytest.approx((10.16, 2.5, 3.0))
    assert mean_voxel_size_nm(PLAN.crop(slice(1, 2))) == (2.5, 2.5, 3.0)


def test_the_table_has_a_row_for_every_slice() -> None:
    images = np.zeros((1, 3, 2, 2), np.uint8)
    drift = np.array([[[0.0, 0.0], [1.5, -2.0], [3.0, 0.25]]], np.float32)
    table = positions_table(ImageStack(images, (Channel(2.0),), PLAN, displacement_nm=drift))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert list(rows[0]) == ["slice", "true_nm", "nominal_nm", "ruler_nm", "drift_y_nm of 2 keV bse", "drift_x_nm of 2 keV bse"]
    assert list(rows[1].values()) == ["1", "8.0", "10.0", "8.2", "1.5", "-2.0"]
    assert float(rows[2]["true_nm"]) == 20.32
    assert len(rows) == 3
