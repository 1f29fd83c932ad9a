"""The picture of cut faces shows the faces where they belong."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.physics.materials import material
from synthfib.report.block import Block, block_of_volume
from synthfib.report.cut_faces import cut_faces
from synthfib.report.page import png_bytes

PHASES = (material("epoxy"), material("gold"))


def block(labels: NDArray[np.uint8], name: str = "gold in epoxy") -> Block:
    return block_of_volume(LabelVolume(labels, (2.5, 2.5, 2.5), PHASES), name)


def picture(of: Block, face: int = 0) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png_bytes(cut_faces(of, face=face)))).convert("L"))


def test_the_exposed_face_is_undistorted_and_the_right_way_up() -> None:
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[:, :10, :10] = 1  # upper left quarter of every face
    drawn = picture(block(labels))
    solid = drawn == block(labels).greys[1]
    rows, columns = (np.flatnonzero(solid.sum(axis) > 50) for axis in (1, 0))  # letters have a few such pixels too
    top, left, height, width = rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1
    assert height == pytest.approx(width, abs=2)
    assert left < 0.05 * drawn.shape[1]
    below = drawn[top + height + 5 : top + 2 * height - 5, left + 5 : left + width - 5]
    assert (below == block(labels).greys[0]).all()


def test_three_faces_are_lit_differently() -> None:
    values, counts = np.unique(picture(block(np.ones((20, 20, 20), np.uint8))), return_counts=True)
    common = set(values[counts > 0.02 * counts.sum()])
    assert len(common - {255}) == 3
    assert block(np.ones((2, 2, 2), np.uint8)).greys[1] in common


def test_the_top_is_the_upper_edge_and_the_side_the_right_edge() -> None:
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[:, 0, :] = 1
    top_only = picture(block(labels))
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[:, :, -1] = 1
    side_only = picture(block(labels))
    rows, columns = top_only.shape
    assert (top_only[: rows // 6] > 150).mean() > (side_only[: rows // 6] > 150).mean()
    right = np.s_[rows // 4 : rows // 2, -columns // 10 :]
    assert np.median(side_only[right]) > np.median(top_only[right])


def test_milled_slices_are_gone() -> None:
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[10:] = 1
    whole, milled = cut_faces(block(labels)), cut_faces(block(labels), face=10)
    front = [np.unique(np.asarray(figure.axes[0].images[0].get_array())).tolist() for figure in (whole, milled)]
    assert front == [[block(labels).greys[0]], [block(labels).greys[1]]]
    assert milled.get_figheight() < whole.get_figheight() * 1.02
    with pytest.raises(InputError, match="slice"):
        cut_faces(block(labels), face=20)


def test_name_size_and_scale_are_written() -> None:
    (axes,) = cut_faces(block(np.ones((20, 20, 40), np.uint8), "npg")).axes
    texts = [text.get_text() for text in axes.texts]
    assert texts[:2] == ["20 nm", "npg"]
    assert texts[2].startswith("20 x 20 x 40 voxels of 2.5 nm")
    (bar,) = axes.lines
    assert np.ptp(np.asarray(bar.get_xdata())) == 20


def test_equal_blocks_are_equal_bytes() -> None:
    labels = np.random.default_rng(0).integers(0, 2, (8, 9, 10), dtype=np.uint8)
    assert png_bytes(cut_faces(block(labels))) == png_bytes(cut_faces(block(labels)))
