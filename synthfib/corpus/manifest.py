"""The manifest: what a corpus holds, by name, size and checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from synthfib.corpus.recipe import Place, ResolvedRecipe, Split
from synthfib.corpus.volume import STAGES
from synthfib.data.hdf5 import TRUTH_AXES
from synthfib.data.provenance import SEAL
from synthfib.data.readers import read_stack, read_volume
from synthfib.data.stack import ImageStack
from synthfib.data.untrusted import read_bounded
from synthfib.degradations.compose import strength_names
from synthfib.degradations.registry import DEGRADATIONS
from synthfib.errors import InputError

MANIFEST = "manifest.json"
VOLUMES = "volumes"
STRUCTURES = "structures"
TABLES = "tables"
#: Every folder of files that are not text; what holds others comes first.
FOLDERS = (VOLUMES, STRUCTURES, TABLES, f"{TABLES}/slices", f"{TABLES}/volumes")
_CHUNK = 1 << 20
_MOST_BYTES = 300_000_000  # of a manifest; a volume takes about 2 kB

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, Field(ge=1, le=1_000_000)]
PartName = Annotated[str, Field(pattern=r"^[a-z]+-\d{3,}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FileEntry(_Entry):
    """One file of a corpus."""

    file: str
    bytes: int = Field(ge=0)
    sha256: Sha256


def _check_file(file: str, expected: str, split: str) -> None:
    if file != expected or not file.rpartition("/")[2].startswith(f"{split}-"):
        raise ValueError(f"file, name and split must agree, got {file} in the split {split}")


class StructureEntry(FileEntry):
    """One whole structure, of which volumes are cut."""

    name: PartName
    split: Split
    material: str
    file: str = Field(pattern=r"^structures/[a-z]+-\d{3,}\.h5$")
    content_sha256: dict[str, Sha256]
    shape: tuple[Size, Size, Size]
    solid_fraction: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _own_file(self) -> Self:
        _check_file(self.file, f"{STRUCTURES}/{self.name}.h5", self.split)
        return self


class VolumeEntry(FileEntry):
    """One volume of a corpus."""

    name: PartName
    split: Split
    structure: PartName
    material: str
    file: str = Field(pattern=r"^volumes/[a-z]+-\d{3,}\.h5$")
    content_sha256: dict[str, Sha256]
    shape: tuple[Size, Size, Size, Size]
    solid_fraction: float | None = Field(ge=0, le=1)
    seeds: dict[str, int]
    degradations: dict[str, dict[str, float]]
    withheld_sha256: dict[str, Sha256] = {}

    @model_validator(mode="after")
    def _own_file(self) -> Self:
        _check_file(self.file, f"{VOLUMES}/{self.name}.h5", self.split)
        return self


class TableEntry(FileEntry):
    """One table of a corpus."""

    config: Literal["slices", "volumes"]
    split: Split
    file: str = Field(pattern=r"^tables/(slices|volumes)/[a-z]+-\d{5,}-of-\d{5,}\.parquet$")
    rows: int = Field(ge=1)

    @model_validator(mode="after")
    def _own_file(self) -> Self:
        _check_file(self.file, f"{TABLES}/{self.config}/{self.file.rpartition('/')[2]}", self.split)
        return self


class Manifest(_Entry):
    """What a corpus is and holds."""

    format: Literal["synthfib/manifest@1"] = "synthfib/manifest@1"
    name: str
    version: str
    synthfib: str
    recipe_digest: Sha256
    content_digest: Sha256
    volumes: tuple[VolumeEntry, ...]
    structures: tuple[StructureEntry, ...] = ()
    tables: tuple[TableEntry, ...] = ()

    @model_validator(mode="after")
    def _each_file_once(self) -> Self:
        if len({entry.file for entry in self.files}) < len(self.files):
            raise ValueError("a file is listed twice")
        return self

    @property
    def files(self) -> tuple[FileEntry, ...]:
        """Every file that is not text."""
        return (*self.volumes, *self.structures, *self.tables)

    def to_text(self) -> str:
        """Return the text of `manifest.json`."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the corpus in `folder`.

    Raises
    ------
    InputError
        If there is none, or it is damaged.
    """
    try:
        return Manifest.model_validate_json(read_bounded(folder / MANIFEST, _MOST_BYTES))
    except OSError as error:
        raise InputError(f"{folder} is not a corpus, {MANIFEST} cannot be read there; give a folder that synthfib build has finished.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole file"
        raise InputError(f"{folder / MANIFEST} is damaged ({where}: {first['msg']}); run: synthfib verify.") from error


def describe_volume(resolved: ResolvedRecipe, place: Place, folder: Path) -> VolumeEntry:
    """Return the manifest entry of a volume file, from what can be read back from it.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    file = volume_file(place)
    stack = read_stack(folder / file)
    sealed = resolved.seals(place)
    if (stack.labels is None) != sealed:
        if sealed:
            raise InputError(f"{folder / file} has labels, which a sealed volume must not have; delete it and build again.")
        raise InputError(f"{folder / file} has no labels, which every volume of a corpus needs; delete it and build again.")
    return VolumeEntry(
        name=place.name,
        split=place.split,
        structure=place.structure_name,
        material=resolved.material_of(place).name,
        file=file,
        bytes=(folder / file).stat().st_size,
        sha256=file_sha256(folder / file),
        content_sha256={name: array_sha256(array) for name, array in stack_arrays(stack).items()},
        shape=stack.shape,
        solid_fraction=None if stack.labels is None else float(np.count_nonzero(stack.labels) / stack.labels.size),
        seeds={} if sealed else {stage: resolved.seed(place, stage) for stage in STAGES},
        degradations=_degradations(stack),
        withheld_sha256=_withheld(stack),
    )


