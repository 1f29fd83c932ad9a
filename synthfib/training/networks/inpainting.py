"""The published network that fills missing lines of planes across the faces."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

#: Value of lines that are missing, between pore (0) and solid (1).
MISSING = 0.5
#: Lines and columns that it sees on either side of a pixel.
REACH = 12

_FILTERS = (96, 81, 70, 60, 50, 41, 32, 16)
_A1, _B1, _B2, _B3 = 96, 64, 48, 32


class InpaintingNetwork(nn.Module):
    """Feature extraction, reconstruction, and a branch with an interpolated copy, concatenated.

    T. Sardhara et al. 2024 (doi 10.1016/j.ultramic.2023.113878, supplement, table S1), after J. Yamanaka et al. 2017. The table names the numbers of
    filters; with 3x3 convolutions (1x1 for A1 and B1) there are 336,234 parameters. All features are concatenated, as in the original; what the
    text calls seven blocks are eight numbers in the table, and eight blocks here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise((1, *_FILTERS))])
        self.a1 = nn.Conv2d(sum(_FILTERS), _A1, 1)
        self.b1 = nn.Conv2d(sum(_FILTERS), _B1, 1)
        self.b2 = nn.Conv2d(_B1, _B2, 3, padding=1)
        self.b3 = nn.Conv2d(_B2, _B3, 3, padding=1)
        self.reconstruction = nn.Conv2d(_A1 + _B3, 1, 3, padding=1)
        self.fusion = nn.Conv2d(2, 1, 3, padding=1)

    def forward(self, planes: Tensor, interpolated: Tensor) -> Tensor:
        """Return the solid, about 0 to 1.

        Parameters
        ----------
        planes : Tensor of float32, shape (n, 1, z, x)
            1 in the solid, 0 in the pores, 0.5 on missing lines.
        interpolated : Tensor of float32, shape (n, 1, z, x)
            The same, its missing lines filled by cubic interpolation along z.

        Returns
        -------
        Tensor of float32, shape (n, 1, z, x)
            Solid where it is above one half.
        """
        features = []
        for layer in self.features:
            planes = torch.relu(layer(planes))
            features.append(planes)
        found = torch.cat(features, dim=1)
        short = torch.relu(self.a1(found))
        long = torch.relu(self.b3(torch.relu(self.b2(torch.relu(self.b1(found))))))
        drawn = self.reconstruction(torch.cat([short, long], dim=1))
        fused: Tensor = self.fusion(torch.cat([drawn, interpolated], dim=1))
        return fused
