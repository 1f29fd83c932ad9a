"""The family of sliding-window classifiers: which paths each member has, and how many parameters were published for it.

Layers follow the parameter counts of Skärberg (2020) [1]_ and Skärberg et al. (2021) [2]_: convolutions with "same" padding come in pairs,
each pair is followed by a pooling that drops an odd last row, and the flat maps feed three dense layers. Where the texts and the counts
disagree the counts decide: a volume is also pooled along z, once (twice at 11 x 11), and the last block of the largest has 40 filters, not 48.
Which block pools z cannot be told from counts; here the first ones do. The triplanar and one-dimensional networks are drawn only in
figures, so those here are our own and their counts differ from the published ones.

.. [1] Skärberg, F. Convolutional neural networks for semantic segmentation of FIB-SEM volumetric image data. University of Gothenburg, 2020.
.. [2] Skärberg, F. et al. Convolutional neural networks for segmentation of FIB-SEM nanotomography data from porous polymer films for
   controlled drug release. Journal of Microscopy 283, 51-63, 2021. doi:10.1111/jmi.13007
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from synthfib.errors import InputError, UnknownNameError

View = Literal["slices", "mean", "xy", "xz", "yz", "xz-deep", "yz-deep", "volume", "vector"]


@dataclass(frozen=True, slots=True)
class PathPlan:
    """One path of convolutions.

    Parameters
    ----------
    view : str
        What it sees of the window: all ``slices`` as channels, their ``mean``, the middle plane ``xy``, ``xz`` or ``yz``, all planes of one
        direction as channels (``xz-deep``, ``yz-deep``), the ``volume``, or each row of it as a ``vector``.
    filters : tuple of int
        Feature maps of each block of two convolutions and a pooling.
    z_poolings : int
        How many of the first poolings also halve z, where z is an axis and not a channel.
    """

    view: View
    filters: tuple[int, ...]
    z_poolings: int = 0


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """A network that says of one pixel, from its neighbourhood, whether it is solid.

    Parameters
    ----------
    member : str
        Name in `MEMBERS`.
    size, slices : int
        Edge length of the window in pixels and its number of slices, both odd.
    channels : int
        Image channels; the publications have one.
    paths : tuple of PathPlan
        Paths whose features are joined.
    neurons : (int, int)
        Widths of the dense layers before the last one.
    """

    member: str
    size: int
    slices: int
    channels: int
    paths: tuple[PathPlan, ...]
    neurons: tuple[int, int]


#: Filters of a path by the smallest window that has them, as (window, filters, neurons).
_Steps = tuple[tuple[int, tuple[int, ...], tuple[int, int]], ...]

_PLANE: _Steps = ((11, (16, 32), (128, 64)), (33, (8, 16, 32), (128, 64)), (49, (16, 32, 64, 80), (128, 64)))
_VOLUME: _Steps = (
    (11, (8, 16), (64, 32)),
    (33, (8, 16, 24, 32), (64, 32)),
    (49, (8, 16, 24, 32), (128, 64)),
    (65, (8, 16, 24, 32, 40), (128, 64)),
)
_THREE_PLANES: _Steps = ((11, (16, 16), (64, 32)), (33, (16, 32, 32), (64, 32)), (49, (16, 32, 64, 32), (64, 32)))
_VECTOR: _Steps = ((11, (16, 16, 24), (64, 32)), (33, (16, 32, 48, 24), (128, 64)))


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the family.

    Parameters
    ----------
    views : tuple of str
        What its paths see.
    steps : tuple
        Filters and dense layers by window size.
    slices : int
        Published number of slices.
    any_slices : bool
        Whether other numbers of slices were published, too.
    """

    views: tuple[View, ...]
    steps: _Steps
    slices: int
    any_slices: bool = False


MEMBERS: Mapping[str, Member] = MappingProxyType(
    {
        "2dcnn": Member(("slices",), _PLANE, 3, any_slices=True),
        "mv2dcnn": Member(("mean",), _PLANE, 11),
        "triplanar": Member(("xy", "xz", "yz"), _THREE_PLANES, 11),
        "multichannel": Member(("slices", "xz-deep", "yz-deep"), _THREE_PLANES, 11),
        "3dcnn": Member(("volume",), _VOLUME, 11),
        "1dcnn": Member(("vector",), _VECTOR, 5),
    }
)

