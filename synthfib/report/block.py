"""A block of material as the views draw it, from a structure or from a stack of images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.stack import ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.physics.backscatter import backscatter_coefficient

# Labels are as bright as their materials are in a backscattered-electron image at this energy; nothing is black or white.
_ENERGY_KEV = 2.0
_DARKEST, _BRIGHTEST = 20, 225
# Of 16-bit images the grey values between these percentiles are drawn.
_DRAWN_PERCENT = (0.1, 99.9)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What there is to see of a structure or of a stack.

    Parameters
    ----------
    name : str
        What it is.
    values : ndarray of uint8 or uint16, shape (slice, y, x)
        Labels or images.
    greys : ndarray of uint8, shape (value,)
        Grey that each value is drawn with.
    labels : ndarray of uint8, shape (slice, y, x), optional
        Index into `phases`; None if it is not known where the solid is.
    phases : tuple of Material
        What each label is made of.
    slice_of_layer : ndarray of intp, shape (layer,)
        Slice that each layer of equal thickness shows, from the first one down.
    layer_size_nm : tuple of float
        Thickness of a layer and pixel size ``(z, y, x)`` in nm.
    slice_thickness_nm : float
        Mean thickness of a slice in nm, one layer or several.
    caption : str
        Size, in words.
    """

    name: str
    values: NDArray[np.uint8] | NDArray[np.uint16]
    greys: NDArray[np.uint8]
    labels: NDArray[np.uint8] | None
    phases: tuple[Material, ...]
    slice_of_layer: NDArray[np.intp]
    layer_size_nm: tuple[float, float, float]
    slice_thickness_nm: float
    caption: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of layers and of pixels ``(z, y, x)``."""
        _, y, x = self.values.shape
        return (self.slice_of_layer.size, y, x)

    @property
    def extent_nm(self) -> tuple[float, float, float]:
        """Edge lengths ``(z, y, x)`` in nm."""
        z, y, x = (n * size for n, size in zip(self.shape, self.layer_size_nm, strict=True))
        return (z, y, x)

    def first_layer(self, face: int) -> int:
        """Return the layer at which the slice number `face` begins.

        Raises
        ------
        InputError
            If there is no such slice.
        """
        n_slices = self.values.shape[0]
        if not 0 <= face < n_slices:
            raise InputError(f"A slice must be from 0 to {n_slices - 1}, got {face}.")
        return min(int(np.searchsorted(self.slice_of_layer, face)), self.slice_of_layer.size - 1)

    def front(self, face: int) -> NDArray[np.uint8]:
        """Return the exposed face of a slice, grey values ``(y, x)``."""
        return self._drawn(self.values[face])

    def top(self, face: int) -> NDArray[np.uint8]:
        """Return the section at the upper edge of the images, grey values ``(layer, x)`` from that face on."""
        return self._drawn(self.values[self.slice_of_layer[self.first_layer(face) :], 0])

    def side(self, face: int) -> NDArray[np.uint8]:
        """Return the section at the right edge of the images, grey values ``(layer, y)`` from that face on."""
        return self._drawn(self.values[self.slice_of_layer[self.first_layer(face) :], :, -1])

    def _drawn(self, values: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
        greys: NDArray[np.uint8] = self.greys[values]
        return greys


def block_of_volume(volume: LabelVolume, name: str) -> Block:
    """Return a structure as it would look if a microscope showed what is at the face and nothing else."""
    labels, size_nm = volume.labels, volume.voxel_size_nm
    size = " x ".join(f"{each:.4g}" for each in (size_nm if len(set(size_nm)) > 1 else size_nm[:1]))
    caption = f"{' x '.join(map(str, volume.shape))} voxels of {size} nm, solid fraction {volume.solid_fraction:.3f}"
    return Block(name, labels, _phase_greys(volume.phases), labels, volume.phases, np.arange(volume.shape[0]), size_nm, size_nm[0], caption)


def block_of_stack(stack: ImageStack, name: str, *, channel: int = 0) -> Block:
    """Return a stack of images, every slice as thick as it is; layers are as thick as a pixel is high, or as a slice if that is less."""
    positions = stack.plan.positions_nm
    y_nm, x_nm = stack.plan.pixel_size_nm
    thickness_nm = float(np.diff(positions).mean()) if positions.size > 1 else y_nm
    layer_nm = thickness_nm / max(1, round(thickness_nm / y_nm))
    depth_nm = positions[-1] - positions[0] + thickness_nm  # the last slice ends nowhere; it gets the mean thickness
    centres_nm = positions[0] + (np.arange(round(depth_nm / layer_nm)) + 0.5) * layer_nm
    layers = np.searchsorted(positions, centres_nm, side="right") - 1
    images = stack.images[channel]
    pixels, size = (" x ".join(f"{each:.4g}" for each in pair) for pair in (images.shape[1:], (y_nm, x_nm)))
    caption = f"{stack.channels[channel]}, {positions.size} slices of {thickness_nm:.1f} nm on average, {pixels} pixels of {size} nm"
    return Block(name, images, _image_greys(images), stack.labels, stack.phases, layers, (layer_nm, y_nm, x_nm), thickness_nm, caption)


def _phase_greys(phases: tuple[Material, ...]) -> NDArray[np.uint8]:
    """Grey of each label, in proportion to the backscatter coefficient; evenly spread if that tells nothing."""
    eta = np.array([backscatter_coefficient(phase, _ENERGY_KEV) for phase in phases])
    if np.ptp(eta) == 0 and len(phases) > 1:
        eta = np.arange(len(phases), dtype=float)
    share = eta / eta.max() if eta.max() > 0 else eta
    greys: NDArray[np.uint8] = np.round(_DARKEST + (_BRIGHTEST - _DARKEST) * share).astype(np.uint8)
    return greys


def _image_greys(images: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Grey of each value: itself, or what is left of 16 bits."""
    if images.dtype == np.uint8:
        return np.arange(256, dtype=np.uint8)
    low, high = np.percentile(images, _DRAWN_PERCENT)
    share = (np.arange(2**16) - low) / max(high - low, 1)
    greys: NDArray[np.uint8] = np.round(255 * np.clip(share, 0, 1)).astype(np.uint8)
    return greys
