"""Curtaining taken away: stripes along y are damped where wavelets and Fourier transforms set them apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthfib._optional import require
from synthfib.errors import InputError
from synthfib.reconstruction.grey_values import Grey, as_grey


def remove_stripes(images: NDArray[Grey], *, levels: int = 3, width: float = 1.0, wavelet: str = "db10") -> NDArray[Grey]:
    r"""Damp stripes along y, the curtains of an ion beam that runs along y, by wavelets and Fourier transforms.

    Each image is split into wavelet bands. Of the bands that hold what varies along x, the Fourier transform along y is multiplied with
    :math:`1 - \exp(-k^2 / 2 w^2)`, k in whole waves per band: what hardly varies along y goes, everything else stays. Structures
    that are long and straight along y are damped as well.

    Parameters
    ----------
    images : ndarray of uint8, uint16, float32 or float64, shape (..., y, x)
        Grey values; integers are rounded, and those that leave the range are set to its end.
    levels : int
        Number of bands, 1 or more: stripes up to about 2**levels pixels wide are damped. Reduced where images are too small. Wider stripes
        cannot be told from the pores and ligaments of one column, and taking more bands away does harm.
    width : float
        Width w of the damping, above 0: the greater, the shorter the stripes that are damped, and the more of the structure.
    wavelet : str
        A wavelet of Daubechies, ``db2`` to ``db38``.

    Returns
    -------
    ndarray of the same type and shape
        Corrected grey values.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    MissingDependencyError
        If PyWavelets is not installed (extra ``cleanup``).

    References
    ----------
    B. Muench, P. Trtik, F. Marone, M. Stampanoni, Stripe and ring artifact removal with combined wavelet-Fourier filtering,
    Optics Express 17 (2009) 8567, doi 10.1364/OE.17.008567.
    """
    pywt = require("pywt", attribute="wavedec2", extra="cleanup")
    if images.ndim < 2 or levels < 1 or not width > 0 or wavelet not in pywt.wavelist("db"):
        raise InputError(
            "Stripes are removed from images (y, x) with 1 level or more, a width above 0 and a wavelet db2 to db38, "
            f"got shape {images.shape}, levels={levels!r}, width={width!r}, wavelet={wavelet!r}."
        )
    possible = min(levels, pywt.dwt_max_level(min(images.shape[-2:]), wavelet))
    if possible < 1:
        raise InputError(f"{wavelet} needs images of {2 * pywt.Wavelet(wavelet).dec_len - 2} pixels or more each way, got shape {images.shape}.")
    corrected = np.empty_like(images)
    for index in np.ndindex(images.shape[:-2]):
        coarse, *bands = pywt.wavedec2(images[index].astype(np.float64), wavelet, mode="symmetric", level=possible)
        damped: list[Any] = [(along_y, _damped(along_x, width), diagonal) for along_y, along_x, diagonal in bands]
        whole = pywt.waverec2([coarse, *damped], wavelet, mode="symmetric")
        corrected[index] = as_grey(whole[: images.shape[-2], : images.shape[-1]], images.dtype)
    return corrected


def _damped(band: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """One band without what hardly varies along y."""
    waves = np.arange(band.shape[0] // 2 + 1, dtype=np.float64)
    kept = 1 - np.exp(-(waves**2) / (2 * width**2))
    return np.asarray(np.fft.irfft(np.fft.rfft(band, axis=0) * kept[:, None], band.shape[0], axis=0), np.float64)
