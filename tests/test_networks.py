from __future__ import annotations

from typing import get_args

import pytest
import torch

from synthfib.errors import InputError
from synthfib.segmentation.learned import LearnedNetwork
from synthfib.segmentation.registry import SEGMENTERS
from synthfib.training.determinism import reproducible
from synthfib.training.model_card import NetworkName, NetworkRecord
from synthfib.training.networks import NETWORKS
from synthfib.training.networks.fusion import LateFusion, Voting
from synthfib.training.networks.sliding_window_members import MEMBERS

#: Parameters of the networks at 7 slices of one channel (fusion: of three), or of one channel in three dimensions, all with 16 base features.
PARAMETERS = {
    "unet-2d": 496_769,
    "unet-3d": 1_438_785,
    "residual-unet-2d": 1_626_572,
    "residual-unet-3d": 1_185_818,
    "vnet-3d": 45_593_892,
    "resnet18-unet-2d": 13_558_129,
    "resnet18-unet-3d": 40_261_777,
}
LARGE = ("vnet-3d", "resnet18-unet-3d")


def record(name: NetworkName) -> NetworkRecord:
    known = NETWORKS[name]
    branches = 3 if known.fuses else 1
    return NetworkRecord(name=name, in_channels=(7 if known.dimensions == 2 else 1) * branches, base_features=16, branches=branches)


def test_cards_name_every_network() -> None:
    assert get_args(NetworkName) == tuple(NETWORKS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_networks_have_the_expected_size(name: NetworkName) -> None:
    assert sum(parameter.numel() for parameter in record(name).build().parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in LARGE else ()) for name in NETWORKS])
def test_one_step_of_the_optimiser_changes_what_can_learn(name: NetworkName) -> None:
    known = NETWORKS[name]
    sides = (known.smallest,) * 2 if known.dimensions == 2 else (known.multiple_of, known.smallest, known.smallest)
    with reproducible(seed=1, threads=2):
        network = record(name).build()
        inputs = torch.randn(1, record(name).in_channels, *sides)
        learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
        before = [parameter.detach().clone() for parameter in learning]
        optimizer = torch.optim.Adam(learning, lr=1e-2)
        logits = network.train()(inputs)
        assert logits.shape == (1, 1, *sides)
        torch.nn.functional.softplus(logits * torch.where(torch.rand(logits.shape) > 0.5, -1, 1)).mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    changed = [not torch.equal(old, new) for old, new in zip(before, learning, strict=True)]
    assert sum(changed) >= 0.9 * len(changed)
    assert all(torch.isfinite(parameter).all() for parameter in learning)


def test_every_registered_segmenter_has_one_of_these_networks_or_a_sliding_window() -> None:
    learned = {name: SEGMENTERS.load(name) for name in SEGMENTERS.names()}
    networks = {name: found for name, found in learned.items() if isinstance(found, type) and issubclass(found, LearnedNetwork)}
    assert len(networks) >= 17
    assert {name for name, found in networks.items() if getattr(found, "network", None) not in NETWORKS} == set(MEMBERS)


@pytest.mark.parametrize("in_channels", [1, 2, 3, 4])
def test_the_v_net_takes_any_number_of_channels(in_channels: int) -> None:
    network = NETWORKS["vnet-3d"](in_channels=in_channels, base_features=16).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, in_channels, 16, 32, 32)).shape == (1, 1, 16, 32, 32)


def test_only_the_last_layer_of_an_ensemble_learns() -> None:
    late, voting = (NETWORKS[name](in_channels=9, base_features=2, branches=3) for name in ("late-fusion-2d", "voting-2d"))
    assert isinstance(late, LateFusion)
    assert isinstance(voting, Voting)
    assert sum(parameter.numel() for parameter in late.parameters() if parameter.requires_grad) == 3 + 1
    assert sum(parameter.numel() for parameter in voting.parameters() if parameter.requires_grad) == 3
    assert not any(branch.training for branch in late.train().branches)


def test_votes_are_weights_of_a_mean() -> None:
    voting = Voting(dimensions=2, in_channels=2, base_features=2, branches=2)
    voting.votes.data = torch.log(torch.tensor([3.0, 1.0]))
    found = torch.sigmoid(voting.decide(torch.tensor([0.2, 0.6]).reshape(1, 2, 1, 1)))
    assert voting.weights().tolist() == pytest.approx([0.75, 0.25])
    assert found.item() == pytest.approx(0.75 * 0.2 + 0.25 * 0.6)


def test_late_fusion_starts_as_an_equal_vote() -> None:
    late = LateFusion(dimensions=2, in_channels=3, base_features=2, branches=3)
    probabilities = torch.tensor([[0.1, 0.2, 0.9], [0.9, 0.5, 0.3]]).reshape(2, 3, 1, 1)
    assert (late.decide(probabilities).flatten() > 0).tolist() == [False, True]


def test_sizes_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="16 features"):
        NETWORKS["vnet-3d"](in_channels=1, base_features=8)
    for in_channels, branches in ((7, 1), (7, 2)):
        with pytest.raises(InputError, match="two or more channels"):
            NETWORKS["late-fusion-2d"](in_channels=in_channels, base_features=8, branches=branches)
