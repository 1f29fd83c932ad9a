"""A picture of example faces: what the microscope records, and what is true of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthfib.corpus.manifest import VolumeEntry
from synthfib.corpus.png import plain_style, png_bytes
from synthfib.data.hdf5 import open_for_reading, read_outline
from synthfib.data.scale_bar import bar_length_nm

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

_MATERIALS = 3
_CHANNELS = 4
_SOLID_GREY = "#c8c8c8"
_PHASE_COLOURS = ("black", "white", "#e69f00")
_PANEL_INCHES = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class ExampleFace:
    """One face with its truth.

    Parameters
    ----------
    volume, material : str
        Where it comes from.
    number : int
        Which face of the volume it is, counted from 0.
    position_nm, pixel_size_nm : float
        Depth of the face, and edge of a pixel.
    channels, phases : tuple of str
        Names of the channels and of the labels.
    images : ndarray of uint8 or uint16, shape (channel, y, x)
        Grey values.
    labels : ndarray of uint8, shape (y, x)
        Phases.
    shine_through : ndarray of uint8, shape (channel, y, x)
        Share of the signal from below, 255 for all of it.
    depth_to_solid_nm : ndarray of float32, shape (y, x)
        Straight down to the first solid.
    """

    volume: str
    material: str
    number: int
    position_nm: float
    pixel_size_nm: float
    channels: tuple[str, ...]
    phases: tuple[str, ...]
    images: NDArray[Any]
    labels: NDArray[np.uint8]
    shine_through: NDArray[np.uint8]
    depth_to_solid_nm: NDArray[np.float32]


def example_faces(volumes: Sequence[VolumeEntry], folder: Path) -> tuple[ExampleFace, ...]:
    """Return the middle face of the first volume of each material, of three materials at most and where the truth is public.

    Raises
    ------
    InputError
        If a volume is missing or damaged.
    """
    public = [volume for volume in volumes if volume.solid_fraction is not None]
    firsts = {volume.material: volume for volume in reversed(public)}
    in_order = [volume for volume in public if firsts[volume.material] is volume]
    return tuple(_read_face(volume, folder / volume.file) for volume in in_order[:_MATERIALS])


def _read_face(volume: VolumeEntry, path: Path) -> ExampleFace:
    with open_for_reading(path) as file:
        outline = read_outline(file)
        middle = outline.plan.n_slices // 2
        return ExampleFace(
            volume=volume.name,
            material=volume.material,
            number=middle,
            position_nm=float(outline.plan.positions_nm[middle]),
            pixel_size_nm=outline.plan.pixel_size_nm[1],
            channels=tuple(map(str, outline.channels))[:_CHANNELS],
            phases=tuple(phase.name for phase in outline.phases),
            images=np.asarray(file["images"][:_CHANNELS, middle]),
            labels=np.asarray(file["labels"][middle]),
            shine_through=np.asarray(file["shine_through"][:_CHANNELS, middle]),
            depth_to_solid_nm=np.asarray(file["depth_to_solid_nm"][middle]),
        )


def draw_example_faces(faces: Sequence[ExampleFace]) -> bytes:
    """Return the picture as PNG: images and labels, shine-through below or beside them, and the depth to the solid."""
    from matplotlib.figure import Figure

    n_channels = len(faces[0].channels)
    rows, columns = (1, 4) if n_channels == 1 else (2, n_channels + 1)
    height_over_width = faces[0].labels.shape[0] / faces[0].labels.shape[1]
    with plain_style():
        size = (_PANEL_INCHES * columns + 0.9, (_PANEL_INCHES * height_over_width + 0.3) * rows * len(faces) + 0.35)
        figure = Figure(figsize=size, layout="constrained", dpi=120)
        grid = figure.subplots(rows * len(faces), columns, squeeze=False)
        for index, face in enumerate(faces):
            panels = grid[rows * index : rows * (index + 1)].ravel().tolist()
            _draw_face(figure, panels, face)
        _legend(figure, faces)
        return png_bytes(figure)


def _draw_face(figure: Figure, panels: Sequence[Axes], face: ExampleFace) -> None:
    n = len(face.channels)
    images, labels, shines, depth = panels[:n], panels[n], panels[n + 1 : -1], panels[-1]
    for axes, image, channel in zip(images, face.images, face.channels, strict=True):
        low, high = np.percentile(image, (0.5, 99.5))
        axes.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1))
        axes.set_title(channel)
    _draw_labels(labels, face)
    _draw_shine_through(figure, shines, face)
    _draw_depth(figure, depth, face)
    for axes in panels:
        axes.set(xticks=[], yticks=[])
        axes.title.set_fontsize(9)
    images[0].set_ylabel(f"{face.material}\n{face.volume}, face {face.number} at {face.position_nm:.0f} nm", fontsize=8)
    _scale_bar(images[0], face)


def _draw_labels(axes: Axes, face: ExampleFace) -> None:
    from matplotlib.colors import ListedColormap

    axes.imshow(face.labels, cmap=ListedColormap(_PHASE_COLOURS), vmin=-0.5, vmax=len(_PHASE_COLOURS) - 0.5, interpolation="nearest")
    axes.set_title("labels")


def _draw_shine_through(figure: Figure, panels: Sequence[Axes], face: ExampleFace) -> None:
    from matplotlib import colormaps

    colours = colormaps["inferno"].with_extremes(bad=_SOLID_GREY)
    shown = []
    for axes, share, channel in zip(panels, face.shine_through, face.channels, strict=True):
        percent = np.ma.masked_where(face.labels > 0, share / 2.55)
        shown.append(axes.imshow(percent, cmap=colours, vmin=0, vmax=100, interpolation="nearest"))
        axes.set_title(f"shine-through, {channel}" if len(panels) > 1 else "shine-through")
    _colour_bar(figure, shown[-1], panels[-1], "% of the signal")


def _draw_depth(figure: Figure, axes: Axes, face: ExampleFace) -> None:
    from matplotlib import colormaps

    colours = colormaps["viridis_r"].with_extremes(bad=_SOLID_GREY, over="black")
    found = np.isfinite(face.depth_to_solid_nm) & (face.labels == 0)
    longest_nm = float(np.percentile(face.depth_to_solid_nm[found], 99)) if found.any() else 1.0
    depth_nm = np.nan_to_num(face.depth_to_solid_nm, posinf=10 * longest_nm)  # infinity would be left blank
    shown = axes.imshow(np.ma.masked_where(face.labels > 0, depth_nm), cmap=colours, vmin=0, vmax=longest_nm, interpolation="nearest")
    axes.set_title("depth to solid")
    _colour_bar(figure, shown, axes, "nm", extend="max")


def _colour_bar(figure: Figure, shown: ScalarMappable, axes: Axes, label: str, **options: Any) -> None:
    bar = figure.colorbar(shown, ax=axes, shrink=0.85, aspect=25, pad=0.02, **options)
    bar.ax.tick_params(labelsize=7)
    bar.set_label(label, fontsize=8)


def _scale_bar(axes: Axes, face: ExampleFace) -> None:
    from matplotlib.patches import Rectangle

    height, width = face.labels.shape
    length_nm = bar_length_nm(width * face.pixel_size_nm)
    length = length_nm / face.pixel_size_nm
    left, bottom = 0.05 * width - 0.5, 0.95 * height - 0.5
    axes.add_patch(Rectangle((left - 0.02 * width, bottom - 0.12 * height), length + 0.04 * width, 0.15 * height, color="black", alpha=0.7, lw=0))
    axes.plot([left, left + length], [bottom, bottom], color="white", lw=2.5, solid_capstyle="butt")
    axes.text(left + length / 2, bottom - 0.025 * height, f"{length_nm:g} nm", color="white", fontsize=8, ha="center", va="bottom")


def _legend(figure: Figure, faces: Sequence[ExampleFace]) -> None:
    from matplotlib.patches import Patch

    names: dict[int, list[str]] = {}
    for face in faces:
        for label, phase in enumerate(face.phases):
            names.setdefault(label, []).append(phase)
    patches = [
        Patch(facecolor=_PHASE_COLOURS[label], edgecolor="black", lw=0.6, label=" or ".join(dict.fromkeys(phases))) for label, phases in names.items()
    ]
    patches.append(Patch(facecolor=_SOLID_GREY, edgecolor="black", lw=0.6, label="solid, where nothing shines through"))
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), frameon=False, fontsize=8)
