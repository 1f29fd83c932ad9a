"""A measured structure goes down the whole line."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
import tifffile

ROOT = Path(__file__).parents[1]
MEASURED = ROOT.parent / "shared" / "real" / "npg-fib-aquami3d" / "fib_serial_section_small.tif"


def run_example(structure: Path, folder: Path) -> dict[str, dict[str, float]]:
    specification = spec_from_file_location("measured", ROOT / "examples" / "30_measured_structure.py")
    assert specification is not None
    assert specification.loader is not None
    example = module_from_spec(specification)
    specification.loader.exec_module(example)
    example.main(structure, Path("kmeans"), folder, 127.0)
    rows = json.loads((folder / "measured-scores.json").read_text())
    return {row["method"]: row for row in rows}


def test_a_grey_volume_of_another_program(tmp_path: Path) -> None:
    """Made here, with the tags that ImageJ writes: a slab of bright balls in a dark block."""
    z, y, x = np.indices((24, 40, 40))
    balls = (z % 12 - 6) ** 2 + (y % 20 - 10) ** 2 + (x % 20 - 10) ** 2 < 25
    grey = np.where(balls, 220, 30).astype(np.uint8)
    tags = {"axes": "ZYX", "spacing": 40.0, "unit": "nm"}
    tifffile.imwrite(tmp_path / "grey.tif", grey, imagej=True, resolution=(1 / 40.0, 1 / 40.0), metadata=tags)
    scores = run_example(tmp_path / "grey.tif", tmp_path)
    assert scores["kmeans"]["truth_solid_fraction"] == pytest.approx(balls.mean(), abs=0.06)
    assert scores["kmeans"]["mean_dice"] > 0.6
    assert (tmp_path / "measured-faces.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(not MEASURED.is_file(), reason="the measured nanoporous metal is not beside the project")
def test_a_measured_nanoporous_metal(tmp_path: Path) -> None:
    scores = run_example(MEASURED, tmp_path)
    assert scores["kmeans"]["truth_solid_fraction"] == pytest.approx(0.335, abs=0.01)
    assert scores["otsu"]["mean_dice"] < scores["kmeans"]["mean_dice"] < 0.9
