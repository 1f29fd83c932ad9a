"""What a 3-D view shows: surfaces of phases, pictures on planes, the box of the block."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthfib.data.scale_bar import bar_length_nm
from synthfib.errors import InputError
from synthfib.report.block import Block
from synthfib.report.isosurface import CoarseGrid, Surface

_LARGEST_PICTURE = 2048
_IN_FRONT = 0.002  # of the width: pictures lie on the surfaces, not in them
_BAR_GAP, _BAR_HEIGHT = 0.03, 0.22  # relative to the width of the block, and to the length of the bar

# Colour of polished metals and of ceramics and polymers as they come; everything else is drawn in clay.
_COLOURS = {
    "aluminium": "#c9ccd1",
    "alumina": "#ece8de",
    "carbon": "#4a4a4a",
    "copper": "#c97a4e",
    "epoxy": "#b9a26a",
    "ethyl-cellulose": "#e3d3ac",
    "gold": "#e2b33c",
    "platinum": "#aeb4bd",
    "silicon": "#7d8899",
    "silver": "#d9dadf",
    "vacuum": "#9fb8cc",
    "zirconia": "#efe9dd",
}
_CLAY = "#b98d6f"


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A phase: its surface and its colour ``#rrggbb``."""

    name: str
    colour: str
    surface: Surface


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image on a plane.

    Parameters
    ----------
    name : str
        What it shows.
    corners_nm : ndarray of float32, shape (corner, xyz)
        Where the upper left, upper right, lower right and lower left corners are.
    greys : ndarray of uint8, shape (row, column)
        Grey values.
    """

    name: str
    corners_nm: NDArray[np.float32]
    greys: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All there is to show.

    Parameters
    ----------
    title : str
        Name and size of the block.
    bodies : tuple of Body
        Phases.
    pictures : tuple of Picture
        The exposed face, the scale bar; other faces where no phase is known.
    box_nm : tuple of float
        Edge lengths ``(x, y, z)`` of the whole block, with what has been milled away.
    factors : tuple of int
        How many voxels ``(z, y, x)`` became one cell before the surfaces were found.
    """

    title: str
    bodies: tuple[Body, ...]
    pictures: tuple[Picture, ...]
    box_nm: tuple[float, float, float]
    factors: tuple[int, int, int]

    @property
    def n_triangles(self) -> int:
        """Triangles of all bodies."""
        return sum(len(body.surface.triangles) for body in self.bodies)

    def save(self, path: Path) -> None:
        """Write the scene as NPZ."""
        words = {
            "title": self.title,
            "bodies": [[body.name, body.colour] for body in self.bodies],
            "pictures": [picture.name for picture in self.pictures],
            "box_nm": self.box_nm,
            "factors": self.factors,
        }
        arrays: dict[str, NDArray[np.generic]] = {"words": np.frombuffer(json.dumps(words).encode(), np.uint8)}
        for i, body in enumerate(self.bodies):
            surface = body.surface
            arrays |= {f"vertices{i}": surface.vertices_nm, f"normals{i}": surface.normals, f"triangles{i}": surface.triangles}
        for i, picture in enumerate(self.pictures):
            arrays |= {f"corners{i}": picture.corners_nm, f"greys{i}": picture.greys}
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Scene:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            words = json.loads(arrays["words"].tobytes())
            bodies = tuple(
                Body(name, colour, Surface(arrays[f"vertices{i}"], arrays[f"normals{i}"], arrays[f"triangles{i}"]))
                for i, (name, colour) in enumerate(words["bodies"])
            )
            pictures = tuple(Picture(name, arrays[f"corners{i}"], arrays[f"greys{i}"]) for i, name in enumerate(words["pictures"]))
        return cls(words["title"], bodies, pictures, tuple(words["box_nm"]), tuple(words["factors"]))


