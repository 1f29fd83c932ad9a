"""Open a finished corpus and read its volumes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synthfib.corpus.contained import contained
from synthfib.corpus.folder import MARKER
from synthfib.corpus.manifest import Manifest, read_manifest
from synthfib.corpus.recipe import SPLITS
from synthfib.data.readers import read_stack
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, UnknownNameError


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus on disk; make one with `Corpus.open`.

    Parameters
    ----------
    path : Path
        Its folder.
    manifest : Manifest
        What it holds.
    """

    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: Path | str) -> Corpus:
        """Return the corpus in a folder.

        Raises
        ------
        InputError
            If the folder holds no corpus, or an unfinished one.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise InputError(f"A corpus is a folder, there is none at {str(folder)!r}; make one with: synthfib build.")
        if (folder / MARKER).exists():
            raise InputError(f"The corpus in {folder} is unfinished; run the same synthfib build again to finish it.")
        return cls(folder, read_manifest(folder))

    @property
    def name(self) -> str:
        """Name of the corpus."""
        return self.manifest.name

    @property
    def version(self) -> str:
        """Version of the corpus, x.y.z."""
        return self.manifest.version

    @property
    def digest(self) -> str:
        """SHA-256 of the content of all volumes; equal digests mean equal data."""
        return self.manifest.content_digest

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that hold volumes."""
        held = {volume.split for volume in self.manifest.volumes}
        return tuple(split for split in SPLITS if split in held)

    def names(self, split: str) -> tuple[str, ...]:
        """Return the names of the volumes of a split.

        Raises
        ------
        UnknownNameError
            If the corpus has no such split.
        """
        if split not in self.splits:
            raise UnknownNameError("split", split, self.splits)
        return tuple(volume.name for volume in self.manifest.volumes if volume.split == split)

    def read(self, name: str) -> ImageStack:
        """Return a volume by name.

        Raises
        ------
        UnknownNameError
            If the corpus has no such volume.
        InputError
            If its file is missing or damaged.
        """
        for volume in self.manifest.volumes:
            if volume.name == name:
                return read_stack(contained(self.path, volume.file))
        raise UnknownNameError("volume", name, [volume.name for volume in self.manifest.volumes])
