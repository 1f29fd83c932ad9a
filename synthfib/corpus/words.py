"""What its authors say about a corpus: the texts beside its recipe in the catalogue, or general ones."""

from __future__ import annotations

import re
from dataclasses import dataclass

from synthfib.catalogue import corpus_words
from synthfib.corpus.recipe import ResolvedRecipe

_SECTION = re.compile(r"^## (.+)\n([\s\S]*?)(?=^## |\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Words:
    """What nobody can compute.

    Parameters
    ----------
    card : str
        What the corpus is, for the top of its card.
    purpose, uses, misuses, limitations, bias : str
        One paragraph each, for people who decide whether to use it.
    changes : str
        What each version brought.
    """

    card: str
    purpose: str
    uses: str
    misuses: str
    limitations: str
    bias: str
    changes: str

    @property
    def abstract(self) -> str:
        """The card without advice and without markup, as one paragraph."""
        paragraphs = [paragraph for paragraph in self.card.split("\n\n") if not paragraph.startswith("**")]
        return " ".join(" ".join(paragraphs).replace("**", "").replace("`", "").split())


def words(resolved: ResolvedRecipe) -> Words:
    """Return the words of the catalogue for a corpus; what it does not say is said in general."""
    corpus = resolved.corpus
    own = sections(corpus_words(corpus.name, "datasheet.md") or "")
    return Words(
        card=(corpus_words(corpus.name, "card.md") or f"A synthetic FIB-SEM corpus with exact truth: {corpus.title}.").strip(),
        purpose=own.get("Purpose", "To train and to compare methods of FIB-SEM tomography where the truth is known."),
        uses=own.get("Uses", "Segmentation of slices, reconstruction of volumes, and tests of both."),
        misuses=own.get("Misuses", "As if it were measured: conclusions about a real sample need images of that sample."),
        limitations=own.get("Limitations", f"The images are as good as the simulator `{resolved.simulator}`, whose limits its documentation tells."),
        bias=own.get("Bias", "Structures come from one random model for each material; what that model cannot draw is absent."),
        changes=(corpus_words(corpus.name, "CHANGELOG.md") or f"# Changes\n\n## {corpus.version}\n\nThis version.").strip() + "\n",
    )


def sections(text: str) -> dict[str, str]:
    """Return the text below each heading of the second level of a Markdown text, as one paragraph."""
    return {heading.strip(): " ".join(body.split()) for heading, body in _SECTION.findall(text)}
