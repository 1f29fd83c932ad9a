"""How to cite a corpus, or synthfib itself: CITATION.cff and BibTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from synthfib._version import __version__
from synthfib.corpus.licence import licence


@dataclass(frozen=True, slots=True)
class Work:
    """What can be cited.

    Parameters
    ----------
    kind : str
        ``"dataset"`` or ``"software"``.
    name : str
        Short name.
    title : str
        Title.
    version : str
        Version x.y.z.
    creators : tuple of str
        ``"Family, Given"`` for people, anything without a comma for a group.
    license : str
        SPDX name.
    abstract : str
        A few sentences.
    keywords : tuple of str
        Keywords.
    released : str, optional
        Day of publication, YYYY-MM-DD.
    doi : str, optional
        DOI without a resolver in front.
    content_digest : str, optional
        SHA-256 of the content of a corpus.
    """

    kind: Literal["dataset", "software"]
    name: str
    title: str
    version: str
    creators: tuple[str, ...]
    license: str
    abstract: str
    keywords: tuple[str, ...]
    released: str | None = None
    doi: str | None = None
    content_digest: str | None = None

    def to_cff(self) -> str:
        """Return the text of CITATION.cff, format 1.2.0."""
        known = licence(self.license).url is not None
        fields: dict[str, Any] = {
            "cff-version": "1.2.0",
            "message": f"If you use this {self.kind}, please cite it as below.",
            "type": self.kind,
            "title": self.title,
            "abstract": self.abstract,
            "authors": [_cff_author(creator) for creator in self.creators],
            "version": self.version,
            "doi": self.doi,
            "date-released": self.released,
            "license": self.license if known else None,
            "keywords": list(self.keywords),
        }
        if self.content_digest is not None:
            fields["identifiers"] = [{"type": "other", "value": f"sha256:{self.content_digest}", "description": "Digest of the content"}]
            fields["references"] = [_cff_reference(software())]
        return yaml.safe_dump({key: value for key, value in fields.items() if value}, sort_keys=False, allow_unicode=True, width=1000)

    def to_bibtex(self) -> str:
        """Return a BibTeX entry."""
        note = f"Content SHA-256 {self.content_digest}" if self.content_digest else None
        fields = {
            "author": " and ".join(creator if "," in creator else f"{{{creator}}}" for creator in map(_tex, self.creators)),
            "title": f"{{{_tex(self.title)}}}",
            "version": self.version,
            "year": self.released[:4] if self.released else None,
            "doi": self.doi,
            "howpublished": {"dataset": "Data set", "software": "Computer software"}[self.kind],
            "note": note,
        }
        lines = [f"  {key} = {{{value}}}," for key, value in fields.items() if value]
        return "\n".join([f"@misc{{{self.name}-{self.version},", *lines, "}"]) + "\n"


def software() -> Work:
    """Return synthfib itself."""
    return Work(
        kind="software",
        name="synthfib",
        title="synthfib: learnable FIB-SEM tomography",
        version=__version__,
        creators=("The synthfib developers",),
        license="Apache-2.0",
        abstract="Virtual porous microstructures, physical backscattered-electron images, exact truth, and scored segmentation.",
        keywords=("FIB-SEM tomography", "backscattered electrons", "segmentation", "porous materials", "synthetic data"),
    )


def _cff_author(creator: str) -> dict[str, str]:
    family, comma, given = creator.partition(",")
    return {"family-names": family.strip(), "given-names": given.strip()} if comma else {"name": creator}


def _cff_reference(work: Work) -> dict[str, Any]:
    return {"type": work.kind, "title": work.title, "version": work.version, "authors": [_cff_author(creator) for creator in work.creators]}


def _tex(text: str) -> str:
    """Escape what TeX would take for commands."""
    return re.sub(r"([&%$#_])", r"\\\1", text)
