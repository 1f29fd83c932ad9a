"""A block with three cut faces, drawn without any graphics library: the exposed face undistorted, the others in cabinet projection."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from synthfib.data.scale_bar import bar_length_nm
from synthfib.report.block import Block

# Cabinet projection: depth is drawn at half its length, at this angle.
_DEPTH_SCALE, _DEPTH_ANGLE_DEG = 0.5, 40.0
_DEPTH = (_DEPTH_SCALE * math.cos(math.radians(_DEPTH_ANGLE_DEG)), _DEPTH_SCALE * math.sin(math.radians(_DEPTH_ANGLE_DEG)))
# Light comes from the viewer's left, from above.
_TOP_LIGHT, _SIDE_LIGHT = 0.85, 0.6
_EDGE_COLOUR = "#333333"


def cut_faces(block: Block, *, face: int = 0, width_inches: float = 6.0) -> Figure:
    """Return a picture of the block as it stands when a face is exposed, with name, voxel size and scale bar.

    Parameters
    ----------
    block : Block
        What to draw.
    face : int
        Slice that is exposed; what lay before it has been milled away.
    width_inches : float
        Width of the picture.

    Raises
    ------
    InputError
        If there is no such slice.
    """
    _, height, width = block.extent_nm
    depth = (block.shape[0] - block.first_layer(face)) * block.layer_size_nm[0]
    right, up = _DEPTH[0] * depth, _DEPTH[1] * depth
    margin = 0.02 * (width + right)
    text_height = 0.17 * (width + right)
    size = (width + right + 2 * margin, height + up + text_height + 2 * margin)
    figure = Figure(figsize=(width_inches, width_inches * size[1] / size[0]), dpi=110)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-margin, size[0] - margin), ylim=(-text_height - margin, size[1] - text_height - margin), aspect="equal")
    axes.axis("off")
    _draw(axes, block.front(face), (0, height), (width, 0), (0, -height), 1.0)
    _draw(axes, block.top(face), (0, height), (width, 0), (right, up), _TOP_LIGHT)
    _draw(axes, block.side(face).T, (width, height), (right, up), (0, -height), _SIDE_LIGHT)
    _write(axes, block, width, width + right, text_height)
    return figure


def _draw(
    axes: Axes, greys: NDArray[np.uint8], corner: tuple[float, float], along: tuple[float, float], down: tuple[float, float], light: float
) -> None:
    """Draw an image as a parallelogram with an outline: from a corner along its rows and down its columns."""
    rows, columns = greys.shape
    place = Affine2D.from_values(along[0] / columns, along[1] / columns, down[0] / rows, down[1] / rows, *corner)
    axes.imshow(
        np.round(light * greys).astype(np.uint8),
        cmap="gray",
        vmin=0,
        vmax=255,
        extent=(0, columns, rows, 0),
        transform=place + axes.transData,
        interpolation="antialiased",
        clip_on=False,
    )
    outline = [(0, 0), along, (along[0] + down[0], along[1] + down[1]), down]
    corners = [(corner[0] + x, corner[1] + y) for x, y in outline]
    axes.add_patch(Polygon(corners, fill=False, edgecolor=_EDGE_COLOUR, linewidth=0.6, joinstyle="round"))


def _write(axes: Axes, block: Block, width: float, whole_width: float, text_height: float) -> None:
    """Write the scale bar below the exposed face, which alone has its scale, and what the block is."""
    length = bar_length_nm(width)
    bar_y = -0.22 * text_height
    axes.plot([0, length], [bar_y, bar_y], color="black", lw=3, solid_capstyle="butt")
    axes.text(length + 0.02 * whole_width, bar_y, f"{length:g} nm", fontsize=8, va="center")
    axes.text(0, -0.5 * text_height, block.name, fontsize=9, va="top", weight="bold")
    axes.text(0, -0.8 * text_height, block.caption, fontsize=7, va="top", color="#444444")
