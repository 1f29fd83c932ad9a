"""A first stack: a virtual piece of nanoporous gold, seen at three landing energies.

Run ``python examples/00_first_stack.py [FOLDER]``; first-stack.h5 and first-stack.png go to FOLDER (here by default).
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import synthfib
from synthfib.corpus.acquire import slice_and_view
from synthfib.corpus.recipe import make_generator

FACE = 8
BAR_NM, DEEP_NM = 100, 50


def record(shape: tuple[int, int, int]) -> synthfib.ImageStack:
    """Draw a structure from its recipe, mill it slice by slice, and record every face."""
    structure = make_generator(synthfib.load_material("nanoporous-gold")).generate(shape, (2.5, 2.5, 2.5), rng=1)
    print(structure)
    stack = slice_and_view(structure, synthfib.load_microscope("helios-g3-multi-voltage"), rng=2)
    print(stack)
    return stack


def draw(stack: synthfib.ImageStack) -> Figure:
    """Show one face at every energy, the truth, and how deep the first solid lies below each pore."""
    assert stack.labels is not None
    assert stack.depth_to_solid_nm is not None
    face = min(FACE, stack.shape[1] - 1)
    figure = Figure(figsize=(11, 2.75), layout="constrained", dpi=120)
    panels = figure.subplots(1, len(stack.channels) + 2)
    for axes, channel, images in zip(panels, stack.channels, stack.images, strict=False):
        axes.imshow(images[face], cmap="gray", interpolation="nearest")
        axes.set_title(f"{channel.energy_kev:g} keV")
    truth, depth = panels[-2:]
    truth.imshow(stack.labels[face], cmap="gray", interpolation="nearest")
    truth.set_title("truth: solid at the face")
    depths_nm = np.where(stack.labels[face] > 0, np.nan, np.minimum(stack.depth_to_solid_nm[face], DEEP_NM))
    drawn = depth.imshow(depths_nm, cmap="viridis_r", vmin=0, vmax=DEEP_NM, interpolation="nearest")
    depth.set_facecolor("white")  # solid at the face
    depth.set_title("truth: solid below pores")
    figure.colorbar(drawn, ax=depth, label="depth (nm)", shrink=0.9, extend="max")
    for axes in panels:
        axes.set(xticks=[], yticks=[])
    scale_bar(panels[0], stack.shape[2], stack.plan.pixel_size_nm[1])
    return figure


def scale_bar(axes: Axes, height: int, pixel_nm: float) -> None:
    """Draw a bar of a round length into the lower left corner."""
    y, x = 0.93 * height, 0.05 * height
    axes.plot([x, x + BAR_NM / pixel_nm], [y, y], color="white", lw=3, solid_capstyle="butt")
    label = axes.text(x + BAR_NM / pixel_nm / 2, y - 0.03 * height, f"{BAR_NM} nm", color="white", ha="center", va="bottom", fontsize=8)
    label.set_bbox({"facecolor": "black", "alpha": 0.6, "pad": 1, "linewidth": 0})


def main(folder: Path, shape: tuple[int, int, int] = (48, 160, 160)) -> None:
    stack = record(shape)
    synthfib.write_stack(folder / "first-stack.h5", stack)
    draw(stack).savefig(folder / "first-stack.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
