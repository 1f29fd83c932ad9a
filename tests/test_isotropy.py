from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.evaluation.correlation import correlation_along
from synthfib.evaluation.isotropy import isotropy_errors
from synthfib.evaluation.lineal_path import mean_chord_nm

ERRORS = ("tpcf", "tpcf_centred", "lpf", "diameter", "chord")


def blob(sigma: tuple[float, float, float] = (2, 2, 2), n: int = 48) -> Any:
    """A smooth random structure with a correlation length of its own along each axis."""
    noise = np.fft.fftn(np.random.default_rng(3).standard_normal((n, n, n)))
    frequencies = np.meshgrid(*[np.fft.fftfreq(n)] * 3, indexing="ij")
    damping = np.exp(-2 * np.pi**2 * sum((s * f) ** 2 for s, f in zip(sigma, frequencies, strict=True)))
    field = np.fft.ifftn(noise * damping).real
    return field > np.quantile(field, 0.7)


def test_a_block_that_is_the_same_along_all_axes_has_no_error() -> None:
    n = 12
    distance = sum((axis - 5.5) ** 2 for axis in np.indices((n, n, n)))
    errors = isotropy_errors(distance < 16, (1, 1, 1))
    assert [errors[name] for name in ERRORS] == pytest.approx([0] * 5, abs=1e-12)
    assert errors["max_distance_nm"] == 6


def test_formulas_of_the_publication() -> None:
    solid = blob()
    curves = [correlation_along(solid, axis, (2, 2, 2)).values for axis in range(3)]
    z, y, x = curves
    expected = [2 * np.linalg.norm(f - z) / (np.linalg.norm(f) + np.linalg.norm(z)) for f in (x, y)]
    errors = isotropy_errors(solid, (2, 2, 2))
    assert errors["tpcf"] == pytest.approx(np.mean(expected))
    dz, dy, dx = (mean_chord_nm(solid, axis, (2, 2, 2)) for axis in range(3))
    xy, xz, yz = (dx + dy) / 2, (dx + dz) / 2, (dy + dz) / 2
    assert errors["chord"] == pytest.approx(0.5 * (abs(xz - xy) + abs(yz - xy)) / xy)


def test_stretching_along_the_milling_direction_shows_in_every_error() -> None:
    isotropic, stretched = isotropy_errors(blob(), (1, 1, 1)), isotropy_errors(blob((5, 2, 2)), (1, 1, 1))
    for name in ERRORS:
        assert stretched[name] > 2 * isotropic[name], name


def test_voxels_longer_along_z_are_put_on_common_distances() -> None:
    """The same structure seen in slices twice as thick: z agrees with the face as before, within what the coarser runs lose."""
    fine = blob((4, 4, 4), 64)
    errors = isotropy_errors(fine[::2], (2, 1, 1), max_distance_nm=20)
    assert errors["tpcf"] == pytest.approx(isotropy_errors(fine, (1, 1, 1), max_distance_nm=20)["tpcf"], rel=0.15)
    assert errors["tpcf"] < isotropy_errors(fine[::2], (1, 1, 1), max_distance_nm=20)["tpcf"] / 2


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"solid and pores, got one of shape \(4, 4, 4\) with solid fraction 1"):
        isotropy_errors(np.ones((4, 4, 4)), (1, 1, 1))
    with pytest.raises(InputError, match="Distances must reach 1 to 47 nm"):
        isotropy_errors(blob(), (1, 1, 1), max_distance_nm=50)
    with pytest.raises(InputError, match="Distances must reach 1 to 47 nm"):
        isotropy_errors(blob(), (1, 1, 1), max_distance_nm=float("nan"))
