"""A network that looks at one pixel at a time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from synthfib.simulators.conditions import NUMBERS
from synthfib.simulators.surrogate.cones import N_AVERAGES


class PixelNetwork(nn.Module):
    """Predicts where the yield lies between those of the darkest and the brightest phase, 0 to 1.

    A mixture of the averages with weights that sum to one, plus a correction by two hidden layers from which its values in both
    homogeneous phases are taken off: homogeneous matter is exact, whatever was learned.

    Parameters
    ----------
    width : int
        Hidden units per layer.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.mixture = nn.Linear(len(NUMBERS), N_AVERAGES)
        self.averages = nn.Linear(N_AVERAGES, width)
        self.conditions = nn.Linear(len(NUMBERS), width, bias=False)
        self.hidden = nn.Linear(width, width)
        self.last = nn.Linear(width, 1, bias=False)
        nn.init.zeros_(self.mixture.weight)
        nn.init.zeros_(self.mixture.bias)
        self.register_buffer("mean", torch.zeros(len(NUMBERS)))
        self.register_buffer("deviation", torch.ones(len(NUMBERS)))

    def forward(self, averages: Tensor, numbers: Tensor) -> Tensor:
        """Return the relative brightness of pixels.

        Parameters
        ----------
        averages : Tensor, float32 (pixel, average)
            See `cones`, 0 to 1.
        numbers : Tensor, float32 (pixel, 5) or (1, 5)
            Conditions, of each pixel or of all.
        """
        numbers = (numbers - self.mean) / self.deviation
        plain = (torch.softmax(self.mixture(numbers), 1) * averages).sum(1)
        dark = self._correction(torch.zeros_like(averages[: len(numbers)]), numbers)
        bright = self._correction(torch.ones_like(averages[: len(numbers)]), numbers)
        return plain + self._correction(averages, numbers) - torch.lerp(dark, bright, plain)

    def _correction(self, averages: Tensor, numbers: Tensor) -> Tensor:
        first = torch.relu(self.averages(averages) + self.conditions(numbers))
        corrections: Tensor = self.last(torch.relu(self.hidden(first)))[:, 0]
        return corrections
