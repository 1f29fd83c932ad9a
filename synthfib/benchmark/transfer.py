"""Learning from one corpus, tested on another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from synthfib.data.stack import ImageStack
from synthfib.training.stacks import LabelledStacks


@dataclass(frozen=True, slots=True)
class Transfer:
    """A corpus whose test split is that of another one.

    Parameters
    ----------
    learned : LabelledStacks
        Has the splits to learn from.
    tested : LabelledStacks
        Has the split "test"; no volume of it is called as one to learn from.
    """

    learned: LabelledStacks
    tested: LabelledStacks

    @property
    def name(self) -> str:
        """Names of both."""
        return f"{self.learned.name}-to-{self.tested.name}"

    @property
    def version(self) -> str:
        """Version of the one that is tested."""
        return self.tested.version

    @property
    def digest(self) -> str:
        """SHA-256 of both digests."""
        return hashlib.sha256(f"{self.learned.digest} {self.tested.digest}".encode()).hexdigest()

    def names(self, split: str, /) -> tuple[str, ...]:
        """Return the names of the volumes of a split."""
        return (self.tested if split == "test" else self.learned).names(split)

    def read(self, name: str, /) -> ImageStack:
        """Return one volume."""
        return (self.tested if name in self.names("test") else self.learned).read(name)
