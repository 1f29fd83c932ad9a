"""Filters of one face: Gaussian blur, straight or along any axis, and moves by parts of a pixel."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from synthfib.degradations._filter_kernels import cubic_weight, filter_separably, resample

Image = NDArray[np.float32]
_TRUNCATE = 4.0  # standard deviations; what lies beyond weighs less than 1e-4


def gaussian_blur(image: Image, sigma_px: tuple[float, float]) -> Image:
    """Return the image blurred by Gaussians with these standard deviations along ``(y, x)``, in pixels."""
    (weights_y, weights_x), out = map(_gaussian, sigma_px), np.empty_like(image)
    filter_separably(image, weights_y, -(weights_y.size // 2), weights_x, -(weights_x.size // 2), out)
    return out


def elliptic_blur(image: Image, covariance_px2: tuple[float, float, float]) -> Image:
    """Return the image blurred by a Gaussian with covariance ``(yy, yx, xx)`` in square pixels, its axes turned against the pixels."""
    yy, yx, xx = covariance_px2
    margin_y, margin_x = (math.ceil(_TRUNCATE * math.sqrt(variance)) for variance in (yy, xx))
    n_y, n_x = image.shape
    padded = np.pad(image, ((margin_y, margin_y), (margin_x, margin_x)), mode="reflect")
    shape = (fft.next_fast_len(padded.shape[0], real=True), fft.next_fast_len(padded.shape[1], real=True))
    spectrum: Any = fft.rfft2(padded, shape)
    blurred: Any = fft.irfft2(spectrum * _transfer(shape, yy, yx, xx), shape)
    return np.ascontiguousarray(blurred[margin_y : margin_y + n_y, margin_x : margin_x + n_x], dtype=np.float32)


def shift(image: Image, by_px: tuple[float, float]) -> Image:
    """Return the image moved by ``(y, x)`` pixels, interpolated by cubic convolution, mirrored where nothing is known."""
    (first_y, weights_y), (first_x, weights_x) = (_shifting(by) for by in by_px)
    out = np.empty_like(image)
    filter_separably(image, weights_y, first_y, weights_x, first_x, out)
    return out


def turn(image: Image, by_px: tuple[float, float], angle_rad: float, stretch: tuple[float, float]) -> Image:
    """Return the image stretched by ``1 + stretch`` along ``(y, x)``, turned about its centre from x towards y, and moved by ``(y, x)`` pixels."""
    cosine, sine = math.cos(angle_rad), math.sin(angle_rad)
    scale_y, scale_x = 1 + stretch[0], 1 + stretch[1]
    yy, yx, xy, xx = cosine / scale_y, -sine / scale_y, sine / scale_x, cosine / scale_x
    centre_y, centre_x = ((size - 1) / 2 for size in image.shape)
    from_y, from_x = centre_y + by_px[0], centre_x + by_px[1]
    out = np.empty_like(image)
    resample(image, yy, yx, xy, xx, centre_y - yy * from_y - yx * from_x, centre_x - xy * from_y - xx * from_x, out)
    return out


def _gaussian(sigma_px: float) -> Image:
    """Weights of a Gaussian on whole pixels, sum 1."""
    if sigma_px <= 0:
        return np.ones(1, np.float32)
    radius = max(1, math.ceil(_TRUNCATE * sigma_px))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma_px) ** 2)
    return np.asarray(weights / weights.sum(), np.float32)


def _shifting(by_px: float) -> tuple[int, Image]:
    """Offset of the first tap, and the taps, that move an image by so many pixels."""
    whole = math.floor(-by_px)
    part = -by_px - whole
    if part == 0:
        return whole, np.ones(1, np.float32)
    return whole - 1, np.array([cubic_weight(part + 1 - k) for k in range(4)], np.float32)


@lru_cache(maxsize=8)
def _transfer(shape: tuple[int, int], yy: float, yx: float, xx: float) -> Image:
    """Fourier transform of the Gaussian: ``exp(-2 pi^2 k.C.k)`` with k in cycles per pixel."""
    k_y = fft.fftfreq(shape[0])[:, None]
    k_x = fft.rfftfreq(shape[1])[None, :]
    return np.asarray(np.exp(-2 * math.pi**2 * (yy * k_y**2 + 2 * yx * k_y * k_x + xx * k_x**2)), np.float32)
