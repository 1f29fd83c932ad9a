"""Views are what was asked for, or say why not; nothing that a graphics library does brings the program down."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.data.writers import write_stack, write_volume
from synthfib.errors import EngineError, InputError, MissingDependencyError
from synthfib.physics.materials import material
from synthfib.report.block import Block, block_of_stack, block_of_volume
from synthfib.report.scene import Scene, chosen_labels, make_scene
from synthfib.report.scene_files import write_glb
from synthfib.report.views import show_view, write_view

Run = Callable[..., Any]
PHASES = (material("vacuum"), material("zirconia"), material("gold"))
TINY_RENDERING = "import pyvista as pv; p = pv.Plotter(off_screen=True); p.add_mesh(pv.Sphere()); p.screenshot()"


@pytest.fixture
def cermet() -> Block:
    """A zirconia rod and a gold ball in vacuum, 48 x 40 x 40 voxels of 10 x 5 x 5 nm."""
    z, y, x = np.indices((48, 40, 40))
    labels = np.where((y - 10) ** 2 + (x - 10) ** 2 < 36, 1, 0)
    labels = np.where((2 * (z - 24)) ** 2 + (y - 26) ** 2 + (x - 28) ** 2 < 121, 2, labels)
    return block_of_volume(LabelVolume(labels.astype(np.uint8), (10.0, 5.0, 5.0), PHASES), "cermet")


@pytest.fixture
def unlabelled() -> Block:
    images = np.random.default_rng(0).integers(0, 256, (1, 5, 16, 20), dtype=np.uint8)
    return block_of_stack(ImageStack(images, (Channel(2.0),), MillingPlan(np.linspace(0, 40, 5), (5.0, 5.0))), "measured")


@pytest.fixture
def no_pyvista(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide PyVista from child processes."""
    hiding = tmp_path / "hiding"
    hiding.mkdir()
    (hiding / "pyvista.py").write_text("raise ImportError('hidden')")
    monkeypatch.setenv("PYTHONPATH", str(hiding))