def describe_structure(resolved: ResolvedRecipe, place: Place, folder: Path) -> StructureEntry:
    """Return the manifest entry of a structure file, from what can be read back from it.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    file = structure_file(place)
    structure = read_volume(folder / file)
    return StructureEntry(
        name=place.structure_name,
        split=place.split,
        material=resolved.material_of(place).name,
        file=file,
        bytes=(folder / file).stat().st_size,
        sha256=file_sha256(folder / file),
        content_sha256={"labels": array_sha256(structure.labels)},
        shape=structure.shape,
        solid_fraction=structure.solid_fraction,
    )


def _degradations(stack: ImageStack) -> dict[str, dict[str, float]]:
    """Strengths that were drawn, by degradation; what belongs to single images is in the provenance of the volume."""
    return {
        step.name: {name: float(value) for name in strength_names(step.name) if isinstance(value := step.parameters.get(name), (int, float))}
        for step in stack.provenance.steps
        if step.name in DEGRADATIONS.names()
    }


def _withheld(stack: ImageStack) -> dict[str, str]:
    """Digests of the truth that a sealed volume does not show."""
    return {name: digest for step in stack.provenance.steps if step.name == SEAL for name, digest in step.parameters["withheld_sha256"].items()}


def volume_file(place: Place) -> str:
    """Return the path of a volume below its corpus."""
    return f"{VOLUMES}/{place.name}.h5"


def structure_file(place: Place) -> str:
    """Return the path of the structure of a volume below its corpus."""
    return f"{STRUCTURES}/{place.structure_name}.h5"


def slices_file(resolved: ResolvedRecipe, place: Place) -> str:
    """Return the path of the table of the slices of a volume, one of as many as its split has volumes."""
    n_volumes = getattr(resolved.corpus.splits, place.split) * resolved.corpus.thickness_draws
    return f"{TABLES}/slices/{place.split}-{place.number:05d}-of-{n_volumes:05d}.parquet"


def volumes_file(split: Split) -> str:
    """Return the path of the table of the volumes of a split."""
    return f"{TABLES}/volumes/{split}-00000-of-00001.parquet"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def array_sha256(array: NDArray[np.generic]) -> str:
    """Return the SHA-256 of ``dtype|shape|bytes`` of an array, little-endian in C order: the same on every machine and in every container."""
    portable = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{portable.dtype.str}|{','.join(map(str, portable.shape))}|".encode())
    digest.update(portable.tobytes())
    return digest.hexdigest()


def content_digest(volumes: Sequence[VolumeEntry], structures: Sequence[StructureEntry]) -> str:
    """Return one SHA-256 of the content of all volumes and structures, whatever compressed them."""
    entries: list[VolumeEntry | StructureEntry] = [*volumes, *structures]
    content = [[entry.file, sorted(entry.content_sha256.items())] for entry in entries]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def stack_arrays(stack: ImageStack) -> dict[str, NDArray[np.generic]]:
    """Return every array of a stack by the name it has on disk."""
    truth = {name: array for name in TRUTH_AXES if (array := getattr(stack, name)) is not None}
    measured = {f"measured_positions_nm/{method}": positions for method, positions in sorted(stack.plan.measured_positions_nm.items())}
    return {"images": stack.images, **truth, "positions_nm": stack.plan.positions_nm, **measured}
