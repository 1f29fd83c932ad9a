"""What the network is given of a face: averages over cones below every pixel, and depth sums, sharp and blurred."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from synthfib.simulators.depth_sums import STAGES

#: Limits of the depth intervals, in median backscatter depths. Vacuum pores are looked into far beyond one depth.
DEPTH_LIMITS = (0.0, 0.06, 0.13, 0.22, 0.35, 0.55, 0.85, 1.3, 2.0, 3.0, 4.5, 7.0, 11.0, 17.0, 27.0, 43.0, 70.0)
# Width (standard deviation) of the averages: slope times (depth + offset), all in median backscatter depths.
_WIDTHS = ((0.4, 0.12), (1.2, 0.3))
# So many intervals are also given as they are, not averaged sideways.
_SHARP = 8
# Waves that an average weakens below this count as gone.
_NEGLIGIBLE = 1e-3

# Depth sums that material in the way weakens; the others are sums of intervals.
_N_SUMS = STAGES
# Widths of their averages, in median backscatter depths; the first is none.
_WIDTHS_OF_SUMS = (0.0, 0.15, 0.4, 1.0)

N_INTERVALS = len(DEPTH_LIMITS) - 1
#: Averages per pixel.
N_AVERAGES = _SHARP + N_INTERVALS * len(_WIDTHS) + _N_SUMS * len(_WIDTHS_OF_SUMS)


def depth_intervals(summed: Tensor, first_layer: float, layers_per_depth: float) -> Tensor:
    """Return means over the depth intervals below a face, float32 ``(interval, y, x)``.

    Parameters
    ----------
    summed : Tensor, float32 (layer + 1, y, x)
        Sums over all layers above each layer, the mirror image below included. Intervals beyond repeat the last one.
    first_layer : float
        Depth of the face in layers.
    layers_per_depth : float
        Median backscatter depth in layers.
    """
    start = int(first_layer)
    inside, end = first_layer - start, float(summed.shape[0] - 1 - start)
    limits = [min(inside + limit * layers_per_depth, end) for limit in DEPTH_LIMITS]
    means = torch.empty((N_INTERVALS, *summed.shape[1:]), dtype=summed.dtype, device=summed.device)
    above = _sum_down_to(summed, start, limits[0])
    for j, (top, bottom) in enumerate(pairwise(limits)):
        below = _sum_down_to(summed, start, bottom)
        means[j] = (below - above) / (bottom - top) if bottom - top > 1e-4 * layers_per_depth else means[j - 1]
        above = below
    return means


def _sum_down_to(summed: Tensor, start: int, depth: float) -> Tensor:
    """Return sums from layer `start` down to `depth` layers below it; whole layers are subtracted first, which is exact for two phases."""
    layer = min(start + int(depth), summed.shape[0] - 2)
    return torch.lerp(summed[layer] - summed[start], summed[layer + 1] - summed[start], depth - (layer - start))


class Averages:
    """Averages of depth intervals over widths that grow with depth, and of depth sums over a few; sideways the structure is mirrored.

    Gaussian averages of a mirrored image are products in its cosine transform, and wide ones need few of its waves:
    everything is products of small matrices.

    Parameters
    ----------
    shape : tuple of int
        Pixels ``(y, x)``.
    depth_pixels : tuple of float
        Median backscatter depth in pixels ``(y, x)``.
    device : torch.device
        Where to compute.
    """

    def __init__(self, shape: tuple[int, int], depth_pixels: tuple[float, float], device: torch.device) -> None:
        def weakenings(widths: list[float]) -> list[tuple[Tensor, Tensor]]:
            return [(_weakening(w * depth_pixels[0], shape[0], device), _weakening(w * depth_pixels[1], shape[1], device)) for w in widths]

        self._waves = [_cosines(n, device) for n in shape]
        middles = [(top + bottom) / 2 for top, bottom in pairwise(DEPTH_LIMITS)]
        self._of_intervals = [weakenings([slope * (middle + offset) for slope, offset in _WIDTHS]) for middle in middles]
        self._of_sums = weakenings(list(_WIDTHS_OF_SUMS[1:]))

    def __call__(self, intervals: Tensor, sums: Tensor) -> Tensor:
        """Return all averages of one face, float32 ``(average, y, x)``.

        Parameters
        ----------
        intervals : Tensor, float32 (interval, y, x)
            See `depth_intervals`.
        sums : Tensor, float32 (sum, y, x)
            See `depth_sums`; those of the stages come first, the others are not used.
        """
        averages = torch.empty((N_AVERAGES, *intervals.shape[1:]), dtype=intervals.dtype, device=intervals.device)
        averages[:_SHARP] = intervals[:_SHARP]
        averages[_SHARP : _SHARP + _N_SUMS] = sums[:_N_SUMS]
        k = _SHARP + _N_SUMS
        blurs = [*zip(intervals, self._of_intervals, strict=True), *((image, self._of_sums) for image in sums[:_N_SUMS])]
        for image, weakenings in blurs:
            k = self._blur(image, weakenings, averages, k)
        return averages

    def _blur(self, image: Tensor, weakenings: list[tuple[Tensor, Tensor]], averages: Tensor, k: int) -> int:
        """Write the averages of `image`, the narrowest first, from `averages[k]` on; return where the next belongs."""
        waves_y, waves_x = self._waves
        most_y, most_x = (len(weakening) for weakening in weakenings[0])
        spectrum = waves_y[:most_y] @ image @ waves_x[:most_x].T
        for along_y, along_x in weakenings:
            few_y, few_x = len(along_y), len(along_x)
            kept = spectrum[:few_y, :few_x] * (along_y[:, None] * along_x)
            torch.matmul(waves_y[:few_y].T @ kept, waves_x[:few_x], out=averages[k])
            k += 1
        return k


def _cosines(n: int, device: torch.device) -> Tensor:
    """Return the orthonormal cosine transform of `n` mirrored samples, ``(wave, sample)``."""
    samples, waves = torch.arange(n, dtype=torch.float64), torch.arange(n, dtype=torch.float64)[:, None]
    matrix = torch.cos(math.pi / n * waves * (samples + 0.5)) * math.sqrt(2 / n)
    matrix[0] = math.sqrt(1 / n)
    return matrix.to(device=device, dtype=torch.float32)


def _weakening(sigma_pixels: float, n: int, device: torch.device) -> Tensor:
    """Return by how much a Gaussian average weakens each wave, as far as any is left."""
    factors = torch.exp(-0.5 * (sigma_pixels * math.pi / n * torch.arange(n, dtype=torch.float64)) ** 2)
    return factors[: max(1, int((factors > _NEGLIGIBLE).sum()))].to(device=device, dtype=torch.float32)
