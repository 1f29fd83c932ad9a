"""Views of a block: a window, a picture, or a file for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synthfib.data.atomic import atomic_path
from synthfib.data.writers import check_ending
from synthfib.errors import EngineError, InputError, MissingDependencyError
from synthfib.report.block import Block
from synthfib.report.cut_faces import cut_faces
from synthfib.report.page import png_bytes
from synthfib.report.render_process import has_display, open_window, render_png
from synthfib.report.scene import Scene, chosen_labels, make_scene
from synthfib.report.scene_files import write_glb, write_html

#: What a view can be written as.
ENDINGS = (".png", ".glb", ".html")

#: Where the camera stands: degrees to the right of the exposed face, and above it.
ANGLE_DEG = (30.0, 20.0)

# Cells along an axis: what a graphics library without a graphics card draws in seconds, and what can be sent to somebody.
_FINEST_PICTURE, _FINEST_FILE = 160, 128


@dataclass(frozen=True, slots=True)
class View:
    """What became of a view.

    Parameters
    ----------
    kind : str
        ``"surfaces"`` or ``"cut faces"``.
    n_triangles : int
        Triangles of the surfaces.
    averaged_voxels : tuple of int
        How many voxels ``(z, y, x)`` became one before.
    note : str, optional
        Why it is not what was asked for.
    """

    kind: str
    n_triangles: int = 0
    averaged_voxels: tuple[int, int, int] = (1, 1, 1)
    note: str | None = None

    def __str__(self) -> str:
        if self.note:
            return self.note
        averaged = f", after {' x '.join(map(str, self.averaged_voxels))} voxels were averaged to one" if max(self.averaged_voxels) > 1 else ""
        return f"{self.n_triangles} triangles{averaged}"


def write_view(block: Block, out: Path, *, phases: Sequence[str] = (), face: int = 0, angle_deg: tuple[float, float] = ANGLE_DEG) -> View:
    """Write a view of a block as it stands when a face is exposed.

    A picture shows surfaces if PyVista and OpenGL are there, else three cut faces; so it does where no labels are known.

    Parameters
    ----------
    block : Block
        What to show.
    out : Path
        File to write, .png, .glb or .html.
    phases : sequence of str
        Names or labels of the phases whose surfaces are shown; all solids by default.
    face : int
        Slice that is exposed.
    angle_deg : tuple of float
        How far the camera stands to the right of that face and above it, in degrees.

    Raises
    ------
    InputError
        If there is no such slice or phase, or the ending is unknown.
    MissingDependencyError
        If a GLB or HTML file is asked for and trimesh is not installed.
    """
    ending = check_ending(out, ENDINGS)
    chosen_labels(block, phases)
    if ending == ".png":
        return _write_picture(block, out, phases, face, angle_deg)
    scene = make_scene(block, phases=phases, face=face, finest=_FINEST_FILE)
    {".glb": write_glb, ".html": write_html}[ending](out, scene, angle_deg=angle_deg)
    return _surfaces(scene)


def show_view(block: Block, *, phases: Sequence[str] = (), face: int = 0, angle_deg: tuple[float, float] = ANGLE_DEG) -> View:
    """Show a block in a window until it is closed; see `write_view`.

    Raises
    ------
    InputError
        If there is no display, no such slice or no such phase.
    MissingDependencyError
        If PyVista is not installed.
    EngineError
        If it cannot draw here.
    """
    if not has_display():
        raise InputError("A window needs a display, there is none; name a picture to write instead, for example --out view.png.")
    scene = make_scene(block, phases=phases, face=face, finest=_FINEST_PICTURE)
    open_window(scene, angle_deg=angle_deg)
    return _surfaces(scene)


def write_preview(block: Block, out: Path, *, face: int = 0) -> None:
    """Write a picture of three cut faces, which needs no graphics library."""
    png = png_bytes(cut_faces(block, face=face))
    with atomic_path(out) as temporary:
        temporary.write_bytes(png)


def _write_picture(block: Block, out: Path, phases: Sequence[str], face: int, angle_deg: tuple[float, float]) -> View:
    if block.labels is None:
        write_preview(block, out, face=face)
        return View("cut faces", note="Where the solid is, this stack does not say; a segmentation shows its surface.")
    scene = make_scene(block, phases=phases, face=face, finest=_FINEST_PICTURE)
    try:
        render_png(scene, out, angle_deg=angle_deg)
    except (MissingDependencyError, EngineError) as error:
        write_preview(block, out, face=face)
        return View("cut faces", note=f"Cut faces instead of surfaces: {error}")
    return _surfaces(scene)


def _surfaces(scene: Scene) -> View:
    return View("surfaces" if scene.bodies else "cut faces", scene.n_triangles, scene.factors)
