"""Draw a scene with PyVista in a process of its own, because VTK takes its process down with it where it finds no OpenGL.

``python -m synthfib.report.render_process SCENE.npz AZIMUTH ELEVATION [PICTURE.png]`` is that process; without a picture it opens a window.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from synthfib._optional import require
from synthfib.data.atomic import atomic_path
from synthfib.errors import EngineError, MissingDependencyError
from synthfib.report.scene import Scene

#: What VTK needs on Debian and Ubuntu to draw without a display; libegl1 alone is not enough.
DEBIAN_PACKAGES = "libegl1 libgl1-mesa-dri"

_PICTURE_PIXELS = (1200, 1000)
_SECONDS = 300
_BOX_COLOUR = "#8a8a8a"
_ZOOM = 1.1


def render_png(scene: Scene, out: Path, *, angle_deg: tuple[float, float]) -> None:
    """Draw a scene off-screen.

    Parameters
    ----------
    scene : Scene
        What to draw.
    out : Path
        PNG file to write.
    angle_deg : tuple of float
        How far the camera stands to the right of the exposed face and above it, in degrees.

    Raises
    ------
    MissingDependencyError
        If PyVista is not installed.
    EngineError
        If it cannot draw here.
    """
    with atomic_path(out) as temporary:
        _run(scene, angle_deg, temporary)


def open_window(scene: Scene, *, angle_deg: tuple[float, float]) -> None:
    """Show a scene on the display until the window is closed; raises what `render_png` does."""
    _run(scene, angle_deg, None)


def has_display() -> bool:
    """Whether a window can be opened."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY"))


def _run(scene: Scene, angle_deg: tuple[float, float], out: Path | None) -> None:
    environment = dict(os.environ)
    if out is not None and sys.platform.startswith("linux"):
        # EGL first: it needs no display, and VTK goes on to OSMesa by itself, but only from here.
        environment.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    with tempfile.TemporaryDirectory() as folder:
        scene.save(Path(folder) / "scene.npz")
        command = [sys.executable, "-P", "-m", __name__, f"{folder}/scene.npz", *map(str, angle_deg), *([str(out)] if out else [])]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS if out else None)
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"PyVista did not finish a picture within {_SECONDS} s; show fewer voxels.") from error
    if done.returncode == MissingDependencyError.exit_code:
        raise MissingDependencyError(done.stderr.strip())
    if done.returncode != 0 and out is None:
        raise EngineError(f"PyVista could not open a window here (exit code {done.returncode}); check the display, or write a picture instead.")
    if done.returncode != 0 or (out is not None and not out.stat().st_size):
        raise EngineError(f"PyVista found no OpenGL that works here (exit code {done.returncode}); {_remedy()}.")


def _remedy() -> str:
    if sys.platform.startswith("linux"):
        return f"on Debian and Ubuntu install it with: apt install {DEBIAN_PACKAGES}"
    return "install a driver of the graphics card"


def main(arguments: list[str]) -> None:
    """Draw; what goes wrong shows in the exit code."""
    _leave_no_core_file()
    scene_file, azimuth, elevation, *picture = arguments
    try:
        plotter = _plotter(Scene.load(Path(scene_file)), (float(azimuth), float(elevation)), off_screen=bool(picture))
    except MissingDependencyError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    if picture:
        plotter.screenshot(picture[0])
    elif sys.platform.startswith("linux") and plotter.render_window.GetClassName() != "vtkXOpenGLRenderWindow":
        sys.exit("The display does not answer.")  # VTK would go on without a window
    else:
        plotter.show()


def _leave_no_core_file() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _plotter(scene: Scene, angle_deg: tuple[float, float], *, off_screen: bool) -> Any:
    pyvista = require("pyvista", attribute="Plotter", extra="view")
    plotter = pyvista.Plotter(off_screen=off_screen, window_size=_PICTURE_PIXELS, lighting="light kit")
    plotter.set_background("white")
    for body in scene.bodies:
        triangles = body.surface.triangles
        mesh = pyvista.PolyData.from_regular_faces(body.surface.vertices_nm, triangles)
        mesh.point_data.active_normals = body.surface.normals
        plotter.add_mesh(mesh, color=body.colour, smooth_shading=True, ambient=0.1, diffuse=0.9, specular=0.4, specular_power=25)
    for picture in scene.pictures:
        plane = pyvista.PolyData.from_regular_faces(picture.corners_nm, np.arange(4)[None])
        plane.active_texture_coordinates = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
        plotter.add_mesh(plane, texture=pyvista.Texture(np.repeat(picture.greys[..., None], 3, axis=2)), lighting=False)
    width, height, depth = scene.box_nm
    plotter.add_mesh(pyvista.Box((0, width, -height, 0, -depth, 0)).extract_all_edges(), color=_BOX_COLOUR, line_width=2)
    plotter.add_text(scene.title, position="lower_left", font_size=10, color="black")
    plotter.enable_anti_aliasing("msaa", multi_samples=8)
    plotter.enable_parallel_projection()  # the scale bar then holds at any depth
    plotter.view_xy()
    plotter.camera.azimuth, plotter.camera.elevation = angle_deg
    plotter.camera.zoom(_ZOOM)
    return plotter


if __name__ == "__main__":
    main(sys.argv[1:])
