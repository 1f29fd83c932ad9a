import numpy as np
import pytest

from synthfib.degradations.smooth_texture import smooth_texture


@pytest.mark.parametrize("length_px", [(1.0, 1.0), (2.5, 2.5), (4.0, 8.0), (12.0, 3.0)])
def test_variance_and_length_are_as_asked(length_px: tuple[float, float]) -> None:
    """Means over 4 textures of 400 x 400; with the longest about 4 x 1400 blobs stand apart, so 5 % are 3.7 standard errors of the variance."""
    textures = np.stack([smooth_texture((400, 400), length_px, seed=3, depth=float(k)) for k in range(4)]).astype(np.float64)
    assert textures.var() == pytest.approx(1, abs=0.05)
    for axis, length in zip((1, 2), length_px, strict=True):
        lag = round(length)
        moved = np.roll(textures, -lag, axis)
        inside = np.s_[:, :-lag] if axis == 1 else np.s_[:, :, :-lag]
        correlation = (textures * moved)[inside].mean() / textures.var()
        assert correlation == pytest.approx(np.exp(-((lag / length) ** 2) / 2), abs=0.06)


def test_textures_change_smoothly_with_depth() -> None:
    at = {depth: smooth_texture((200, 200), (3, 3), seed=1, depth=depth) for depth in (-0.5, 0.0, 0.1, 1.0, 2.0)}
    assert np.corrcoef(at[0.0].ravel(), at[0.1].ravel())[0, 1] > 0.97
    assert abs(np.corrcoef(at[0.0].ravel(), at[1.0].ravel())[0, 1]) < 0.2
    assert abs(np.corrcoef(at[1.0].ravel(), at[2.0].ravel())[0, 1]) < 0.2
    assert 0.4 < np.corrcoef(at[0.0].ravel(), at[-0.5].ravel())[0, 1] < 0.95


def test_one_key_one_texture() -> None:
    first, again, other = (smooth_texture((30, 50), (4, 4), seed=seed, depth=0.3).tobytes() for seed in (1, 1, 2))
    assert first == again
    assert first != other
