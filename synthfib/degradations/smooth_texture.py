"""Smooth random textures of one face, made on a coarse grid and enlarged."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from synthfib.degradations._texture_kernels import enlarge

_NODES = 2.0  # of the coarse grid in one standard deviation of the filter


def smooth_texture(shape: tuple[int, int], length_px: tuple[float, float], *, seed: int, depth: float) -> NDArray[np.float32]:
    """Return Gaussian noise of mean 0 and variance 1, a pure function of its arguments.

    Parameters
    ----------
    shape : tuple of int
        Pixels ``(y, x)``.
    length_px : tuple of float
        Standard deviation of the (Gaussian) autocorrelation along ``(y, x)`` in pixels; less than a pixel acts as a pixel.
    seed : int
        Key of the random numbers.
    depth : float
        Where along z: textures at whole numbers are independent, between them two are blended.
    """
    filters = [max(length, 1.0) / math.sqrt(2) for length in length_px]
    steps = [max(sigma / _NODES, 1.0) for sigma in filters]
    sigmas = [sigma / step for sigma, step in zip(filters, steps, strict=True)]
    knot = math.floor(depth)
    angle = (depth - knot) * math.pi / 2
    size = [math.ceil(n / step) + 2 for n, step in zip(shape, steps, strict=True)]
    coarse = math.cos(angle) * _white(size, sigmas, seed, knot)
    if angle:
        coarse = coarse + math.sin(angle) * _white(size, sigmas, seed, knot + 1)
    texture = np.empty(shape, np.float32)
    enlarge(coarse.astype(np.float32), steps[0], steps[1], texture)
    return texture


def _white(size: list[int], sigmas: list[float], seed: int, knot: int) -> NDArray[np.float32]:
    """White noise of one knot on the coarse grid, filtered such that the enlarged texture has variance 1 on average."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *_unsigned(knot)])))
    margins = [math.ceil(4 * sigma) for sigma in sigmas]
    noise = rng.standard_normal([n + 2 * margin for n, margin in zip(size, margins, strict=True)], dtype=np.float32)
    gain = math.prod(_gain(sigma) for sigma in sigmas)
    filtered = np.asarray(gaussian_filter(noise, sigmas, mode="constant"), np.float32)
    return np.float32(gain) * filtered[margins[0] : margins[0] + size[0], margins[1] : margins[1] + size[1]]


def _unsigned(knot: int) -> tuple[int, int]:
    """Seeds are not negative; depths may be."""
    return int(knot < 0), abs(knot)


def _gain(sigma: float) -> float:
    """Make up for what filtering and linear interpolation take from the standard deviation along one axis."""
    impulse = np.zeros(2 * math.ceil(4 * sigma) + 3)
    impulse[impulse.size // 2] = 1
    weights = gaussian_filter1d(impulse, sigma, mode="constant")
    variance, neighbours = np.sum(weights**2), np.sum(weights[1:] * weights[:-1])
    # With a step of one pixel nothing lies between the nodes.
    kept = variance if sigma < _NODES else (2 * variance + neighbours) / 3
    return float(1 / math.sqrt(kept))
