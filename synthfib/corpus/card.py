"""README.md of a corpus: a metadata header for machines, a description with real figures for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import yaml

from synthfib.corpus.about import About
from synthfib.corpus.datasheet import splits_text
from synthfib.corpus.manifest import VolumeEntry
from synthfib.corpus.recipe import SPLITS
from synthfib.corpus.size import size_text
from synthfib.corpus.tables import card_configs

EXAMPLES = "card/examples.png"
FIGURES = "card/figures.png"
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))

_BODY = """\
# {title}

{description}
{examples}
## What is in it

{n_volumes} volumes ({splits}), {n_slices} slices of {pixels} pixels, {n_bytes}.

* Materials: {materials}.
* Microscope: {microscope}; channels at {energies}.
* Voxels of {voxel_nm:g} nm; slices {thickness}.
* Simulator: `{simulator}`. Seed: {seed}. Every number follows from it.

| split | material | structures | volumes | slices | porosity |
|---|---|---|---|---|---|
{rows}

Porosity is that of the faces: mean, and lowest to highest of the volumes. `tables/volumes` and `manifest.json` have every volume.

![Slice thickness, porosity and straight runs]({figures})

*Left: true thickness of all slices{law}. Middle: porosity of every volume; those of one structure stand above each other.
Right: straight runs of solid and pore along x and y.*

{sizes}

Each file `volumes/<name>.h5` holds `images` and `shine_through` (channel, slice, y, x), `labels` and `depth_to_solid_nm` (slice, y, x),
`positions_nm` (slice). Units are in the names, sizes and phases in the attributes. The tables have one row per slice or per volume.

## Use it

With this folder as `{name}` in the current one:

```python
import synthfib

samples = synthfib.load("{name}", split="{split}")
print(samples[0].image.shape, samples[0].label.shape)
```

or, without synthfib, one row per slice:

```python
from datasets import load_dataset

slices = load_dataset("{name}", split="{split}")
```

`synthfib verify .` or `sha256sum -c SHA256SUMS` checks every byte. `synthfib build recipe.yaml --out FOLDER` makes it again.

## What to know before

* Limits: {limitations}
* Bias: {bias}

DATASHEET.md answers more questions.

## Citation

```bibtex
{bibtex}```

## Origin

Corpus {name}, version {version}, made by synthfib {synthfib}. Licence: {license}.
Recipe {recipe_digest}, content {content_digest} (SHA-256).
{references}"""

_EXAMPLES = """
![Example faces with their truth]({path})

*One face of {n}. Grey levels are stretched for display. In the maps of shine-through and depth solid is grey;
black is nothing from below, and no solid within reach.*
"""


def render_card(about: About, *, n_examples: int) -> str:
    """Return the text of README.md; `n_examples` is how many faces the picture of examples shows, 0 for no such picture."""
    return f"---\n{_header(about)}---\n\n{_body(about, n_examples)}"


def _header(about: About) -> str:
    header = {
        "license": about.work.license.lower(),
        "pretty_name": about.work.title,
        "language": ["en"],
        "task_categories": ["image-segmentation"],
        "tags": ["fib-sem", "tomography", "materials-science", "synthetic", "3d"],
        "size_categories": [next((name for limit, name in _SIZES if about.n_slices < limit), "n>1M")],
        "annotations_creators": ["machine-generated"],
        "source_datasets": ["original"],
        "version": about.manifest.version,
        "configs": card_configs(about.manifest),
    }
    return yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=1000)


def _body(about: About, n_examples: int) -> str:
    resolved, manifest, said = about.resolved, about.manifest, about.words
    corpus, microscope, thickness = resolved.corpus, resolved.microscope, resolved.thickness
    spread = f" (gamma-distributed, standard deviation {thickness.std_nm:g} nm)" if thickness.std_nm else ""
    grid = f", faces on multiples of {thickness.grid_nm:g} nm" if thickness.grid_nm else ""
    return _BODY.format(
        title=corpus.title,
        description=said.card,
        examples=_EXAMPLES.format(path=EXAMPLES, n="each material" if n_examples > 1 else "the first volume") if n_examples else "",
        n_volumes=len(manifest.volumes),
        splits=splits_text(about),
        split=manifest.volumes[0].split,
        n_slices=about.n_slices,
        pixels=" x ".join(map(str, corpus.pixels)),
        n_bytes=size_text(about.n_bytes),
        materials="; ".join(dict.fromkeys(f"{m.title} (`{m.name}`)" for m in resolved.materials)),
        microscope=f"{microscope.title} (`{microscope.name}`)",
        energies=", ".join(f"{energy:g}" for energy in resolved.energies_kev) + " keV",
        voxel_nm=corpus.voxel_size_nm,
        thickness=f"{thickness.mean_nm:g} nm apart{spread}{grid}",
        simulator=resolved.simulator,
        seed=corpus.seed,
        rows="\n".join(_rows(manifest.volumes)),
        figures=FIGURES,
        law=", and the law that they were drawn from" if thickness.std_nm else "",
        sizes=_sizes(about),
        limitations=said.limitations,
        bias=said.bias,
        bibtex=about.work.to_bibtex(),
        name=manifest.name,
        version=manifest.version,
        synthfib=manifest.synthfib,
        license=corpus.license,
        recipe_digest=manifest.recipe_digest,
        content_digest=manifest.content_digest,
        references=_references(about.references),
    )


def _rows(volumes: Sequence[VolumeEntry]) -> Iterator[str]:
    """Yield a row for every split and material."""
    for split in SPLITS:
        for material in dict.fromkeys(volume.material for volume in volumes if volume.split == split):
            own = [volume for volume in volumes if (volume.split, volume.material) == (split, material)]
            n_structures, n_slices = len({volume.structure for volume in own}), sum(volume.shape[1] for volume in own)
            yield f"| {split} | {material} | {n_structures} | {len(own)} | {n_slices} | {_porosity(own)} |"


def _porosity(volumes: Sequence[VolumeEntry]) -> str:
    known = [100 * (1 - volume.solid_fraction) for volume in volumes if volume.solid_fraction is not None]
    if not known:
        return "sealed"
    return f"{np.mean(known):.2f} %" + (f" ({min(known):.2f} to {max(known):.2f})" if len(known) > 1 else "")


def _sizes(about: About) -> str:
    """Return a table of the sizes of solid and pore."""
    statistics = about.statistics
    head = "| material | mean run of solid | mean run of pore | diameter of solid | diameter of pore |\n|---|---|---|---|---|\n"
    rows = [
        f"| {material} | {solid.mean_nm:.1f} nm | {pore.mean_nm:.1f} nm | {solid.diameter_nm:.1f} nm | {pore.diameter_nm:.1f} nm |\n"
        for (material, solid), pore in zip(statistics.solid.items(), statistics.pore.values(), strict=True)
    ]
    note = "\nDiameters are half the length-weighted mean run, the area under the lineal-path function; of up to three structures for each material."
    return head + "".join(rows) + note if rows else ""


def _references(references: Sequence[str]) -> str:
    links = "".join(f"* {r if r.startswith('http') else f'https://doi.org/{r}'}\n" for r in references)
    return f"\n## References\n\n{links}" if links else ""
