"""Everything that the texts of a corpus are made from, gathered once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synthfib.corpus.citation import Work
from synthfib.corpus.editions import Edition, find_edition
from synthfib.corpus.licence import Licence, licence
from synthfib.corpus.manifest import Manifest
from synthfib.corpus.recipe import ResolvedRecipe
from synthfib.corpus.statistics import CorpusStatistics, measure
from synthfib.corpus.words import Words, words

KEYWORDS = ("FIB-SEM tomography", "backscattered electrons", "segmentation", "shine-through", "porous materials", "synthetic data")


@dataclass(frozen=True, slots=True, eq=False)
class About:
    """A corpus as its texts see it.

    Parameters
    ----------
    resolved : ResolvedRecipe
        The recipe.
    manifest : Manifest
        What was built.
    statistics : CorpusStatistics
        What was measured on it.
    words : Words
        What its authors say.
    work : Work
        How to cite it.
    """

    resolved: ResolvedRecipe
    manifest: Manifest
    statistics: CorpusStatistics
    words: Words
    work: Work

    @property
    def licence(self) -> Licence:
        """Licence of the data."""
        return licence(self.resolved.corpus.license)

    @property
    def creators(self) -> str:
        """Names of the creators, for people."""
        return "; ".join(self.resolved.corpus.creators)

    @property
    def references(self) -> tuple[str, ...]:
        """DOIs and addresses that the recipes name, each once."""
        resolved = self.resolved
        named = (*resolved.corpus.references, *(r for m in resolved.materials for r in m.references), *resolved.microscope.references)
        return tuple(dict.fromkeys(named))

    @property
    def n_slices(self) -> int:
        """Slices of all volumes."""
        return sum(volume.shape[1] for volume in self.manifest.volumes)

    @property
    def n_bytes(self) -> int:
        """Size of the data."""
        return sum(entry.bytes for entry in self.manifest.files)


def gather(resolved: ResolvedRecipe, manifest: Manifest, folder: Path) -> About:
    """Return what the texts of the corpus in `folder` are made from."""
    return About(resolved, manifest, measure(manifest.volumes, folder), words(resolved), work_of(resolved, manifest))


def work_of(resolved: ResolvedRecipe, manifest: Manifest | None = None) -> Work:
    """Return how to cite a corpus, built or not; date, DOI and digest are those of the register unless it was built."""
    corpus = resolved.corpus
    unknown = Edition(recipe_digest=resolved.digest)
    edition = find_edition(corpus.name, corpus.version) or unknown
    registered = edition if edition.recipe_digest == resolved.digest else unknown
    return Work(
        kind="dataset",
        name=corpus.name,
        title=corpus.title,
        version=corpus.version,
        creators=corpus.creators,
        license=corpus.license,
        abstract=words(resolved).abstract,
        keywords=KEYWORDS,
        released=registered.released,
        doi=registered.doi,
        content_digest=manifest.content_digest if manifest else registered.content_digest,
    )
