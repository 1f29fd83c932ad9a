"""A picture of every material recipe, and the page that shows them.

Run ``python examples/40_gallery.py [FOLDER]``; gallery.md and the folder gallery/ with the pictures go to FOLDER (here by default).
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from synthfib.catalogue import MaterialRecipe, list_recipes, load_material
from synthfib.corpus.recipe import make_generator
from synthfib.report.block import block_of_volume
from synthfib.report.cut_faces import cut_faces

SEED = 1
WIDTH_INCHES = 3.8
GREYS = 32

HEAD = """# Gallery

One block of every material recipe, cut at three faces: the exposed face undistorted, depth drawn at half its length. Phases are as bright as
the backscattering of their materials makes them. The command beside each picture draws the same block, with its labels and a larger picture;
all of them at once, and this page: `python examples/40_gallery.py docs`.
"""


@dataclass(frozen=True)
class Entry:
    """What the gallery says of a recipe, and the block that it shows."""

    text: str
    shape: tuple[int, int, int]
    voxel_size_nm: tuple[float, float, float]


CUBE_NM = (2.5, 2.5, 2.5)
FILM_SHAPE, FILM_NM = (40, 200, 200), (50, 10, 10)  # slices of 50 nm, pixels of 10 nm

CHAPTERS = {
    "Nanoporous metals": {
        "nanoporous-gold": Entry(
            "Dealloyed gold with ligaments of 25 nm, filled with epoxy, a leveled wave after Soyarslan et al. (2018): what the demo learns from.",
            (96, 96, 96),
            CUBE_NM,
        ),
        "nanoporous-gold-vacuum": Entry(
            "The same gold with empty pores, through which solid is seen from far below.",
            (96, 96, 96),
            CUBE_NM,
        ),
        "hierarchical-nanoporous-gold": Entry(
            "Ligaments of 110 nm that themselves consist of ligaments of 15 nm, in epoxy: one leveled wave inside another, with the sizes of "
            "Sardhara et al. (2024), for the corpus `hnpg-multivoltage`.",
            (192, 192, 192),
            CUBE_NM,
        ),
        "hierarchical-nanoporous-gold-vacuum": Entry(
            "The same two levels with empty pores.",
            (192, 192, 192),
            CUBE_NM,
        ),
        "self-similar-nanoporous-gold": Entry(
            "Two levels by masking a structure with a small copy of itself, after Sardhara et al. (2022): to see whether a network depends on the "
            "generator that it learned from.",
            (192, 192, 192),
            CUBE_NM,
        ),
        "random-pore-gold": Entry(
            "Gold with overlapping spherical pores of 60 nm, the random pore generation method of Sardhara et al. (2022): training structures "
            "without any likeness to dealloyed metal.",
            (96, 96, 96),
            CUBE_NM,
        ),
    },
    "Ceramics and electrodes": {
        "porous-zirconia": Entry(
            "A Boolean model of cylinders 80 nm thick and 400 nm long, of the kind from which Fend et al. (2021) learned to reconstruct zirconia.",
            (160, 160, 160),
            (5, 5, 5),
        ),
        "packed-zirconia": Entry(
            "Spheres of zirconia that do not overlap, random sequential addition: grains with contacts but without necks.",
            (128, 128, 128),
            (5, 5, 5),
        ),
        "platinum-zirconia-cermet": Entry(
            "Pore, zirconia and platinum, a plurigaussian model of a porous electrode after Neumann et al. (2019): three phases, two of them solid.",
            (128, 128, 128),
            (20, 20, 20),
        ),
    },
    "Polymer films": {
        "ec-hpc-22": Entry(
            "Ethyl cellulose from which 22 % hydroxypropyl cellulose was leached, with the porosity and the voxels of Skarberg et al. (2021): "
            "pores that look like islands on a face and are connected in space.",
            FILM_SHAPE,
            FILM_NM,
        ),
        "ec-hpc-30": Entry("The film of 30 %, with wider pores.", FILM_SHAPE, FILM_NM),
        "ec-hpc-45": Entry("The film of 45 %, almost as much pore as polymer.", FILM_SHAPE, FILM_NM),
    },
    "Calibration bodies": {
        "calibration-bulk": Entry("Nothing but gold: the signal must be its backscatter coefficient.", (40, 40, 40), CUBE_NM),
        "calibration-edge": Entry("Gold beside epoxy with a straight vertical edge: how far the signal spreads sideways.", (40, 64, 64), CUBE_NM),
        "calibration-step": Entry(
            "Two terraces of gold in vacuum, 10 and 60 nm deep: how a step looks that is not milled yet.", (40, 40, 80), CUBE_NM
        ),
        "calibration-film": Entry("20 nm of gold under 20 nm of epoxy: shine-through against depth and thickness.", (40, 40, 80), CUBE_NM),
        "calibration-sphere": Entry(
            "A gold sphere of 60 nm, 10 nm below the face and cut by the upper edge: contrast of a small body.", (40, 16, 40), CUBE_NM
        ),
        "calibration-staircase": Entry(
            "Six gold cuboids, each 10 nm deeper than the one before, after fig. 1.1B of Sardhara (2024): different depths that look alike.",
            (48, 20, 184),
            CUBE_NM,
        ),
        "calibration-stretched-spheres": Entry(
            "Void spheres that get longer with depth, as if by shine-through, after fig. 2.10 of Sardhara (2024): a test of measures of isotropy.",
            (120, 60, 60),
            CUBE_NM,
        ),
    },
}
ENTRIES = {name: entry for chapter in CHAPTERS.values() for name, entry in chapter.items()}


def draw(name: str) -> Figure:
    """Generate the block of a recipe and draw it."""
    entry = ENTRIES[name]
    volume = make_generator(load_material(name)).generate(entry.shape, entry.voxel_size_nm, rng=SEED)
    return cut_faces(block_of_volume(volume, name), width_inches=WIDTH_INCHES)


def command(name: str) -> str:
    """Return the command that draws the same block."""
    entry = ENTRIES[name]
    sizes = entry.voxel_size_nm[:1] if len(set(entry.voxel_size_nm)) == 1 else entry.voxel_size_nm
    shape, size = ",".join(map(str, entry.shape)), ",".join(f"{each:g}" for each in sizes)
    return f"synthfib generate {name} --shape {shape} --voxel-size-nm {size} --seed {SEED} --out structure.h5 --preview structure.png"


def page() -> str:
    """Return the gallery as Markdown."""
    lines = [HEAD]
    for title, chapter in CHAPTERS.items():
        lines += [f"## {title}", "", "| | |", "|---|---|", *(row(load_material(name)) for name in chapter), ""]
    return "\n".join(lines)


def row(recipe: MaterialRecipe) -> str:
    """Return picture, text, references and command of a recipe."""
    names = " ".join(f"`{name}`" for name in (recipe.name, *recipe.aliases))
    references = ", ".join(link(reference) for reference in recipe.references)
    return f"| ![{recipe.title}](gallery/{recipe.name}.png) | {names}<br>{ENTRIES[recipe.name].text}<br>{references}<br>`{command(recipe.name)}` |"


def link(reference: str) -> str:
    return f"[{reference}]({reference if reference.startswith('http') else f'https://doi.org/{reference}'})"


def main(folder: Path, names: tuple[str, ...] = tuple(ENTRIES)) -> None:
    missing = {recipe.name for recipe in list_recipes("material")} - set(ENTRIES)
    assert not missing, f"the gallery lacks {missing}"
    (folder / "gallery").mkdir(parents=True, exist_ok=True)
    for name in names:
        path = folder / "gallery" / f"{name}.png"
        draw(name).savefig(path, metadata={"Software": None})
        with Image.open(path) as picture:
            picture.convert("L").quantize(GREYS, dither=Image.Dither.NONE).save(path, optimize=True)
    (folder / "gallery.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
