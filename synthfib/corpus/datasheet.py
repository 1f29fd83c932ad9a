"""DATASHEET.md of a corpus: the questions of Datasheets for Datasets, answered from its recipe and from what was measured on it."""

from __future__ import annotations

from synthfib.corpus.about import About
from synthfib.corpus.recipe import SPLITS, ResolvedRecipe
from synthfib.corpus.size import size_text

_TEXT = """\
# Datasheet: {title}

Version {version}. The questions are those of T. Gebru et al., Datasheets for Datasets, Communications of the ACM 64 (12), 2021,
https://doi.org/10.1145/3458723; those about people are answered once: there are none in it.

## Motivation

**For what purpose was it created?** {purpose}

**Who created it?** {creators}.

**Who funded it?** Not recorded.

## Composition

**What are the instances?** Stacks of images of virtual porous structures, as a focused ion beam and an electron microscope give them: {materials}.

**How many are there?** {n_volumes} volumes ({splits}) of {n_structures} structures, {n_slices} slices of {pixels} pixels, {n_bytes}.

**Is it a sample of something larger?** Each structure is one draw of a random model that has no end. Nothing that was drawn was left out.

**What does each instance hold?** {arrays}

**Is there a label for each instance?** {labels}

**Is information missing?** {missing}

**Are instances related?** {relations}

**Are there recommended splits?** Yes: {splits}. Choose and tune on train and validation, look at test once.

**Are there errors, noise or redundancies?** {noise}

**Is it self-contained?** Yes. The recipes that it was built from are in it.

**Does it hold anything confidential or offensive, or anything about people?** No.

## Collection

**How was it acquired?** {method} Nobody was asked, paid or observed, and no sample was cut.

**What was the sampling strategy?** Every random number follows from the seed {seed}; the manifest lists the seeds of each volume.

**Over what time?** Computed; time plays no part.

**Was there an ethical review?** None is needed.

## Preprocessing, cleaning, labelling

**Was any done?** No. Labels are read off the virtual structure at every face, not drawn by hand or found by a threshold.

**Is the raw data kept?** {raw}

**Is the software available?** Yes: `synthfib build recipe.yaml --out FOLDER`, synthfib {synthfib}.

## Uses

**What can it be used for?** {uses}

**What should it not be used for?** {misuses}

**What about its composition may matter?** {limitations}

**Where may it mislead?** {bias}

**Has it been used already?** Works that it builds on are under References in README.md.

## Distribution

**How is it distributed?** As a folder with a checksum for every file{doi}.

**When?** {released}

**Under which licence?** {licence}.

**Are there other restrictions?** None known.

## Maintenance

**Who maintains it?** {creators}.

**Will it be updated?** By new versions: patch for words, minor for what is added, major for any value that changes. CHANGELOG.md says what.

**What happens to older versions?** They can be built again from their recipe with the version of synthfib that they name.

**How can others extend it?** Copy recipe.yaml, give it another name, change it, and build.
"""


def datasheet_text(about: About) -> str:
    """Return the text of DATASHEET.md."""
    resolved, manifest, said, work = about.resolved, about.manifest, about.words, about.work
    return _TEXT.format(
        title=work.title,
        version=work.version,
        purpose=said.purpose,
        creators=about.creators,
        materials="; ".join(dict.fromkeys(m.title for m in resolved.materials)),
        n_volumes=len(manifest.volumes),
        n_structures=len({volume.structure for volume in manifest.volumes}),
        splits=splits_text(about),
        n_slices=about.n_slices,
        pixels=" x ".join(map(str, resolved.corpus.pixels)),
        n_bytes=size_text(about.n_bytes),
        arrays=_arrays(resolved),
        labels=_labels(resolved),
        missing=_missing(resolved),
        relations=_relations(resolved),
        noise=_noise(resolved),
        method=method_text(about),
        seed=resolved.corpus.seed,
        raw="Yes: yields per incident electron, before noise."
        if "yields" in resolved.corpus.keep
        else "No yields without noise; they can be computed again.",
        synthfib=manifest.synthfib,
        uses=said.uses,
        misuses=said.misuses,
        limitations=said.limitations,
        bias=said.bias,
        doi=f", and under https://doi.org/{work.doi}" if work.doi else "",
        released=f"Since {work.released}." if work.released else "This version has no date of publication yet.",
        licence=about.licence.title + (f", {about.licence.url}" if about.licence.url else ""),
    )


def splits_text(about: About) -> str:
    """Return how many volumes each split has."""
    return ", ".join(f"{sum(volume.split == split for volume in about.manifest.volumes)} {split}" for split in SPLITS)


def method_text(about: About) -> str:
    """Return in two sentences how the corpus was made."""
    resolved = about.resolved
    energies = ", ".join(f"{energy:g}" for energy in resolved.energies_kev)
    return (
        f"Built by synthfib {about.manifest.synthfib} from recipe.yaml (seed {resolved.corpus.seed}): random structures are milled slice by slice, "
        f"and every exposed face is imaged at {energies} keV by the simulator {resolved.simulator} with the noise of the microscope. "
        "Labels, depths and positions are those of the virtual structure, not estimates."
    )


def _arrays(resolved: ResolvedRecipe) -> str:
    kept = [
        " the expected yield of every pixel," if "yields" in resolved.corpus.keep else "",
        " and the whole structure" if "structures" in resolved.corpus.keep else "",
    ]
    return (
        f"Grey values of {resolved.microscope.bit_depth} bits for each energy; for every pixel its phase, the depth to the solid below it "
        f"and the share of the signal that shines through;{kept[0]} the true and the nominal depth of every face{kept[1]}."
    )


def _labels(resolved: ResolvedRecipe) -> str:
    phases = dict.fromkeys(
        f"0 is {m.phases.pore}, 1 {m.phases.solid}" + (f", 2 {m.phases.second_solid}" if m.phases.second_solid else "") for m in resolved.materials
    )
    return f"Yes, for each pixel, exact: {'; or '.join(phases)}."


def _missing(resolved: ResolvedRecipe) -> str:
    if resolved.corpus.sealed is None:
        return "No."
    return "The seed of the test split, and with it its truth, are withheld; the recipe holds a commitment to that seed."


def _relations(resolved: ResolvedRecipe) -> str:
    draws = resolved.corpus.thickness_draws
    if draws == 1:
        return "No: every volume has a structure of its own."
    return f"Yes: each structure is milled {draws} times. The manifest says which volumes share one; they are in one split, and not independent."


def _noise(resolved: ResolvedRecipe) -> str:
    microscope = resolved.microscope
    noise = (
        f"Noise is wanted: {resolved.electrons_per_pixel} electrons per pixel, read-out noise of {microscope.readout_noise_electrons:g} electrons."
    )
    if microscope.degradations is None:
        return f"{noise} Blur, curtains, charging and drift are left out. No labels are wrong, and no volume is there twice."
    return f"{noise} Images are degraded as microscope.yaml says. No labels are wrong, and no volume is there twice."
