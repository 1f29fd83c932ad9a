"""Curtaining: the ion beam leaves streaks along its way down the face."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from synthfib.degradations._curtain_kernels import column_sums, modulate, run_curtains
from synthfib.degradations.base import Face, Run, Stage, draw_seed
from synthfib.degradations.ranges import check_range

_TOP, _STARTS, _PLACES = 0, 1, 2  # uses of random numbers
_BROAD = 4.0  # half of the variance is in curtains this much wider
_BLOCK = 16  # fewest rows in which a column has one amplitude
_FEWEST = 8  # columns, and pixels in a column, that measure a strength
_SPREAD = 0.3  # rows of blocks between starts where no structure says where, on average its inverse


@dataclass(frozen=True, slots=True)
class CurtainingParameters:
    """What one run drew: the key of all curtains."""

    seed: int


@dataclass(frozen=True, slots=True)
class Curtaining:
    """Multiplies a face by streaks along y, the way of the ion beam.

    A curtain starts at the upper edge of the face and wherever the phase changes on the way down (without labels at random places):
    there the drive ``u`` of the column gains a random amplitude, `edge_weight` times as large inside the face as at its upper edge, and
    ``dc/dy = (u - c) / growth``, ``du/dy = -u / reach`` lead to a relief ``c`` that grows downwards. The yield becomes
    ``yield * max(1 + k c, 0)``; vacuum stays dark. The scale k is set on every image such that the means of its columns over the
    solid (over all pixels without labels, or without enough solid) are changed by `column_sd` times full scale: exactly, within
    rounding, unless a curtain is cut at 0. Amplitudes are Gaussian in x, half of their variance of width `width_nm` and half four
    times as wide, then squared with their sign, so that few curtains are strong. All channels of a slice have the same curtains, and
    slices share them over about `persistence_nm` in depth.

    Measured on three porous ceramics: 3.3 to 6.8 of 256 grey levels, column SD 0.013 to 0.027. A recording with head room for noise
    shows a little less.

    Parameters
    ----------
    column_sd : float
        Standard deviation of column means on the scale where black is 0 and white is 1, 0 to 0.2.
    width_nm : float
        Full width at half maximum of narrow curtains in nm, above 0, at most 10000; less than a pixel acts as a pixel.
    growth_nm : float
        Distance over which a curtain appears, in nm, 1 to 1e6.
    reach_nm : float
        Distance over which it fades again, in nm, 1 to 1e6.
    edge_weight : float
        Amplitude of curtains from changes of phase against those from the upper edge of the face, 0 to 100.
    persistence_nm : float
        Depth in the direction of milling after which curtains are others, in nm, 0.1 to 1e6.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.SAMPLE
    column_sd: float = 0.0
    width_nm: float = 10.0
    growth_nm: float = 200.0
    reach_nm: float = 1500.0
    edge_weight: float = 0.4
    persistence_nm: float = 60.0

    def __post_init__(self) -> None:
        check_range("The column SD of curtaining", self.column_sd, 0, 0.2)
        check_range("The width of curtains in nm", self.width_nm, 1e-3, 1e4)
        check_range("The growth length of curtains in nm", self.growth_nm, 1, 1e6)
        check_range("The reach of curtains in nm", self.reach_nm, 1, 1e6)
        check_range("The weight of edges that start curtains", self.edge_weight, 0, 100)
        check_range("The persistence of curtains in nm", self.persistence_nm, 0.1, 1e6)

    def draw(self, run: Run, *, rng: np.random.Generator) -> CurtainingParameters:
        """Draw the key of the curtains."""
        return CurtainingParameters(draw_seed(rng))

    def apply(self, face: Face, parameters: CurtainingParameters, /) -> Face:
        """Return the face with curtains."""
        if self.column_sd == 0:
            return face
        curtains = self._curtains(face, parameters.seed)
        spread = _column_sd(face, curtains)
        if spread == 0:
            return face
        modulate(face.image, self.column_sd * face.full_scale / spread, curtains)
        return face.with_image(curtains)

    def _curtains(self, face: Face, seed: int) -> NDArray[np.float32]:
        """Relief of the face on an arbitrary scale."""
        y_nm, x_nm = face.pixel_size_nm
        n_y, n_x = face.image.shape
        rows = max(_BLOCK, round(self.width_nm / y_nm))
        n_blocks = -(-n_y // rows)
        width_px, depth = max(self.width_nm / x_nm, 1.0), face.position_nm / self.persistence_nm
        top = _amplitudes((1, n_x), width_px, depth, seed, _TOP)[0]
        blocks = np.float32(self.edge_weight) * _amplitudes((n_blocks, n_x), width_px, depth, seed, _STARTS)
        starts = _random_starts(face.image.shape, rows, seed) if face.labels is None else face.labels
        curtains = np.empty(face.image.shape, np.float32)
        run_curtains(starts, top, blocks, rows, -math.expm1(-y_nm / self.growth_nm), math.exp(-y_nm / self.reach_nm), curtains)
        return curtains


def _amplitudes(shape: tuple[int, int], width_px: float, depth: float, seed: int, use: int) -> NDArray[np.float32]:
    """Random amplitudes, variance 1, that change smoothly with depth: between whole depths two independent fields are blended."""
    knot = math.floor(depth)
    angle = (depth - knot) * math.pi / 2
    blended = math.cos(angle) * _field(shape, width_px, seed, use, knot) + math.sin(angle) * _field(shape, width_px, seed, use, knot + 1)
    amplitudes: NDArray[np.float32] = (blended * np.abs(blended) / math.sqrt(3)).astype(np.float32)
    return amplitudes


def _field(shape: tuple[int, int], width_px: float, seed: int, use: int, knot: int) -> NDArray[np.float32]:
    """Gaussian field, rows independent, narrow and broad along x, variance 1."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, use, knot])))
    field = np.zeros(shape, np.float32)
    for sigma in (width_px / 2.355, _BROAD * width_px / 2.355):
        margin = math.ceil(4 * sigma)
        impulse = np.zeros(2 * margin + 1)
        impulse[margin] = 1
        gain = math.sqrt(0.5 / np.sum(gaussian_filter1d(impulse, sigma, mode="constant") ** 2))
        white = rng.standard_normal((shape[0], shape[1] + 2 * margin), dtype=np.float32)
        field += np.float32(gain) * gaussian_filter1d(white, sigma, axis=1, mode="constant")[:, margin : margin + shape[1]]
    return field


def _random_starts(shape: tuple[int, int], rows: int, seed: int) -> NDArray[np.uint8]:
    """Labels that change at random places down each column, as structure would; the same on every slice."""
    n_y, n_x = shape
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, _PLACES])))
    changes = rng.random((n_y // rows + 2, n_x), dtype=np.float32) < _SPREAD
    blocks = np.cumsum(changes, axis=0, dtype=np.uint8)
    return np.ascontiguousarray(np.repeat(blocks, rows, axis=0)[rng.integers(rows) :][:n_y])


def _column_sd(face: Face, curtains: NDArray[np.float32]) -> float:
    """How much the column means of ``image * curtains`` scatter, over the solid where there is enough."""
    n_y, n_x = face.image.shape
    if face.labels is not None:
        sums, counts = np.zeros(n_x, np.float32), np.zeros(n_x, np.float32)
        column_sums(face.image, curtains, face.labels, sums, counts)
        counted = counts >= _FEWEST
        if np.count_nonzero(counted) >= _FEWEST:
            return float(np.std(sums[counted] / counts[counted], dtype=np.float64))
    return float(np.std(np.einsum("yx,yx->x", face.image, curtains) / n_y, dtype=np.float64))
