"""Every degradation at three strengths on one face, and whole presets before and after.

Run ``python examples/70_degradations.py [FOLDER] [MICROGRAPH]``; degradations.png and degraded-presets.png go to FOLDER (here by default). With
a micrograph of your own, degraded-beside-micrograph.png shows a part of it beside virtual faces.
"""

import sys
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

import synthfib
from synthfib.corpus.recipe import make_generator
from synthfib.data.milling import MillingPlan
from synthfib.data.stack import ImageStack
from synthfib.degradations.base import Face, Run, Stage
from synthfib.degradations.compose import Settings, draw
from synthfib.degradations.presets import settings
from synthfib.degradations.registry import DEGRADATIONS
from synthfib.degradations.stacks import degrade, to_grey
from synthfib.rendering import exposed_labels, render
from synthfib.simulators.depth_weighted import DepthWeighted

PIXEL_NM = 2.5
WHITE = 0.75  # grey value of the largest yield, where 1 is white
# Three strengths of each; microscopes are mostly between the first and the second.
STRENGTHS: dict[str, list[dict[str, float]]] = {
    "curtaining": [{"column_sd": sd} for sd in (0.013, 0.027, 0.06)],
    "redeposition": [{"pore_share": share} for share in (0.05, 0.15, 0.4)],
    "rough-face": [{"texture_sd": sd, "layer_nm": nm} for sd, nm in ((0.04, 1.0), (0.08, 4.0), (0.15, 12.0))],
    "charging": [{"brightness": by} for by in (0.05, 0.12, 0.25)],
    "shadowing": [{"loss": loss} for loss in (0.15, 0.35, 0.7)],
    "point-spread": [{"fwhm_nm": nm} for nm in (4.0, 8.0, 16.0)],
    "edge-blur": [{"sigma_nm": nm} for nm in (2.5, 5.0, 10.0)],
    "drift": [{"step_nm": nm} for nm in (5.0, 15.0, 40.0)],
    "dose-noise": [{"beam_current_pa": 50.0, "dwell_time_us": us} for us in (10.0, 1.0, 0.1)],
    "poisson-noise": [{"gain": gain} for gain in (0.002, 0.01, 0.05)],
    "gaussian-noise": [{"variance": variance} for variance in (0.0005, 0.002, 0.01)],
    "line-noise": [{"sigma": sigma} for sigma in (0.01, 0.03, 0.08)],
    "detector": [{"gain_spread": spread} for spread in (0.05, 0.1, 0.2)],
    "contrast": [{"contrast": contrast} for contrast in (-0.5, -0.2, 0.4)],
}
# Curtains and bumps want solid to be seen on, and only open pores fill up.
OTHERS = {"curtaining": "nanoporous-gold", "rough-face": "nanoporous-gold", "redeposition": "hierarchical-nanoporous-gold-vacuum"}
# What the ion beam adds to a day at the microscope.
ION_BEAM: dict[str, Settings] = {
    "good-day": {"curtaining": {"column_sd": 0.006}, "rough-face": {"texture_sd": 0.02}, "shadowing": {"loss": 0.06}},
    "bad-day": {
        "curtaining": {"column_sd": 0.03},
        "rough-face": {"texture_sd": 0.06, "layer_nm": 2.0},
        "charging": {"brightness": 0.08},
        "shadowing": {"loss": 0.3, "direction_deg": 20.0},
    },
}


