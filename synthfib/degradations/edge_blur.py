"""Blurred edges: published synthetic images were too sharp at the edges of ligaments, and were blurred there only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.degradations.base import Face, NothingDrawn, Run, Stage
from synthfib.degradations.filters import gaussian_blur, shift
from synthfib.degradations.ranges import check_range
from synthfib.errors import InputError


@dataclass(frozen=True, slots=True)
class EdgeBlur:
    """Blurs a face near its edges and leaves the noise elsewhere alone, in four steps.

    1. find the edges: pixels beside one of another phase, or large gradients where there are no labels;
    2. make a mask m that is 1 on edges and falls off as a Gaussian of width `reach_nm`;
    3. blur the whole image by a Gaussian of width `sigma_nm`;
    4. blend, ``(1 - m) image + m blurred``.

    The steps are those of Sardhara et al. 2022 (doi 10.3389/fmats.2022.837006), who give no widths.

    Parameters
    ----------
    sigma_nm : float
        Standard deviation of the blur in nm, 0 to 1000. 0 leaves the image alone.
    reach_nm : float
        Standard deviation of the fall-off of the mask in nm, above 0 and up to 1000.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.BEAM
    sigma_nm: float = 0.0
    reach_nm: float = 5.0

    def __post_init__(self) -> None:
        check_range("The width of the blur of edges in nm", self.sigma_nm, 0, 1000)
        check_range("The reach of the blur of edges in nm", self.reach_nm, 0.01, 1000)

    def draw(self, run: Run, *, rng: np.random.Generator) -> NothingDrawn:
        """Draw nothing.

        Raises
        ------
        InputError
            If the blur is wider than the image.
        """
        image_nm = min(count * size for count, size in zip(run.shape, run.plan.pixel_size_nm, strict=True))
        if max(self.sigma_nm, self.reach_nm) > image_nm:
            raise InputError(f"The blur of edges must be narrower than the image ({image_nm:g} nm), got {self.sigma_nm:g} and {self.reach_nm:g} nm.")
        return NothingDrawn()

    def apply(self, face: Face, parameters: NothingDrawn, /) -> Face:
        """Return the face with blurred edges."""
        if self.sigma_nm == 0:
            return face
        pixel_y, pixel_x = face.pixel_size_nm
        blurred = gaussian_blur(face.image, (self.sigma_nm / pixel_y, self.sigma_nm / pixel_x))
        edges = _edges_of_labels(face) if face.labels is not None else _edges_of_image(blurred)
        blurred -= face.image
        blurred *= self._mask(edges, face.pixel_size_nm)
        blurred += face.image
        return face.with_image(blurred)

    def _mask(self, edges: NDArray[np.float32], pixel_size_nm: tuple[float, float]) -> NDArray[np.float32]:
        """Weight 1 on a straight edge, falling off on both sides."""
        reach_y, reach_x = (max(self.reach_nm / size, 0.5) for size in pixel_size_nm)
        mask = gaussian_blur(edges, (reach_y, reach_x))
        # A straight edge is two pixels wide, so that its blur has the height 2 / (reach sqrt(2 pi)).
        mask *= max(1.0, math.sqrt(reach_y * reach_x) * math.sqrt(2 * math.pi) / 2)
        return np.minimum(mask, np.float32(1))


def _edges_of_labels(face: Face) -> NDArray[np.float32]:
    labels = face.labels
    if labels is None:
        raise InputError("Edges of labels need labels, the face has none.")
    edges = np.zeros(labels.shape, np.float32)
    for before, after in ((np.s_[:-1, :], np.s_[1:, :]), (np.s_[:, :-1], np.s_[:, 1:])):
        differs = labels[before] != labels[after]
        edges[before][differs] = 1
        edges[after][differs] = 1
    if any(face.displacement_nm):
        moved_y, moved_x = (round(by / size) for by, size in zip(face.displacement_nm, face.pixel_size_nm, strict=True))
        return shift(edges, (moved_y, moved_x))
    return edges


def _edges_of_image(blurred: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of the steepest gradient but the highest per cent, at most 1."""
    along_y, along_x = np.gradient(blurred)
    steepness = np.hypot(along_y, along_x).astype(np.float32)
    highest = float(np.quantile(steepness[::4, ::4], 0.99))
    return np.minimum(steepness / np.float32(highest), np.float32(1)) if highest > 0 else np.zeros_like(blurred)
