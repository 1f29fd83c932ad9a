"""Rough faces: the ion beam leaves a bumpy, amorphous layer on what it cut."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synthfib.degradations._deposit_kernels import mean_where
from synthfib.degradations.base import Face, Run, Stage, draw_seed
from synthfib.degradations.ranges import check_range
from synthfib.degradations.smooth_texture import smooth_texture

_REFERENCE_KEV, _RANGE_EXPONENT = 2.0, 1.67  # ranges grow as energy to this power (Kanaya and Okayama 1972, doi 10.1088/0022-3727/5/1/308)


@dataclass(frozen=True, slots=True)
class RoughFaceParameters:
    """What one run drew, and what it knows of the run.

    Parameters
    ----------
    seed : int
        Key of all textures.
    contrast_loss : tuple of float
        Share of the contrast that the layer hides, per channel.
    covered : tuple of bool
        Whether a phase has a layer, per label; empty where there are no labels.
    """

    seed: int
    contrast_loss: tuple[float, ...]
    covered: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class RoughFace:
    """Multiplies the solid by a texture, and hides contrast below an amorphous, mixed layer.

    The yield of solid (labels above 0; all pixels without labels) becomes ``yield * max(1 + texture_sd * n, 0)``, with n smooth Gaussian noise
    of autocorrelation `texture_nm` across and `elongation` times that along the ion beam (y), brought to mean 0 and variance 1 over
    each face; every slice has a texture of its own, its channels share it. A layer of thickness t then takes all matter, not
    vacuum, the share ``1 - exp(-t / d)`` of the way to its mean yield, where ``d = information_depth_nm (E / 2 keV)**1.67`` is the depth
    that an electron of energy E sees: low energies see little but the layer.

    Ga ions of 30 keV leave some 20 nm of amorphous silicon, of 5 keV some 5 nm; metals stay crystalline and mix less.

    Parameters
    ----------
    texture_sd : float
        Standard deviation of the texture relative to the solid, 0 to 0.5.
    texture_nm : float
        Size of bumps across the ion beam in nm, 0.1 to 1e5.
    elongation : float
        Length of bumps along the ion beam over their size across it, 0.1 to 100.
    layer_nm : float
        Thickness of the layer in nm, 0 to 200.
    information_depth_nm : float
        Depth that an electron of 2 keV sees in nm, 0.1 to 1e4; 10 in gold, more in light materials.

    Raises
    ------
    InputError
        If a strength is out of range.
    """

    stage: ClassVar[Stage] = Stage.SAMPLE
    texture_sd: float = 0.0
    texture_nm: float = 12.0
    elongation: float = 2.0
    layer_nm: float = 0.0
    information_depth_nm: float = 30.0

    def __post_init__(self) -> None:
        check_range("The standard deviation of the texture", self.texture_sd, 0, 0.5)
        check_range("The size of bumps in nm", self.texture_nm, 0.1, 1e5)
        check_range("The elongation of bumps", self.elongation, 0.1, 100)
        check_range("The thickness of the layer in nm", self.layer_nm, 0, 200)
        check_range("The information depth in nm", self.information_depth_nm, 0.1, 1e4)

    def draw(self, run: Run, *, rng: np.random.Generator) -> RoughFaceParameters:
        """Draw the key of the textures, and work out what the layer hides at each energy."""
        depths_nm = (self.information_depth_nm * (channel.energy_kev / _REFERENCE_KEV) ** _RANGE_EXPONENT for channel in run.channels)
        losses = tuple(-math.expm1(-self.layer_nm / depth_nm) for depth_nm in depths_nm)
        return RoughFaceParameters(draw_seed(rng), losses, tuple(not phase.is_vacuum for phase in run.phases))

    def apply(self, face: Face, parameters: RoughFaceParameters, /) -> Face:
        """Return the face with its texture and below its layer."""
        image = face.image
        if self.texture_sd > 0:
            image = self._textured(face, parameters.seed)
        loss = parameters.contrast_loss[face.channel]
        if loss > 0:
            image = _hidden(image, face.labels, parameters.covered, loss)
        return face if image is face.image else face.with_image(image)

    def _textured(self, face: Face, seed: int) -> NDArray[np.float32]:
        y_nm, x_nm = face.pixel_size_nm
        length_px = self.texture_nm * self.elongation / y_nm, self.texture_nm / x_nm
        texture = smooth_texture(face.image.shape, length_px, seed=seed, depth=float(face.index))
        mean, sd = float(texture.mean(dtype=np.float64)), float(texture.std(dtype=np.float64))
        if sd == 0:
            return face.image
        slope = self.texture_sd / sd
        texture *= np.float32(slope)
        texture += np.float32(1 - slope * mean)
        np.maximum(texture, 0, out=texture)
        if face.labels is not None:
            texture[face.labels == 0] = 1
        texture *= face.image
        return texture


def _hidden(image: NDArray[np.float32], labels: NDArray[np.uint8] | None, covered: tuple[bool, ...], loss: float) -> NDArray[np.float32]:
    """Return the image with matter brought `loss` of the way to its mean."""
    if labels is None or all(covered):
        mean = image.mean(dtype=np.float64)
        return image * np.float32(1 - loss) + np.float32(loss * mean)
    matter = np.asarray(covered)[labels]
    mean = mean_where(image, matter)
    share = np.float32(loss) * matter.astype(np.float32)
    share *= np.float32(mean) - image
    share += image
    return share
