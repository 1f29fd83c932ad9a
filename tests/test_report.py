"""Figures show what is there, the page loads nothing, and the demo ends in its document."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel, ImageStack
from synthfib.errors import InputError
from synthfib.report import demo, figures
from synthfib.report.page import Section, png_bytes, render_page
from synthfib.report.tables import score_rows

PHASES = (Material("vacuum"), Material("gold", ((79, 1.0),), 19.3))
SCORES = [
    {"method": "otsu", "mean_dice": 0.61, "mp_percent": 30.0, "mgp_percent": 0.4, "solid_fraction": 0.6, "truth_solid_fraction": 0.3},
    {"method": "unet", "mean_dice": 0.97, "mp_percent": 2.0, "mgp_percent": 1.1, "solid_fraction": 0.31, "truth_solid_fraction": 0.3},
]


@pytest.fixture
def stack() -> ImageStack:
    labels = np.random.default_rng(0).integers(0, 2, (4, 16, 20), dtype=np.uint8)
    plan = MillingPlan(np.array([0.0, 10.0, 15.0, 40.0]), (2.5, 2.5))
    depth_nm = np.where(labels > 0, 0, 12).astype(np.float32)
    return ImageStack((labels * np.uint8(150) + np.uint8(30))[None], (Channel(2.0),), plan, labels, PHASES, depth_nm)


@pytest.fixture
def predictions(stack: ImageStack) -> dict[str, Any]:
    assert stack.labels is not None
    return {"right": stack.labels > 0, "wrong": stack.labels == 0}


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in (axes.title, *axes.texts)]


def test_outcomes_name_every_case() -> None:
    predicted, solid = np.array([False, True, True, False]), np.array([False, True, False, True])
    assert figures.outcomes(predicted, solid).tolist() == [0, 1, 2, 3]


def test_gallery_has_a_row_per_face_and_a_column_per_picture(stack: ImageStack, predictions: dict[str, Any]) -> None:
    figure = figures.face_gallery(stack, predictions, [0, 3])
    assert len(figure.axes) == 2 * 4
    assert texts(figure)[0] == str(stack.channels[0])
    assert any(text.endswith(" nm") for text in texts(figure))
    right, wrong = (np.asarray(axes.images[0].get_array()) for axes in figure.axes[2:4])
    assert set(np.unique(right)) == {0, 1}
    assert set(np.unique(wrong)) == {2, 3}


def test_section_is_as_deep_as_the_slices_are_thick(stack: ImageStack, predictions: dict[str, Any]) -> None:
    axes = figures.milling_section(stack, predictions).axes[0]
    bottom, top = axes.get_ylim()
    assert axes.get_aspect() == 1.0
    assert (top, bottom) == pytest.approx((0.0, 40 + 40 / 3))  # the last slice gets the mean thickness
    assert axes.get_xlim() == pytest.approx((0.0, 50.0))


def test_histogram_holds_every_pixel(stack: ImageStack) -> None:
    axes = figures.grey_histogram(stack).axes[0]
    assert "grey value" in axes.get_xlabel()
    assert "%" in axes.get_ylabel()


def test_score_bars_are_as_long_as_the_scores() -> None:
    dice, misplaced = figures.score_bars(SCORES).axes
    assert sorted(bar.get_width() for bar in dice.containers[0]) == [0.61, 0.97]
    assert "Dice" in dice.get_xlabel()
    assert "%" in misplaced.get_xlabel()


def test_training_curve_shows_both_losses() -> None:
    history = [{"training_loss": 0.5, "validation_loss": 0.6}, {"training_loss": 0.2, "validation_loss": 0.3}]
    lines = figures.training_curve(history).axes[0].get_lines()
    assert [list(np.asarray(line.get_ydata())) for line in lines] == [[0.5, 0.2], [0.6, 0.3]]


def test_equal_figures_are_equal_bytes() -> None:
    assert png_bytes(figures.score_bars(SCORES)) == png_bytes(figures.score_bars(SCORES))


def test_rows_have_the_best_method_first() -> None:
    header, first, second = score_rows(SCORES)
    assert header[0] == "method"
    assert (first[0], second[0]) == ("unet", "otsu")
    assert "0.970" in first


class _Links(HTMLParser):
    """Collects everything that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data", "action"}]


def test_page_is_self_contained_and_escaped() -> None:
    page = render_page("A <title>", [Section("Scores & more", "1 < 2", score_rows(SCORES), png_bytes(figures.score_bars(SCORES)))])
    links = _Links()
    links.feed(page)
    assert links.found
    assert all(link.startswith("data:image/png;base64,") for link in links.found)
    assert {"script", "link", "iframe"}.isdisjoint(links.tags)
    assert not re.search(r"https?://|@import|url\(", page)
    assert "A &lt;title&gt;" in page
    assert "Scores &amp; more" in page
    assert "1 &lt; 2" in page


@pytest.mark.parametrize("name", ["thesis.tex", "corpora"])
def test_demo_refuses_a_folder_that_holds_something_else(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(InputError, match=name):
        demo.run_demo(tmp_path, rng=1)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.slow
def test_demo_from_beginning_to_end(tmp_path: Path) -> None:
    shares: list[float] = []
    document = demo.run_demo(tmp_path / "demo", rng=1, on_progress=lambda share, _: shares.append(share))
    out = tmp_path / "demo"
    assert json.loads((out / "scores.json").read_text(encoding="utf-8"))["scores"] == document["scores"]
    assert {"corpus", "report.html", "unet.safetensors", "unet.json", *demo.FIGURES} <= {path.name for path in out.iterdir()}
    assert all((out / name).read_bytes().startswith(b"\x89PNG") for name in demo.FIGURES)
    assert "https://" not in (out / "report.html").read_text(encoding="utf-8")
    dice = {score["method"]: score["mean_dice"] for score in document["scores"]}
    assert dice["unet"] > dice["kmeans"] + 0.05
    assert dice["kmeans"] > dice["otsu"]
    assert dice["kmeans"] < 0.9
    assert document["seconds"] > 0
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
