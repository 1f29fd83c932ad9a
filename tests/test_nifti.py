"""NIfTI files: millimetres in the header, axes (x, y, slice), upright and unmirrored in viewers."""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data.nifti import write_nifti
from synthfib.errors import MissingDependencyError

nibabel: Any = pytest.importorskip("nibabel")
SIZE_NM = (10.16, 2.5, 3.0)
PIXELS = np.arange(4 * 5 * 6, dtype=np.uint16).reshape(4, 5, 6)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_nifti(tmp_path / "v.nii.gz", PIXELS, SIZE_NM)
    return tmp_path / "v.nii.gz"


def test_nibabel_reads_axes_and_millimetres(file: Path) -> None:
    image = nibabel.load(file)
    assert image.header.get_xyzt_units()[0] == "mm"
    assert image.header.get_zooms() == pytest.approx((3.0e-6, 2.5e-6, 10.16e-6))
    assert image.get_data_dtype() == np.uint16
    assert np.array_equal(np.asarray(image.dataobj), PIXELS.transpose(2, 1, 0))


def test_right_down_and_deeper_are_left_posterior_and_superior(file: Path) -> None:
    image = nibabel.load(file)
    assert nibabel.aff2axcodes(image.affine) == ("L", "P", "S")
    assert np.linalg.det(image.affine) > 0, "a mirrored volume would turn helices over"
    for code in (image.get_sform(coded=True), image.get_qform(coded=True)):
        assert code[1] == 1
        assert code[0] == pytest.approx(image.affine, abs=1e-12)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_monai_reads_it(file: Path) -> None:
    transforms: Any = pytest.importorskip("monai.transforms", reason="needs the extra train")
    image = transforms.LoadImage(image_only=True)(str(file))
    assert np.array_equal(np.asarray(image), PIXELS.transpose(2, 1, 0))
    assert image.pixdim.numpy() == pytest.approx((3.0e-6, 2.5e-6, 10.16e-6))


def test_floats_keep_what_has_no_end(tmp_path: Path) -> None:
    depth = np.array([[[0.0, 2.5, np.inf]]], np.float32)
    write_nifti(tmp_path / "d.nii.gz", depth, SIZE_NM)
    assert np.array_equal(np.asarray(nibabel.load(tmp_path / "d.nii.gz").dataobj), depth.transpose(2, 1, 0))


def test_equal_pixels_give_equal_bytes(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1e9)
    write_nifti(tmp_path / "other-name.nii.gz", PIXELS, SIZE_NM)
    assert (tmp_path / "other-name.nii.gz").read_bytes() == file.read_bytes()


def test_nibabel_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nibabel", None)
    with pytest.raises(MissingDependencyError, match=r"synthfib\[export\]"):
        write_nifti(tmp_path / "v.nii.gz", PIXELS, SIZE_NM)
