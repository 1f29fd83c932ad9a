"""A network that draws the solid between two faces as a polynomial in depth, one for each pixel."""

from __future__ import annotations

from math import comb

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Faces that it looks at: two around the gap, and one further on either side.
FACES = 4
#: Where a face beyond the first or the last one is missing, the last known one is repeated at this distance, in planes.
END_GAP = 4.0
# Pixels along an edge that share a cell of the network.
_CELL = 2
_DEGREE = 3
# Unit of gaps, in planes.
_UNIT = 4.0


class NeuralSpline(nn.Module):
    """Solid of a gap as a Bernstein polynomial in depth, whose coefficients a residual network reads off the faces around it.

    All planes of a gap cost one pass of the network and a few multiplications per voxel, wherever they lie.

    Parameters
    ----------
    width : int
        Feature maps.
    blocks : int
        Residual blocks of two 3x3 convolutions on cells of 2x2 pixels; each sees 8 pixels further.
    channels : int
        Images of every face that it sees beside where the face is solid.
    """

    def __init__(self, *, width: int = 32, blocks: int = 4, channels: int = 0) -> None:
        super().__init__()
        self.entry = nn.Conv2d(FACES * (1 + channels) * _CELL**2, width, 3, padding=1)
        self.entry_gaps = nn.Linear(FACES - 1, width)
        self.body = nn.ModuleList([_GapBlock(width) for _ in range(blocks)])
        self.exit = nn.Conv2d(width, (_DEGREE + 1) * _CELL**2, 3, padding=1)

    def coefficients(self, faces: Tensor, gaps: Tensor) -> Tensor:
        """Return the coefficients of the logit of solid.

        Parameters
        ----------
        faces : Tensor of float32, shape (n, 4 * (1 + channels), y, x)
            1 in the solid and -1 in the pores, and after these the images of each channel; even sides.
        gaps : Tensor of float32, shape (n, 3)
            Planes from face to face.

        Returns
        -------
        Tensor of float32, shape (n, 4, y, x)
            Bernstein coefficients over the middle gap.
        """
        gaps = torch.log(gaps / _UNIT)
        found = self.entry(functional.pixel_unshuffle(faces, _CELL)) + self.entry_gaps(gaps)[..., None, None]
        for block in self.body:
            found = block(found, gaps)
        return functional.pixel_shuffle(self.exit(torch.relu(found)), _CELL)

    def forward(self, faces: Tensor, gaps: Tensor, shares: Tensor) -> Tensor:
        """Return the logit of solid at some depths, ``(n, depth, y, x)``; `shares` of the middle gap, ``(n, depth)``, lie in [0, 1]."""
        return torch.einsum("nkyx,nmk->nmyx", self.coefficients(faces, gaps), bernstein(shares))


class _GapBlock(nn.Module):
    """A residual block that the lengths of the gaps scale and shift."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.gaps = nn.Linear(FACES - 1, 2 * width)
        nn.init.zeros_(self.gaps.weight)
        nn.init.zeros_(self.gaps.bias)

    def forward(self, inputs: Tensor, gaps: Tensor) -> Tensor:
        scale, shift = self.gaps(gaps)[..., None, None].chunk(2, dim=1)
        inputs = inputs * (1 + scale) + shift
        found: Tensor = inputs + self.second(torch.relu(self.first(torch.relu(inputs))))
        return found


def bernstein(shares: Tensor) -> Tensor:
    """Return the Bernstein polynomials of degree 3 at `shares`, with one more axis at the end."""
    terms = [comb(_DEGREE, k) * shares**k * (1 - shares) ** (_DEGREE - k) for k in range(_DEGREE + 1)]
    return torch.stack(terms, dim=-1)
