"""The register of editions of corpora: which digest belongs to which name and version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synthfib.catalogue import catalogue_root
from synthfib.catalogue.validation import explain
from synthfib.catalogue.yaml_loading import load_yaml
from synthfib.corpus.manifest import Manifest, Sha256

_Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*@\d{1,6}\.\d{1,6}\.\d{1,6}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Edition(_Strict):
    """One version of one corpus."""

    recipe_digest: Sha256
    content_digest: Sha256 | None = None
    released: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")] | None = None


class _Register(_Strict):
    schema_: Literal["synthfib/editions@1"] = Field(alias="schema")
    editions: dict[_Key, Edition]


def load_editions(path: Path | None = None) -> dict[str, Edition]:
    """Return every edition by ``name@version``, from the register of the catalogue by default.

    Raises
    ------
    InputError
        If the file cannot be read.
    RecipeError
        If it does not validate; every problem is listed with its line.
    """
    document = load_yaml(path or catalogue_root() / "datasets" / "registry.yaml")
    try:
        return _Register.model_validate(document.data).editions
    except ValidationError as error:
        raise explain(document, _Register, error) from None


def find_edition(name: str, version: str) -> Edition | None:
    """Return what is registered about a version of a corpus, or None."""
    return load_editions().get(f"{name}@{version}")


def deviation(manifest: Manifest, edition: Edition) -> str | None:
    """Return one sentence about how a corpus differs from its registered edition, or None."""
    which = f"{manifest.name} {manifest.version}"
    if manifest.recipe_digest != edition.recipe_digest:
        return f"This is another recipe than the registered one of {which}; give it another name or version before you publish it."
    if edition.content_digest not in (None, manifest.content_digest):
        return (
            f"The content differs from that registered for {which} (digest {manifest.content_digest[:12]} instead of {edition.content_digest[:12]}); "
            "another version of synthfib, of a library or another processor may be why, do not publish it under this version."
        )
    return None
