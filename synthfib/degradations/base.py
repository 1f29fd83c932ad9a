"""The contract of every degradation: draw once for a run, then apply to one face of one channel at a time."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel

P = TypeVar("P")


class Stage(IntEnum):
    """Where on its way from the sample to the file an image suffers; degradations act in this order, whatever order they are named in."""

    SAMPLE = 1
    """The ion beam left a face that is not flat or not clean: curtains, redeposition, roughness. Acts on the expected yield."""
    CHARGING = 2
    """The face holds charge, or lies in the shadow of its trench: halos, gradients. Acts on the expected yield."""
    BEAM = 3
    """The beam has a size: spot, astigmatism, blurred edges. Acts on the expected yield, while labels still lie below the image."""
    SCAN = 4
    """The beam lands elsewhere than meant: drift, rotation, stretch. Acts on the expected yield."""
    RECORDING = 5
    """Electrons are counted and the count becomes a grey value. From here on an image is grey, 0 black and 1 white."""
    DETECTOR = 6
    """Detector and amplifier add their own: gain, floor, noise of pixels and of lines."""
    DISPLAY = 7
    """Knobs and software: brightness, contrast, gamma."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What can be known of a slice-and-view run before its first face is seen.

    Parameters
    ----------
    plan : MillingPlan
        The faces, with positions and pixel size in nm.
    channels : tuple of Channel
        Energy and detector of each channel.
    shape : tuple of int
        Pixels of a face ``(y, x)``.
    full_scale : tuple of float
        Signal of a white pixel, per channel: the largest expected yield, or 1 for recorded images. Strengths that are a share of
        the grey range are multiplied by it.
    phases : tuple of Material
        What each label is made of; empty where there are no labels.
    recorded : bool
        Whether images are grey values in [0, 1] already rather than expected yield.
    followed_electrons : int, optional
        Electrons that a simulator followed for each pixel, where yields are counts of them rather than expectations.
    """

    plan: MillingPlan
    channels: tuple[Channel, ...]
    shape: tuple[int, int]
    full_scale: tuple[float, ...]
    phases: tuple[Material, ...] = ()
    recorded: bool = False
    followed_electrons: int | None = None

    @property
    def n_slices(self) -> int:
        """Number of faces."""
        return self.plan.n_slices

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.channels)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One image of one exposed face, with what is known of it.

    Parameters
    ----------
    image : ndarray of float32, shape (y, x)
        Expected yield per incident electron before recording, grey value after it (0 black, 1 white; noise may leave the range).
    index, channel : int
        Which slice and which channel of the run this is.
    pixel_size_nm : tuple of float
        Size of a pixel ``(y, x)`` in nm.
    position_nm : float
        Depth of the face below the top of the volume in nm.
    full_scale : float
        Signal of a white pixel, see `Run`.
    labels : ndarray of uint8, shape (y, x), optional
        Phase of every pixel, on the undistorted plan; degradations read it and leave it alone.
    depth_to_solid_nm : ndarray of float32, shape (y, x), optional
        Distance straight down to the first solid in nm.
    displacement_nm : tuple of float
        How far ``(y, x)`` the image has been moved against its labels, in nm.
    """

    image: NDArray[np.float32]
    index: int
    channel: int
    pixel_size_nm: tuple[float, float]
    position_nm: float = 0.0
    full_scale: float = 1.0
    labels: NDArray[np.uint8] | None = None
    depth_to_solid_nm: NDArray[np.float32] | None = None
    displacement_nm: tuple[float, float] = (0.0, 0.0)

    def with_image(self, image: NDArray[np.float32]) -> Face:
        """Return the same face with another image."""
        return replace(self, image=image)

    def moved(self, image: NDArray[np.float32], by_nm: tuple[float, float]) -> Face:
        """Return the same face with an image that shows it moved by ``(y, x)`` nm."""
        return replace(self, image=image, displacement_nm=(self.displacement_nm[0] + by_nm[0], self.displacement_nm[1] + by_nm[1]))

    def recorded(self, image: NDArray[np.float32]) -> Face:
        """Return the same face with grey values instead of expected yield: full scale is 1 from here on."""
        return replace(self, image=image, full_scale=1.0)

    def random(self, seed: int) -> np.random.Generator:
        """Return the random numbers of this image alone, a function of seed, slice and channel: for what differs each time the beam scans."""
        return _keyed(seed, self.channel, self.index)

    def random_of_face(self, seed: int) -> np.random.Generator:
        """Return random numbers that all channels of a slice share: for what is on the face itself, such as curtains."""
        return _keyed(seed, self.index)


class Degradation(Protocol[P]):
    """One physical nuisance; an instance holds its strengths, each in the unit that its name says.

    Contract
    --------
    * A frozen dataclass, built from numbers and validated when built; with strength 0 `apply` returns the face it was given.
    * `draw` draws every random number of a run, as a frozen dataclass of plain JSON types or arrays; it is recorded as provenance.
    * `apply` is a pure function of face and parameters: other faces are not seen, memory does not grow with their number, and
      faces may come in any order and on any thread. Large random textures are made in it, from `Face.random` or
      `Face.random_of_face` and a seed that was drawn.
    * The image that is given is not changed in place. Labels stay on the undistorted plan; what moves an image says so by `Face.moved`.
    """

    stage: ClassVar[Stage]

    def draw(self, run: Run, *, rng: np.random.Generator) -> P:
        """Return every number that the nuisance needs for `run`."""
        ...

    def apply(self, face: Face, parameters: P, /) -> Face:
        """Return the face as the nuisance leaves it."""
        ...


@dataclass(frozen=True, slots=True)
class NoiseParameters:
    """What a noise draws for a run: the key of the random numbers of all faces."""

    seed: int


@dataclass(frozen=True, slots=True)
class NothingDrawn:
    """A nuisance that its strengths describe in full."""


def draw_seed(rng: np.random.Generator) -> int:
    """Return a seed for the random numbers of faces, 0 to 2**63 - 1."""
    return int(rng.integers(2**63))


def _keyed(*key: int) -> np.random.Generator:
    """Return random numbers that are a function of a key; SFC64 is the fastest of numpy's for noise."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(key)))


def plain(parameters: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as plain JSON types; arrays become lists."""
    fields: dict[str, Any] = json.loads(json.dumps(asdict(parameters), default=_list_of_array))
    return fields


def _list_of_array(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no plain JSON type")