@pytest.fixture
def no_opengl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the drawing process die as VTK does without OpenGL."""
    if os.name != "posix":
        pytest.skip("a program that dies of a signal is made with a POSIX shell")
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\nkill -SEGV $$\n")
    dying.chmod(0o755)
    monkeypatch.setattr("synthfib.report.render_process.sys.executable", str(dying))


@pytest.fixture(scope="session")
def opengl() -> None:
    """Skip where PyVista cannot draw."""
    if find_spec("pyvista") is None:
        pytest.skip("PyVista is not installed (extra view)")
    environment = {"VTK_DEFAULT_OPENGL_WINDOW": "vtkEGLRenderWindow", **os.environ}
    if subprocess.run([sys.executable, "-c", TINY_RENDERING], env=environment, capture_output=True, check=False).returncode:
        pytest.skip("there is no OpenGL that works")


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def shares_of_colours(path: Path) -> dict[str, float]:
    red, green, blue = np.moveaxis(pixels(path).astype(int), -1, 0)
    return {"golden": float(((red > blue + 60) & (green > blue + 20)).mean()), "white": float((np.minimum(red, blue) == 255).mean())}


def test_phases_are_chosen_by_name_or_label(cermet: Block, unlabelled: Block) -> None:
    assert chosen_labels(cermet, ()) == (1, 2)
    assert chosen_labels(cermet, ("gold", "0")) == (2, 0)
    with pytest.raises(InputError, match=r"vacuum, zirconia, gold, got 'steel'"):
        chosen_labels(cermet, ("steel",))
    assert chosen_labels(unlabelled, ()) == ()
    with pytest.raises(InputError, match="labels are known"):
        chosen_labels(unlabelled, ("gold",))


def test_a_scene_shows_phases_behind_the_face(cermet: Block) -> None:
    scene = make_scene(cermet, face=12, finest=160)
    assert [body.name for body in scene.bodies] == ["zirconia", "gold"]
    assert len({body.colour for body in scene.bodies}) == 2
    assert [picture.name for picture in scene.pictures] == ["face", "scale bar"]
    face = scene.pictures[0]
    assert np.array_equal(face.greys, cermet.front(12))
    assert face.corners_nm[:, 2] == pytest.approx(-120, abs=1)
    assert all(body.surface.vertices_nm[:, 2].max() <= face.corners_nm[0, 2] for body in scene.bodies)
    assert np.ptp(scene.pictures[1].corners_nm[:, 0]) == 50
    assert scene.box_nm == (200, 200, 480)


def test_without_labels_three_faces_are_pictures(unlabelled: Block) -> None:
    scene = make_scene(unlabelled, finest=160)
    assert scene.bodies == ()
    by_name = {picture.name: picture.greys.shape for picture in scene.pictures}
    assert by_name == {"face": (16, 20), "top": (10, 20), "side": (16, 10), "scale bar": by_name["scale bar"]}


def test_a_scene_survives_its_file(cermet: Block, tmp_path: Path) -> None:
    scene = make_scene(cermet, finest=20)
    scene.save(tmp_path / "scene.npz")
    again = Scene.load(tmp_path / "scene.npz")
    assert (again.title, again.box_nm, again.factors) == (scene.title, scene.box_nm, scene.factors)
    for one, two in zip(scene.bodies, again.bodies, strict=True):
        assert (one.name, one.colour) == (two.name, two.colour)
        assert np.array_equal(one.surface.vertices_nm, two.surface.vertices_nm)
        assert np.array_equal(one.surface.triangles, two.surface.triangles)
    assert [np.array_equal(one.greys, two.greys) for one, two in zip(scene.pictures, again.pictures, strict=True)] == [True, True]


def test_glb_is_read_back_with_its_sizes_and_its_picture(cermet: Block, tmp_path: Path) -> None:
    pytest.importorskip("trimesh.viewer", reason="trimesh is not installed (extra mesh or view)")
    trimesh = pytest.importorskip("trimesh")
    view = write_view(cermet, tmp_path / "cermet.glb", face=12)
    read = trimesh.load_scene(tmp_path / "cermet.glb")
    assert set(read.geometry) == {"zirconia", "gold", "face", "scale bar"}
    assert view.n_triangles == len(read.geometry["gold"].faces) + len(read.geometry["zirconia"].faces)
    gold = read.geometry["gold"]
    assert gold.is_watertight
    true_nm3 = np.count_nonzero(cermet.values[12:] == 2) * 10 * 5 * 5
    assert gold.volume == pytest.approx(true_nm3, rel=0.05)
    texture = np.asarray(read.geometry["face"].visual.material.emissiveTexture.convert("L"))
    assert np.array_equal(texture, cermet.front(12))


def test_html_is_a_page_that_needs_no_network(cermet: Block, tmp_path: Path) -> None:
    pytest.importorskip("trimesh.viewer", reason="trimesh is not installed (extra mesh or view)")
    write_view(cermet, tmp_path / "cermet.html")
    page = (tmp_path / "cermet.html").read_text(encoding="utf-8")
    assert "<title>cermet: 48 x 40 x 40 voxels" in page
    assert not re.search(r"<(?:script|link|img|iframe)[^>]*(?:src|href)\s*=", page)
    assert not re.search(r"(?:fetch|import|open)\(\s*[\"']https?:", page)
    assert "sRGBEncoding;tracklight.intensity" in page  # the viewer still is the one whose lamp we change


@pytest.mark.parametrize("ending", ["glb", "html"])
def test_files_without_trimesh_name_the_extra(cermet: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setitem(sys.modules, "trimesh", None)
    monkeypatch.setitem(sys.modules, "trimesh.viewer", None)
    with pytest.raises(MissingDependencyError, match=r"synthfib\[view\]"):
        write_view(cermet, tmp_path / f"x.{ending}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("opengl")
def test_a_picture_shows_gold_and_a_grey_face(cermet: Block, tmp_path: Path) -> None:
    view = write_view(cermet, tmp_path / "x.png", phases=["gold"], face=12)
    assert (view.kind, view.note) == ("surfaces", None)
    with_gold = shares_of_colours(tmp_path / "x.png")
    write_view(cermet, tmp_path / "y.png", phases=["zirconia"], face=12)
    without = shares_of_colours(tmp_path / "y.png")
    assert with_gold["golden"] > 0.01 > 10 * without["golden"]
    assert 0.3 < with_gold["white"] < 0.9


@pytest.mark.usefixtures("no_pyvista")
def test_without_pyvista_a_picture_has_cut_faces(cermet: Block, tmp_path: Path) -> None:
    view = write_view(cermet, tmp_path / "x.png")
    assert view.kind == "cut faces"
    assert view.note is not None
    assert "pip install 'synthfib[view]'" in view.note
    assert pixels(tmp_path / "x.png").shape[1] > 400


@pytest.mark.usefixtures("no_opengl")
def test_without_opengl_a_picture_has_cut_faces(cermet: Block, tmp_path: Path) -> None:
    view = write_view(cermet, tmp_path / "x.png")
    assert view.kind == "cut faces"
    assert view.note is not None
    assert not sys.platform.startswith("linux") or "apt install libegl1 libgl1-mesa-dri" in view.note
    assert pixels(tmp_path / "x.png").shape[1] > 400
    assert {path.name for path in tmp_path.iterdir()} == {"x.png", "dying"}


def test_a_stack_without_labels_has_cut_faces(unlabelled: Block, tmp_path: Path) -> None:
    view = write_view(unlabelled, tmp_path / "x.png")
    assert view.kind == "cut faces"
    assert "segmentation" in (view.note or "")


def test_a_window_needs_a_display(cermet: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthfib.report.render_process.sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(InputError, match="display"):
        show_view(cermet)


@pytest.mark.usefixtures("no_opengl")
def test_a_window_that_does_not_open_is_an_error(cermet: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    with pytest.raises(EngineError, match="window"):
        show_view(cermet)


def test_large_blocks_are_averaged_and_say_so(tmp_path: Path) -> None:
    pytest.importorskip("trimesh.viewer", reason="trimesh is not installed (extra mesh or view)")
    labels = np.zeros((2, 300, 300), np.uint8)
    labels[:, 50:250, 50:250] = 1
    view = write_view(block_of_volume(LabelVolume(labels, (10.0, 5.0, 5.0), PHASES), "wide"), tmp_path / "wide.glb")
    assert view.averaged_voxels == (2, 3, 3)
    assert "2 x 3 x 3 voxels were averaged to one" in str(view)


def test_equal_scenes_are_equal_files(cermet: Block, tmp_path: Path) -> None:
    pytest.importorskip("trimesh.viewer", reason="trimesh is not installed (extra mesh or view)")
    scene = make_scene(cermet, finest=20)
    for name in ("one.glb", "two.glb"):
        write_glb(tmp_path / name, scene, angle_deg=(30, 20))
    assert (tmp_path / "one.glb").read_bytes() == (tmp_path / "two.glb").read_bytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    labels = np.random.default_rng(0).integers(0, 2, (6, 8, 8), dtype=np.uint8)
    write_volume(tmp_path / "volume.h5", LabelVolume(labels, (2.5, 2.5, 2.5), PHASES))
    plan = MillingPlan(np.linspace(0, 12.5, 6), (2.5, 2.5))
    write_stack(tmp_path / "stack.h5", ImageStack(labels[None] * np.uint8(200), (Channel(2.0),), plan, labels, PHASES))
    return tmp_path


@pytest.mark.usefixtures("no_opengl", "folder")
def test_view_writes_a_picture_and_says_what_it_is(synthfib: Run) -> None:
    said = synthfib("view", "stack.h5", "--slice", 2, "--energy-kev", 2, "--out", "x.png", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json["view"] == "cut faces"
    assert "OpenGL" in said.json["note"]
    assert Path("x.png").read_bytes().startswith(b"\x89PNG")
    told = synthfib("view", "volume.h5", "--out", "y.png")
    assert "6 x 8 x 8 voxels of 2.5 nm" in told.out
    assert "OpenGL" in told.out
    assert "written to y.png" in told.out


REFUSED = {
    "a slice that is not there": ("view volume.h5 --slice 6 --out x.png", ["from 0 to 5", "6"]),
    "an unknown phase": ("view volume.h5 --phases silver --out x.png", ["'silver'", "zirconia"]),
    "an unknown kind of file": ("view volume.h5 --out x.jpg", [".png", "x.jpg"]),
    "a file that exists": ("view volume.h5 --out stack.png", ["stack.png", "--force"]),
    "no display": ("view volume.h5", ["display", "--out"]),
    "one angle": ("view volume.h5 --angle-deg 30 --out x.png", ["two numbers", "30"]),
    "a camera upside down": ("view volume.h5 --angle-deg 30,120 --out x.png", ["-89 to 89"]),
    "an energy of a structure": ("view volume.h5 --energy-kev 2 --out x.png", ["stacks"]),
    "an energy that is not there": ("view stack.h5 --energy-kev 5 --out x.png", ["5 keV", "2 keV"]),
    "a threshold of a stack": ("view stack.h5 --threshold 100 --out x.png", ["structures"]),
    "a file that is not there": ("view nothing.h5 --out x.png", ["nothing.h5"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_view_refuses_in_one_sentence(synthfib: Run, folder: Path, case: str) -> None:
    (folder / "stack.png").touch()
    if case == "no display" and not sys.platform.startswith("linux"):
        pytest.skip("only Linux knows whether there is a display")
    before = sorted(folder.iterdir())
    command, words = REFUSED[case]
    refused = synthfib(*command.split())
    assert (refused.code, refused.out) == (2, ""), refused.err
    assert refused.err.startswith("Error: ")
    assert refused.err.count("\n") == 1
    assert not [word for word in words if word not in refused.err], refused.err
    assert sorted(folder.iterdir()) == before


def test_generate_draws_a_preview(synthfib: Run, folder: Path) -> None:
    said = synthfib("generate", "npg", "--shape", "24,24,24", "--out", "a.h5", "--preview", "a.png", "--json").json
    assert said["preview"] == "a.png"
    assert pixels(folder / "a.png").shape[1] > 400
    assert said["peak_memory_mb"] is None or 50 < said["peak_memory_mb"] < 1e5
    assert said["solid_fraction"] == pytest.approx(0.3, abs=1e-3)
    refused = synthfib("generate", "npg", "--shape", "24,24,24", "--out", "b.h5", "--preview", "a.png")
    assert (refused.code, (folder / "b.h5").exists()) == (2, False)
    refused = synthfib("generate", "npg", "--shape", "24,24,24", "--out", "b.h5", "--preview", "b.jpg")
    assert (refused.code, (folder / "b.h5").exists()) == (2, False)


def test_generate_that_is_interrupted_leaves_nothing(synthfib: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synthfib.generators.wave_field import WaveField

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(WaveField, "block", interrupt)
    before = sorted(folder.iterdir())
    left = synthfib("generate", "npg", "--shape", "24,24,24", "--out", "a.h5", "--preview", "a.png")
    assert (left.code, left.out) == (130, "")
    assert "Traceback" not in left.err
    assert sorted(folder.iterdir()) == before


def test_generate_and_simulate_show_progress(synthfib: Run, folder: Path) -> None:
    assert "100%" in synthfib("generate", "npg", "--shape", "16,16,16", "--out", folder / "a.h5").err
    assert "100%" in synthfib("simulate", folder / "a.h5", "--energies-kev", 2, "--out", folder / "s.h5").err
