"""Curtaining taken away: stripes along y are found where wavelets and Fourier transforms set them apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d

from synthfib._optional import require
from synthfib.errors import InputError
from synthfib.reconstruction.grey_values import Grey, as_grey

# Pores take the grey level that the solid above and below them has within about this many pixels.
_REACH_PIXELS = 60


def remove_stripes(
    images: NDArray[Grey], *, within: ArrayLike | None = None, levels: int = 6, width: float = 0.5, wavelet: str = "db2"
) -> NDArray[Grey]:
    r"""Take away stripes along y, the curtains of an ion beam that runs along y, by wavelets and Fourier transforms.

    Each image is split into wavelet bands. Of the bands that hold what varies along x, the Fourier transform along y is multiplied with
    :math:`1 - \exp(-k^2 / 2 w^2)`, k in whole waves per band: what hardly varies along y goes. The published method takes all pixels; on a
    porous face it then takes columns with more pores for dark stripes, and can do more harm than good. With `within`, stripes are
    found in the solid alone: pores are bridged along y beforehand, and what was found is taken from all pixels.

    Parameters
    ----------
    images : ndarray of uint8, uint16, float32 or float64, shape (..., y, x)
        Grey values; integers are rounded, and those that leave the range are set to its end.
    within : array_like of bool, shape (..., y, x) or (y, x), optional
        Pixels of one material, best the solid; those above Otsu's threshold will do. All by default.
    levels : int
        Number of bands, 1 or more: stripes up to about 2**levels pixels wide are found. Reduced where images are too small.
    width : float
        Width w of the damping, above 0: the greater, the shorter the stripes that are found, and the more of the structure is lost.
    wavelet : str
        A wavelet of Daubechies, ``db2`` to ``db38``.

    Returns
    -------
    ndarray of the same type and shape
        Corrected grey values.

    Raises
    ------
    InputError
        If a parameter is out of its range, an image smaller than the wavelet, or a mask empty.
    MissingDependencyError
        If PyWavelets is not installed (extra ``cleanup``).

    References
    ----------
    B. Muench, P. Trtik, F. Marone, M. Stampanoni, Stripe and ring artifact removal with combined wavelet-Fourier filtering,
    Optics Express 17 (2009) 8567, doi 10.1364/OE.17.008567.
    """
    pywt = require("pywt", attribute="wavedec2", extra="cleanup")
    if images.ndim < 2 or levels < 1 or not width > 0 or wavelet not in pywt.wavelist("db")[1:]:
        raise InputError(
            "Stripes are removed from images (y, x) with 1 level or more, a width above 0 and a wavelet db2 to db38, "
            f"got shape {images.shape}, levels={levels!r}, width={width!r}, wavelet={wavelet!r}."
        )
    possible = min(levels, pywt.dwt_max_level(min(images.shape[-2:]), wavelet))
    if possible < 1:
        raise InputError(f"{wavelet} needs images of {2 * pywt.Wavelet(wavelet).dec_len - 2} pixels or more each way, got shape {images.shape}.")
    masks = None if within is None else np.broadcast_to(np.asarray(within, np.bool_), images.shape)
    corrected = np.empty_like(images)
    for index in np.ndindex(images.shape[:-2]):
        grey = images[index].astype(np.float64)
        bridged = grey if masks is None else _bridged(grey, masks[index])
        coarse, *bands = pywt.wavedec2(bridged, wavelet, mode="symmetric", level=possible)
        stripes: list[Any] = [(None, _along_y(along_x, width), None) for _, along_x, _ in bands]
        found = pywt.waverec2([np.zeros_like(coarse), *stripes], wavelet, mode="symmetric")
        corrected[index] = as_grey(grey - found[: grey.shape[0], : grey.shape[1]], images.dtype)
    return corrected


def _along_y(band: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return what of a band hardly varies along y."""
    waves = np.arange(band.shape[0] // 2 + 1, dtype=np.float64)
    taken = np.exp(-(waves**2) / (2 * width**2))
    return np.asarray(np.fft.irfft(np.fft.rfft(band, axis=0) * taken[:, None], band.shape[0], axis=0), np.float64)


def _bridged(grey: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give all other pixels the grey level that those of the mask have above and below them, so that stripes go on."""
    if not mask.any():
        raise InputError("Stripes are found in pixels of one material, the mask of an image has none; leave out that image or the mask.")
    weight = gaussian_filter1d(mask.astype(np.float64), _REACH_PIXELS, axis=0)
    total = gaussian_filter1d(np.where(mask, grey, 0.0), _REACH_PIXELS, axis=0)
    around = np.where(weight > 1e-3, total / np.maximum(weight, 1e-3), grey[mask].mean())
    return np.where(mask, grey, around)
