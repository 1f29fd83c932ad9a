"""Where the slices of a stack are: as one voxel size for programs that know no other, and as a table beside it."""

from __future__ import annotations

import csv
import io

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import ImageStack


def mean_voxel_size_nm(plan: MillingPlan) -> tuple[float, float, float]:
    """Return the mean slice thickness and the pixel size ``(z, y, x)`` in nm; a single slice is as thick as a pixel is high."""
    thickness_nm = float(plan.thickness_nm.mean()) if plan.n_slices > 1 else plan.pixel_size_nm[0]
    return (thickness_nm, *plan.pixel_size_nm)


def positions_table(stack: ImageStack) -> str:
    """Return CSV with one row per slice: its true and its measured positions, and how far each image drifted against the labels, in nm."""
    columns: dict[str, list[float]] = {"true_nm": stack.plan.positions_nm.tolist()}
    measured = stack.plan.measured_positions_nm
    for method in sorted(measured, key=lambda name: (name != "nominal", name)):
        columns[f"{method}_nm"] = measured[method].tolist()
    if stack.displacement_nm is not None:
        for channel, displacement in zip(stack.channels, stack.displacement_nm, strict=True):
            for axis, drift in zip("yx", displacement.T, strict=True):
                columns[f"drift_{axis}_nm of {channel}"] = [round(value, 4) for value in drift.tolist()]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["slice", *columns])
    rows.writerows([index, *row] for index, row in enumerate(zip(*columns.values(), strict=True)))
    return text.getvalue()