def make_scene(block: Block, *, phases: Sequence[str] = (), face: int = 0, finest: int) -> Scene:
    """Return the block as it stands when a face is exposed: phases in colour behind the picture of that face.

    Parameters
    ----------
    block : Block
        What to show. If its labels are not known, three faces are pictures instead.
    phases : sequence of str
        Names or labels of the phases to show; all solids by default.
    face : int
        Slice that is exposed.
    finest : int
        Largest number of cells along the longest edge, about; of a larger block, cells of several voxels are averaged.

    Raises
    ------
    InputError
        If there is no such slice or phase.
    """
    grid = CoarseGrid(block, face, finest)
    bodies = []
    for label in chosen_labels(block, phases):
        surface = grid.surface(label)
        if surface is not None:
            name = block.phases[label].name
            bodies.append(Body(name, _COLOURS.get(name, _CLAY), surface))
    _, height_nm, width_nm = block.extent_nm
    box_nm = (width_nm, height_nm, block.extent_nm[0])
    return Scene(f"{block.name}\n{block.caption}", tuple(bodies), tuple(_pictures(grid, bare=block.labels is None)), box_nm, grid.factors)


def chosen_labels(block: Block, phases: Sequence[str]) -> tuple[int, ...]:
    """Return the labels that names or numbers stand for, all solids by default; none if labels are not known.

    Raises
    ------
    InputError
        If there is no such phase.
    """
    names = [phase.name for phase in block.phases]
    if block.labels is None:
        if phases:
            raise InputError("Phases can be chosen where labels are known, here they are not; leave the choice out or add a segmentation.")
        return ()
    known: Mapping[str, int] = {str(label): label for label in range(len(names))} | {name: label for label, name in enumerate(names)}
    for phase in phases:
        if phase not in known:
            raise InputError(f"A phase must be one of {', '.join(names)}, got {phase!r}.")
    return tuple(known[phase] for phase in phases) or tuple(range(1, len(names)))


def _pictures(grid: CoarseGrid, *, bare: bool) -> list[Picture]:
    """Return the exposed face and its scale bar; the upper and the right face too where nothing else would show the block."""
    block, face = grid.block, grid.face
    (n_z, n_y, n_x), (dz, dy, dx) = grid.shape, grid.factors
    depth, height, width = (n * size for n, size in zip(grid.shape, grid.cell_nm, strict=True))
    near, far = -grid.depth_nm + _IN_FRONT * width, -grid.depth_nm - depth
    front = [(0, 0, near), (width, 0, near), (width, -height, near), (0, -height, near)]
    pictures = [_picture("face", front, block.front(face)[: n_y * dy, : n_x * dx])]
    if bare:
        top = [(0, 0, far), (width, 0, far), (width, 0, near), (0, 0, near)]
        side = [(width, 0, near), (width, 0, far), (width, -height, far), (width, -height, near)]
        pictures.append(_picture("top", top, block.top(face)[: n_z * dz, : n_x * dx][::-1]))
        pictures.append(_picture("side", side, block.side(face)[: n_z * dz, : n_y * dy].T))
    length = bar_length_nm(width)
    upper = -height - _BAR_GAP * width
    lower = upper - _BAR_HEIGHT * length
    bar = [(0, upper, near), (length, upper, near), (length, lower, near), (0, lower, near)]
    return [*pictures, _picture("scale bar", bar, _bar_greys(f"{length:g} nm"))]


def _picture(name: str, corners_nm: Sequence[tuple[float, float, float]], greys: NDArray[np.uint8]) -> Picture:
    step = max(1, -(-max(greys.shape) // _LARGEST_PICTURE))
    return Picture(name, np.asarray(corners_nm, np.float32), np.ascontiguousarray(greys[::step, ::step]))


def _bar_greys(text: str) -> NDArray[np.uint8]:
    """Return a black bar over its length in words, on white."""
    from PIL import Image, ImageDraw, ImageFont

    width, height, thickness = 512, round(512 * _BAR_HEIGHT), 22
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, thickness), fill=0)
    draw.text((width / 2, (height + thickness) / 2), text, fill=0, font=ImageFont.load_default(64), anchor="mm")
    return np.asarray(image)
