from __future__ import annotations

import pytest
import torch

from synthfib.errors import InputError, UnknownNameError
from synthfib.training.networks.sliding_window import SlidingWindowNetwork
from synthfib.training.networks.sliding_window_members import FILTERS_2021, MEMBERS, WindowPlan, published_parameters, window_plan

#: Table 1 of Skärberg et al. (2021): 33 ... 113 pixels by 1, 3, ... 11 slices.
FIRST_COLUMN = {33: 225_041, 49: 276_241, 65: 347_921, 81: 440_081, 97: 552_721, 113: 685_841}


def n_parameters(plan: WindowPlan, *, context: bool = True) -> int:
    return SlidingWindowNetwork(plan, context=context).n_parameters


@pytest.mark.parametrize("size", FIRST_COLUMN)
def test_2dcnn_has_the_published_number_of_parameters(size: int) -> None:
    for slices in range(1, 12, 2):
        plan = window_plan("2dcnn", size, slices, filters=FILTERS_2021)
        assert n_parameters(plan) == published_parameters(plan) == FIRST_COLUMN[size] + 144 * (slices - 1)
    assert FIRST_COLUMN[113] + 10 * 144 == 687_281


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (window_plan("2dcnn", 11, 11), 42_641),
        (window_plan("2dcnn", 33, 11), 92_745),
        (window_plan("2dcnn", 81, 11), 441_521),
        (window_plan("mv2dcnn", 11), 41_201),
        (window_plan("mv2dcnn", 33), 92_025),
        (window_plan("mv2dcnn", 49), 276_241),
        (window_plan("mv2dcnn", 65), 347_921),
        (window_plan("3dcnn", 11), 22_729),
        (window_plan("3dcnn", 33), 129_913),
        (window_plan("3dcnn", 49), 279_545),
        (window_plan("3dcnn", 65), 275_465),
    ],
)
def test_counts_of_the_thesis_are_reproduced(plan: WindowPlan, expected: int) -> None:
    assert n_parameters(plan, context=False) == n_parameters(plan, context=True) == expected
    assert published_parameters(plan) == expected


@pytest.mark.parametrize("size", [11, 33, 49, 65])
def test_multichannel_exceeds_triplanar_by_the_published_number(size: int) -> None:
    triplanar, multichannel = window_plan("triplanar", size), window_plan("multichannel", size)
    published = [published_parameters(plan) for plan in (triplanar, multichannel)]
    assert None not in published
    assert n_parameters(multichannel) - n_parameters(triplanar) == (published[1] or 0) - (published[0] or 0)


@pytest.mark.parametrize("member", ["triplanar", "1dcnn"])
def test_from_49_to_65_pixels_as_many_parameters_are_added_as_published(member: str) -> None:
    plans = [window_plan(member, size) for size in (49, 65)]
    added = n_parameters(plans[1]) - n_parameters(plans[0])
    published = [published_parameters(plan) or 0 for plan in plans]
    assert added == published[1] - published[0]


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("channels", [1, 2])
def test_both_forms_take_the_same_weights(member: str, channels: int) -> None:
    plan = window_plan(member, 11, channels=channels)
    published, context = (SlidingWindowNetwork(plan, context=context) for context in (False, True))
    context.load_state_dict(published.state_dict())
    assert published.margin == 0 < context.margin
    for network in (published, context):
        size = 2 * network.reach + 1
        assert network(torch.zeros(3, channels, plan.slices, size, size)).shape == (3,)


@pytest.mark.parametrize("member", MEMBERS)
def test_weights_start_glorot_uniform(member: str) -> None:
    network = SlidingWindowNetwork(window_plan(member, 11))
    limit = (6 / sum(network.second.weight.shape)) ** 0.5
    assert 0.9 * limit < network.second.weight.abs().max() <= limit
    assert not network.second.bias.any()


@pytest.mark.parametrize("member", MEMBERS)
def test_dropout_acts_in_training_alone_in_both_forms(member: str) -> None:
    plan = window_plan(member, 11)
    for dropout, spatial_dropout in ((0.5, 0.0), (0.0, 0.5)):
        network = SlidingWindowNetwork(plan, dropout=dropout, spatial_dropout=spatial_dropout)
        side = 2 * network.reach + 1
        pixels = torch.rand(1, plan.slices, side, side)
        for form, given in ((network, pixels[None]), (network.dense, pixels)):
            assert len({form(given).item() for _ in range(4)}) > 1
            network.eval()
            assert len({form(given).item() for _ in range(4)}) == 1
            network.train()


def test_odds_are_multiplied_by_those_of_the_share() -> None:
    network = SlidingWindowNetwork(window_plan("2dcnn", 11, 1)).eval()
    windows = torch.rand(5, 1, 1, 2 * network.reach + 1, 2 * network.reach + 1, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        balanced = torch.exp(network(windows))
    network.expect(0.2)
    with torch.inference_mode():
        torch.testing.assert_close(torch.exp(network(windows)), balanced * 0.2 / 0.8)


def test_bad_windows_are_refused() -> None:
    with pytest.raises(InputError, match="odd"):
        window_plan("2dcnn", 32)
    with pytest.raises(InputError, match="odd"):
        window_plan("2dcnn", 33, 2)
    with pytest.raises(InputError, match="too small for 4 poolings"):
        window_plan("2dcnn", 15, filters=(2, 2, 2, 2))
    with pytest.raises(InputError, match="too thin"):
        window_plan("3dcnn", 11, 3)
    with pytest.raises(InputError, match="channels"):
        window_plan("2dcnn", 11, channels=0)
    with pytest.raises(UnknownNameError, match="3dcnn"):
        window_plan("3dcn", 11)
