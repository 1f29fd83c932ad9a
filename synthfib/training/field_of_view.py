"""What a network sees at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthfib.errors import InputError


@dataclass(frozen=True, slots=True)
class FieldOfView:
    """A face with its neighbours as channels, or a block; and which sizes of them a network takes.

    Parameters
    ----------
    dimensions : {2, 3}
        2 for a face with its neighbours, 3 for a block.
    adjacent_slices : int
        Faces seen together to judge the middle one; 1 for blocks, which judge all of theirs.
    multiple_of : int
        Every side must be a multiple of this number.
    smallest : int
        Smallest side of a face, in pixels.
    """

    dimensions: Literal[2, 3] = 2
    adjacent_slices: int = 1
    multiple_of: int = 16
    smallest: int = 32

    def missing(self, size: int, *, smallest: int = 1) -> int:
        """Return how much an axis of `size` must grow before a network takes it."""
        return max(smallest, -(-size // self.multiple_of) * self.multiple_of) - size

    def patch(self, patch_size: int, patch_slices: int | None, n_slices: int, side: int) -> tuple[int, int]:
        """Return slices and edge length of training patches from stacks of at least `n_slices` slices and `side` pixels.

        Raises
        ------
        InputError
            If the stacks, or the patches that are asked for, are too small for the network.
        """
        if side < self.smallest:
            raise InputError(f"Training needs faces of at least {self.smallest} x {self.smallest} pixels, the smallest side is {side}.")
        if patch_size < self.smallest:
            raise InputError(f"This network needs patches of at least {self.smallest} x {self.smallest} pixels, got patch_size {patch_size}.")
        edge = min(patch_size, side) // self.multiple_of * self.multiple_of
        if self.dimensions == 2:
            return 1, edge
        slices = min(patch_slices or edge, n_slices) // self.multiple_of * self.multiple_of
        if not slices:
            raise InputError(
                f"This three-dimensional network learns from blocks of {self.multiple_of} slices or more, "
                f"the stacks have {n_slices} and patches {patch_slices or edge}; take thicker ones or a two-dimensional network."
            )
        return slices, edge