_SIZES: tuple[int, ...] = (11, 33, 49, 65, 81)
#: Table 4.4 of [1]_ by member, and at its sizes; the 2DCNN with 11 slices.
_PUBLISHED: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "2dcnn": (42_641, 92_745, 277_681, 349_361, 441_521),
        "mv2dcnn": (41_201, 92_025, 276_241, 347_921),
        "triplanar": (52_337, 245_585, 433_361, 468_177),
        "multichannel": (56_657, 256_241, 448_625, 488_049),
        "3dcnn": (22_729, 129_913, 279_545, 275_465),
        "1dcnn": (19_281, 70_321, 101_201, 117_841),
    }
)
#: Table 1 of [2]_ for one slice, and its filters, the same at all sizes; each further slice adds 144 weights.
_PUBLISHED_2021: Mapping[int, int] = MappingProxyType({33: 225_041, 49: 276_241, 65: 347_921, 81: 440_081, 97: 552_721, 113: 685_841})
FILTERS_2021 = (16, 32, 64, 80)


def window_plan(member: str, size: int, slices: int | None = None, *, channels: int = 1, filters: tuple[int, ...] | None = None) -> WindowPlan:
    """Return the network of a family member for a window.

    Parameters
    ----------
    member : str
        Name in `MEMBERS`.
    size : int
        Edge length of the window in pixels, odd; sizes between the published ones have the layers of the next smaller one.
    slices : int, optional
        Slices of the window, odd; by default the published number.
    channels : int
        Image channels.
    filters : tuple of int, optional
        Feature maps of each block instead of those of the member; `FILTERS_2021` makes the 2DCNN of the article at 33 x 33.

    Raises
    ------
    InputError
        If a number cannot be used, or the window is too small for the poolings; UnknownNameError if there is no such member.
    """
    if member not in MEMBERS:
        raise UnknownNameError("sliding-window network", member, MEMBERS)
    known = MEMBERS[member]
    slices = known.slices if slices is None else slices
    _, own_filters, neurons = max((step for step in known.steps if step[0] <= size), default=known.steps[0])
    filters = own_filters if filters is None else filters
    z_poolings = (2 if size < 33 else 1) if member == "3dcnn" else 1
    plan = WindowPlan(member, size, slices, channels, tuple(PathPlan(view, filters, z_poolings) for view in known.views), neurons)
    _check(plan, filters, z_poolings)
    return plan


def published_parameters(plan: WindowPlan) -> int | None:
    """Return the published number of parameters of a network with one channel, or None if there is none for this window."""
    member, filters = MEMBERS[plan.member], plan.paths[0].filters
    if plan.channels != 1 or (plan.slices > 11 if member.any_slices else plan.slices != member.slices):
        return None
    if member.any_slices and plan.size in _PUBLISHED_2021 and filters == FILTERS_2021:
        return _PUBLISHED_2021[plan.size] + 144 * (plan.slices - 1)
    if filters != window_plan(plan.member, plan.size, plan.slices).paths[0].filters:
        return None
    count = dict(zip(_SIZES, _PUBLISHED[plan.member], strict=False)).get(plan.size)
    missing_slices = 11 - plan.slices if member.any_slices else 0
    return count if count is None else count - 9 * filters[0] * missing_slices


def _check(plan: WindowPlan, filters: tuple[int, ...], z_poolings: int) -> None:
    if plan.size % 2 == 0 or plan.slices % 2 == 0 or min(plan.size, plan.slices) < 1:
        raise InputError(f"A window has an odd size and an odd number of slices, 1 or more, got {plan.size} and {plan.slices}.")
    if plan.channels < 1 or not filters or min(filters) < 1:
        raise InputError(f"A network needs one or more channels and filters, got {plan.channels} and {filters}.")
    length = plan.size * (plan.slices if plan.member == "1dcnn" else 1)
    if length >> len(filters) == 0:
        raise InputError(f"A window of {plan.size} pixels is too small for {len(filters)} poolings; take one of {2 ** len(filters)} or more.")
    needs_z = plan.member in ("triplanar", "multichannel", "3dcnn")
    if needs_z and plan.slices >> z_poolings == 0:
        raise InputError(f"A window of {plan.slices} slices is too thin for {z_poolings} poolings along z; take {2**z_poolings + 1} or more.")
