"""README.md of a corpus: a metadata header for machines, a description with real figures for people."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from synthfib.catalogue import card_text
from synthfib.corpus.manifest import Manifest, VolumeEntry
from synthfib.corpus.recipe import SPLITS, ResolvedRecipe
from synthfib.corpus.tables import card_configs

_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))

_BODY = """\
# {title}

{description}

## What is in it

{n_volumes} volumes ({splits}), {n_slices} slices of {pixels} pixels, {n_bytes}.

* Materials: {materials}.
* Microscope: {microscope}; channels at {energies}.
* Voxels of {voxel_nm:g} nm; slices {thickness}.
* Simulator: `{simulator}`. Seed: {seed}. Every number follows from it.

| volume | split | material | slices | solid fraction | size |
|---|---|---|---|---|---|
{rows}

Each file `volumes/<name>.h5` holds `images` (channel, slice, y, x), `labels` (slice, y, x; 0 is the pore, 1 the solid),
`depth_to_solid_nm` (slice, y, x; straight down from the face to the first solid) and `positions_nm` (slice).
Units are in the names, sizes and phases in the attributes.

## Use it

```python
from pathlib import Path
from synthfib.corpus.load import Corpus

corpus = Corpus.open(Path("."))
stack = corpus.read(corpus.names("train")[0])
```

`synthfib verify .` or `sha256sum -c SHA256SUMS` checks every byte. `synthfib build recipe.yaml --out FOLDER` makes it again.

## Origin

Corpus {name}, version {version}, made by synthfib {synthfib}. Licence: {license}.
Recipe {recipe_digest}, content {content_digest} (SHA-256).
{references}"""


def render_card(resolved: ResolvedRecipe, manifest: Manifest) -> str:
    """Return the text of README.md."""
    return f"---\n{_header(resolved, manifest)}---\n\n{_body(resolved, manifest)}"


def _header(resolved: ResolvedRecipe, manifest: Manifest) -> str:
    n_slices = sum(volume.shape[1] for volume in manifest.volumes)
    header = {
        "license": resolved.corpus.license.lower(),
        "pretty_name": resolved.corpus.title,
        "task_categories": ["image-segmentation"],
        "tags": ["fib-sem", "tomography", "materials-science", "synthetic", "3d"],
        "size_categories": [next((name for limit, name in _SIZES if n_slices < limit), "n>1M")],
        "annotations_creators": ["machine-generated"],
        "source_datasets": ["original"],
        "version": manifest.version,
        "configs": card_configs(manifest),
    }
    return yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=1000)


def _body(resolved: ResolvedRecipe, manifest: Manifest) -> str:
    corpus, microscope, thickness, volumes = resolved.corpus, resolved.microscope, resolved.thickness, manifest.volumes
    spread = f" (gamma-distributed, standard deviation {thickness.std_nm:g} nm)" if thickness.std_nm else ""
    return _BODY.format(
        title=corpus.title,
        description=(card_text(corpus.name) or f"A synthetic FIB-SEM corpus with exact truth: {corpus.title}.").strip(),
        n_volumes=len(volumes),
        splits=", ".join(f"{sum(volume.split == split for volume in volumes)} {split}" for split in SPLITS),
        n_slices=sum(volume.shape[1] for volume in volumes),
        pixels=" x ".join(map(str, corpus.pixels)),
        n_bytes=size_text(sum(volume.bytes for volume in volumes)),
        materials="; ".join(dict.fromkeys(f"{m.title} (`{m.name}`)" for m in resolved.materials)),
        microscope=f"{microscope.title} (`{microscope.name}`)",
        energies=", ".join(f"{energy:g}" for energy in resolved.energies_kev) + " keV",
        voxel_nm=corpus.voxel_size_nm,
        thickness=f"{thickness.mean_nm:g} nm apart{spread}",
        simulator=resolved.simulator,
        seed=corpus.seed,
        rows="\n".join(map(_row, volumes)),
        name=manifest.name,
        version=manifest.version,
        synthfib=manifest.synthfib,
        license=corpus.license,
        recipe_digest=manifest.recipe_digest,
        content_digest=manifest.content_digest,
        references=_references((*corpus.references, *(r for m in resolved.materials for r in m.references), *microscope.references)),
    )


def _row(volume: VolumeEntry) -> str:
    return f"| {volume.name} | {volume.split} | {volume.material} | {volume.shape[1]} | {volume.solid_fraction:.4f} | {size_text(volume.bytes)} |"


def _references(references: Sequence[str]) -> str:
    unique = dict.fromkeys(references)
    links = "".join(f"* {r if r.startswith('http') else f'https://doi.org/{r}'}\n" for r in unique)
    return f"\n## References\n\n{links}" if links else ""


def size_text(n_bytes: int) -> str:
    """Return a number of bytes for people, in decimal units."""
    for limit, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if n_bytes >= limit:
            return f"{n_bytes / limit:.1f} {unit}"
    return f"{n_bytes} bytes"