@cache
def faces(material: str, size: int) -> ImageStack:
    """Three faces at 2 keV without any degradation: the largest yield is three quarters of white."""
    structure = make_generator(synthfib.load_material(material)).generate((max(size // 4, 16), size, size), (PIXEL_NM, PIXEL_NM, PIXEL_NM), rng=5)
    plan = MillingPlan(np.arange(3, dtype=np.float64) * 10, (PIXEL_NM, PIXEL_NM))
    expected = render(structure, plan, DepthWeighted(), energies_kev=[2.0], rng=1)
    grey = to_grey(expected.data * np.float32(WHITE / expected.data.max()), np.dtype(np.uint16))
    return ImageStack(grey, expected.channels, plan, exposed_labels(structure, plan), structure.phases)


def degraded(name: str, strengths: dict[str, float], size: int) -> NDArray[np.float32]:
    """One face, grey from 0 to 1, after one degradation."""
    stack = faces(OTHERS.get(name, "hierarchical-nanoporous-gold"), size)
    assert stack.labels is not None
    run = Run(stack.plan, stack.channels, (size, size), (WHITE,), stack.phases)
    chain = draw({name: strengths}, run, rng=4)
    image = (stack.images[0, 2] / np.float32(65535)).astype(np.float32)
    face = Face(image, 2, 0, stack.plan.pixel_size_nm, float(stack.plan.positions_nm[2]), WHITE, stack.labels[2])
    if chain.links[0].degradation.stage is Stage.RECORDING:
        # Electrons count here: the yield of gold at 2 keV is 0.4, not white.
        run, face = replace(run, full_scale=(0.4,)), replace(face, image=face.image * np.float32(0.4 / WHITE), full_scale=0.4)
        chain = draw({name: strengths}, run, rng=4)
    return chain.apply(face).image


def show(axes: Axes, image: NDArray[np.generic], title: str) -> None:
    axes.imshow(np.clip(image, 0, 1), cmap="gray", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=7, pad=2)


def draw_all(size: int) -> Figure:
    """Two blocks of three strengths beside one another, the plain face first."""
    names = list(STRENGTHS)
    rows = -(-len(names) // 2)
    figure = Figure(figsize=(12.6, 2.35 * rows), layout="constrained", dpi=90)
    panels = figure.subplots(rows, 6)
    for k, name in enumerate(names):
        for axes, strengths in zip(panels[k % rows, 3 * (k // rows) : 3 * (k // rows) + 3], STRENGTHS[name], strict=True):
            varied = ", ".join(f"{key} {value:g}" for key, value in strengths.items() if key != "beam_current_pa")
            show(axes, degraded(name, strengths, size), f"{name}\n{varied}")
    for axes in panels.ravel()[len(names) * 3 :]:
        axes.set_axis_off()
    return figure


def draw_presets(size: int, micrograph: NDArray[np.float32] | None = None) -> Figure:
    """Faces as simulated and as recorded on days of two kinds, of both kinds of gold."""
    columns = 3 + (micrograph is not None)
    figure = Figure(figsize=(3.7 * columns, 7.6), layout="constrained", dpi=100)
    panels = figure.subplots(2, columns, squeeze=False)
    for part, material in enumerate(("hierarchical-nanoporous-gold", "nanoporous-gold")):
        row = panels[part]
        stack = faces(material, size)
        show(row[0], stack.images[0, 2] / 65535, f"{material}: expected yield at 2 keV")
        for axes, day in zip(row[1:], ION_BEAM, strict=False):
            recorded = degrade(stack, settings(day, ION_BEAM[day]), rng=8, bit_depth=8)
            show(axes, recorded.images[0, 2] / 255, f"{day}, with what the ion beam does")
        if micrograph is not None:
            side = min(micrograph.shape)
            show(row[-1], micrograph[-side:, -side:] if part else micrograph[:side, :side], "measured")
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure without colours, which takes a third of the space."""
    drawn = BytesIO()
    figure.savefig(drawn, format="png")
    Image.open(drawn).convert("L").save(path, optimize=True)


def read_micrograph(path: Path) -> NDArray[np.float32]:
    """A measured image from black 0 to white 1, without its lowest part, where data bars are."""
    from skimage.io import imread

    image = np.asarray(imread(path), np.float32)
    image = image if image.ndim == 2 else image[..., :3].mean(axis=-1)
    image = image[: int(0.88 * len(image))]
    return np.asarray((image - image.min()) / max(float(np.ptp(image)), 1e-6), np.float32)


def main(folder: Path, micrograph: Path | None = None, size: int = 256) -> None:
    assert set(STRENGTHS) >= set(DEGRADATIONS.builtin), "a degradation has no strengths to show"
    save(draw_all(size), folder / "degradations.png")
    save(draw_presets(size), folder / "degraded-presets.png")
    if micrograph is not None:
        save(draw_presets(size, read_micrograph(micrograph)), folder / "degraded-beside-micrograph.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
