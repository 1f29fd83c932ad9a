"""Redeposition: sputtered material settles in open pores, beside their walls, and passes for solid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.degradations._deposit_kernels import cover_largest, mean_where, settle
from synthfib.degradations._spread_kernels import spread
from synthfib.degradations.base import Face, Run, Stage, draw_seed
from synthfib.degradations.ranges import check_range
from synthfib.degradations.smooth_texture import smooth_texture
from synthfib.errors import InputError

_PATCHINESS = 0.7  # thicknesses of a deposit that one standard deviation of the texture adds
_GRAIN = 0.15  # how much denser a patch is where its texture is one standard deviation above the mean


@dataclass(frozen=True, slots=True)
class RedepositionParameters:
    """What one run drew: the key of all deposits."""

    seed: int


@dataclass(frozen=True, slots=True)
class Redeposition:
    """Covers a share of the pores of each face by material that was solid elsewhere; labels keep saying pore.

    Where ``w exp(0.7 n)`` is largest material has settled: ``w``, the solid (labels above 0) spread by ``exp(-|d| / thickness)`` along both
    axes, says how close a wall is, and the smooth texture ``n`` makes deposits patchy. The covered share of the pore pixels is
    `pore_share`, on every face, to the nearest pixel. There the yield ``p`` becomes ``p + density * (1 + 0.15 n) * (s - p)``, with s
    the mean of the solid in this image: thick patches are bright. Deposits are the same in all channels and change with depth over
    `patch_nm`.

    The truth is `mask`, a pure function of face and parameters: labels stay as they are, for the network has to see through it.
    Only pores that are open while the beam mills fill up; a `pore_share` above 0 makes sense for vacuum pores, hardly in epoxy.

    Parameters
    ----------
    pore_share : float
        Share of the pore pixels of each face that is covered, 0 to 1.
    density : float
        How far a deposit is on the way from pore (0) to solid (1) in brightness, 0 to 1.
    thickness_nm : float
        Usual thickness of a deposit on its wall in nm, 0.1 to 1e5.
    patch_nm : float
        Size of a patch in nm, 0.1 to 1e5.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.SAMPLE
    pore_share: float = 0.0
    density: float = 0.6
    thickness_nm: float = 10.0
    patch_nm: float = 30.0

    def __post_init__(self) -> None:
        check_range("The share of the pores that is covered", self.pore_share, 0, 1)
        check_range("The density of deposits", self.density, 0, 1)
        check_range("The thickness of deposits in nm", self.thickness_nm, 0.1, 1e5)
        check_range("The patches of deposits in nm", self.patch_nm, 0.1, 1e5)

    def draw(self, run: Run, *, rng: np.random.Generator) -> RedepositionParameters:
        """Draw the key of the deposits.

        Raises
        ------
        InputError
            If there are no labels.
        """
        if self.pore_share > 0 and not run.phases:
            raise InputError("Redeposition needs labels to know where pores are, got a stack without; leave redeposition out.")
        return RedepositionParameters(draw_seed(rng))

    def apply(self, face: Face, parameters: RedepositionParameters, /) -> Face:
        """Return the face with deposits.

        Raises
        ------
        InputError
            If the face has no labels.
        """
        if self.pore_share == 0 or self.density == 0:
            return face
        covered, patches = self._deposits(_labels(face), face, parameters)
        if not covered.any():
            return face
        settle(face.image, covered, mean_where(face.image, face.labels), self.density, _GRAIN, patches)
        return face.with_image(patches)

    def mask(self, face: Face, parameters: RedepositionParameters) -> NDArray[np.bool_]:
        """Return where the face is covered, bool ``(y, x)``: truth, the same for all channels.

        Raises
        ------
        InputError
            If the face has no labels.
        """
        return self._deposits(_labels(face), face, parameters)[0]

    def _deposits(self, labels: NDArray[np.uint8], face: Face, parameters: RedepositionParameters) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Return what is covered, and the texture of patches."""
        covered = np.zeros(labels.shape, np.bool_)
        (y_nm, x_nm), depth = face.pixel_size_nm, face.position_nm / self.patch_nm
        patches = smooth_texture(labels.shape, (self.patch_nm / y_nm, self.patch_nm / x_nm), seed=parameters.seed, depth=depth)
        pores = covered.size - np.count_nonzero(labels)
        n_covered = round(self.pore_share * pores)
        if n_covered > 0 and pores < covered.size:  # without a wall there is nothing to settle on
            closeness = (labels > 0).astype(np.float32)
            keep_y, keep_x = math.exp(-y_nm / self.thickness_nm), math.exp(-x_nm / self.thickness_nm)
            spread(closeness, keep_y, keep_x, keep_x)
            closeness *= np.exp(np.float32(_PATCHINESS) * patches)
            cover_largest(closeness.view(np.uint32), labels, n_covered, covered)
        return covered, patches


def _labels(face: Face) -> NDArray[np.uint8]:
    if face.labels is None:
        raise InputError("Redeposition needs the labels of every face, got none; leave redeposition out.")
    return face.labels
