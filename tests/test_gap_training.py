"""Networks that fill gaps: examples, training that goes on where it stopped, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline
from typer.testing import CliRunner

from synthfib.cli.app import app
from synthfib.data.milling import SliceThickness
from synthfib.errors import InputError
from synthfib.training.checkpoint import read_checkpoint, write_checkpoint
from synthfib.training.cubic_lines import cubic_lines
from synthfib.training.gap_card import GapCard, GapMethod, gap_structures
from synthfib.training.gap_examples import GapExamples
from synthfib.training.gap_images import GapImageExamples, ImagedStructure
from synthfib.training.gap_structures import image_structures
from synthfib.training.gap_training import GAP_TRAININGS, GapTraining
from synthfib.training.networks.inpainting import MISSING, REACH, InpaintingNetwork
from synthfib.training.networks.neural_spline import END_GAP, NeuralSpline, bernstein

STRUCTURES = gap_structures(
    materials=("nanoporous-gold",), volumes=1, voxels=96, seed=1, voxel_size_nm=2.5, mean_thickness_nm=10.0, std_thickness_nm=3.0
)
METHODS: tuple[GapMethod, ...] = ("neural-spline", "inpainting", "shine-through")
LAW = SliceThickness(4.0, 1.5, grid_nm=1.0)


def card(method: GapMethod) -> GapCard:
    energies_kev, microscopes = ((2.0,), ("helios-g3-multi-voltage",)) if method == "shine-through" else ((), ())
    return GapCard(method=method, structures=STRUCTURES, settings={}, energies_kev=energies_kev, microscopes=microscopes)


@pytest.fixture(scope="module")
def slabs() -> GapExamples:
    """Slabs of 6 planes in 12: along each axis the truth between two faces follows from the faces."""
    z, y, x = np.indices((72, 72, 72))
    volume: NDArray[np.bool_] = (z // 6 + y // 6 + x // 6) % 2 == 0
    return GapExamples([volume], LAW)


@pytest.fixture(scope="module")
def lit() -> GapImageExamples:
    """The slabs again, with one image of every face, as bright as the face is solid."""
    z, y, x = np.indices((60, 40, 40))
    solid: NDArray[np.bool_] = (z // 6 + y // 6 + x // 6) % 2 == 0
    planes = np.array([0, 3, 5, 9, 10, 14, 18, 21, 25])
    return GapImageExamples([ImagedStructure(solid, planes, 2 * solid[planes][None].astype(np.float32) - 1)])


def test_the_published_network_has_the_published_number_of_parameters() -> None:
    assert sum(parameter.numel() for parameter in InpaintingNetwork().parameters()) == 336_234


def test_the_published_network_sees_as_far_as_its_reach() -> None:
    network = InpaintingNetwork().double()
    planes = torch.rand(1, 1, 2 * REACH + 3, 5, dtype=torch.float64)
    middle = REACH + 1
    with torch.no_grad():
        before = network(planes, planes)[0, 0, middle]
        near, far = planes.clone(), planes.clone()
        near[0, 0, 1] += 100  # REACH lines away
        far[0, 0, 0] += 100
        assert not torch.equal(network(near, planes)[0, 0, middle], before)
        assert torch.equal(network(far, planes)[0, 0, middle], before)


def test_bernstein_polynomials_add_up_to_one_and_begin_and_end_with_a_coefficient() -> None:
    terms = bernstein(torch.linspace(0, 1, 11)[None])
    assert torch.allclose(terms.sum(-1), torch.ones(1, 11))
    assert torch.equal(terms[0, 0], torch.tensor([1.0, 0, 0, 0]))
    assert torch.equal(terms[0, -1], torch.tensor([0.0, 0, 0, 1]))


def test_all_planes_of_a_gap_come_from_one_set_of_coefficients() -> None:
    network = NeuralSpline(width=4, blocks=1)
    faces, gaps, shares = torch.randn(2, 4, 6, 8), torch.rand(2, 3) + 2, torch.rand(2, 5)
    together = network(faces, gaps, shares)
    assert together.shape == (2, 5, 6, 8)
    assert torch.allclose(network(faces, gaps, shares[:, 3:4])[:, 0], together[:, 3], atol=1e-6)


def test_cubic_lines_are_catmull_rom_curves() -> None:
    rng = np.random.default_rng(3)
    depths, lines = np.array([0.0, 3, 4, 9, 12]), rng.random((5, 7)).astype(np.float32)
    rises, gaps = np.diff(lines.astype(float), axis=0) / np.diff(depths)[:, None], np.diff(depths)[:, None]
    slopes = np.concatenate([rises[:1], (gaps[1:] * rises[:-1] + gaps[:-1] * rises[1:]) / (gaps[1:] + gaps[:-1]), rises[-1:]])
    curve = CubicHermiteSpline(depths, lines, slopes)
    found = cubic_lines(lines, depths, (-2, 15))
    assert np.allclose(found[2:15], curve(np.arange(13)), atol=1e-5)
    assert np.allclose(found[:2], lines[0])
    assert np.allclose(found[15:], lines[-1])


def test_examples_between_faces_tell_the_truth(slabs: GapExamples) -> None:
    faces, gaps, shares, solid = slabs.between(40, 16, rng=np.random.default_rng(1))
    assert faces.shape == (40, 4, 16, 16)
    assert solid.shape == (40, 3, 16, 16)
    assert set(np.unique(faces)) == {-1.0, 1.0}
    assert (gaps[:, 1] > 1).all()
    assert ((shares > 0) & (shares < 1)).all()
    planes = shares * gaps[:, 1:2]
    assert np.allclose(planes, np.rint(planes), atol=1e-5)
    # A missing plane of the slabs is one of its two faces, and the nearer one more often than not.
    as_above = (solid == (faces[:, 1] > 0)[:, None]).mean((2, 3))
    as_below = (solid == (faces[:, 2] > 0)[:, None]).mean((2, 3))
    assert np.isin(np.maximum(as_above, as_below), 1).mean() > 0.9
    ends = (faces[:, 0] == faces[:, 1]).all((1, 2)) & (gaps[:, 0] == END_GAP)
    assert ends.mean() < 0.5


def test_examples_across_faces_miss_lines_and_nothing_else(slabs: GapExamples) -> None:
    planes, interpolated, solid = slabs.across(10, 32, rng=np.random.default_rng(1))
    missing = (planes == MISSING).all(-1)
    assert 0.5 < missing.mean() < 0.9
    assert np.array_equal(planes[~missing], solid[~missing])
    assert np.allclose(interpolated[~missing], solid[~missing], atol=1e-5)


def test_examples_with_images_show_the_faces_that_they_name(lit: GapImageExamples) -> None:
    faces, gaps, shares, solid = lit.between(60, 16, rng=np.random.default_rng(2))
    assert faces.shape == (60, 8, 16, 16)
    labels, images = faces[:, :4], faces[:, 4:]
    assert set(np.unique(labels)) == {-1.0, 1.0}
    assert np.abs(images - labels).max() < 0.11  # contrast and brightness change a little
    planes = shares * gaps[:, 1:2]
    assert np.allclose(planes, np.rint(planes), atol=1e-5)
    assert ((planes > 0.5) & (planes < gaps[:, 1:2] - 0.5)).all()
    assert np.isin(solid, (0, 1)).all()


def test_examples_with_images_need_gaps() -> None:
    solid = np.zeros((9, 20, 20), np.bool_)
    with pytest.raises(InputError, match="4 faces or more"):
        GapImageExamples([ImagedStructure(solid, np.array([0, 1, 2, 3]), np.zeros((1, 4, 20, 20), np.float32))])
    with pytest.raises(InputError, match="4 faces or more"):
        GapImageExamples([])


def test_images_of_structures_are_those_of_their_faces_on_good_days_and_bad() -> None:
    """Microscopes take turns, and where one of them drifts, faces still lie where their images show them."""
    small = STRUCTURES.model_copy(update={"voxels": 40, "volumes": 2})
    good, bad = image_structures(small, ("helios-g3-multi-voltage", "helios-g3-bad-day"), (2.0,)).structures
    for structure in (good, bad):
        assert structure.images.shape == (1, structure.planes.size, 40, 40)
        assert structure.solid.shape[0] > structure.planes[-1]
        bright, solid = structure.images[0], structure.solid[structure.planes]
        assert bright[solid].mean() > bright[~solid].mean() + 0.5
    assert np.diff(good.images, axis=-1).std() < np.diff(bad.images, axis=-1).std()


def test_the_same_rng_draws_the_same_examples(slabs: GapExamples) -> None:
    first, second = (slabs.between(3, 16, rng=np.random.default_rng(7)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_examples_must_fit_into_volumes(slabs: GapExamples) -> None:
    with pytest.raises(InputError, match="do not fit"):
        slabs.between(1, 200, rng=np.random.default_rng(1))


def test_examples_need_a_grid_and_a_volume() -> None:
    with pytest.raises(InputError, match="grid_nm"):
        GapExamples([np.zeros((9, 9, 9), np.bool_)], SliceThickness(4.0, 1.0))
    with pytest.raises(InputError, match="one volume or more"):
        GapExamples([], LAW)


@pytest.mark.parametrize("method", METHODS)
def test_one_step_changes_every_weight(slabs: GapExamples, lit: GapImageExamples, method: GapMethod) -> None:
    training, examples = GapTraining(steps=1, batch_size=2, patch_size=16, threads=1), lit if method == "shine-through" else slabs
    network, _ = training.run(examples, card(method))
    other, _ = replace(training, learning_rate=1e-9).run(examples, card(method))
    same = [name for name, value in other.state_dict().items() if torch.equal(value, network.state_dict()[name])]
    assert not same


def test_training_goes_on_where_it_stopped(slabs: GapExamples, tmp_path: Path) -> None:
    training, state = GapTraining(steps=130, batch_size=1, patch_size=8, threads=1), tmp_path / "state.pt"
    whole, _ = training.run(slabs, card("neural-spline"))

    def stop(share: float, _loss: float) -> None:
        if share > 0.9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.run(slabs, card("neural-spline"), state_file=state, on_step=stop)
    resumed, trained = training.run(slabs, card("neural-spline"), state_file=state)
    assert len(trained.losses) == 2
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True))
    with pytest.raises(InputError, match="another training"):
        replace(training, seed=5).run(slabs, card("neural-spline"), state_file=state)
    state.write_bytes(b"nothing")
    with pytest.raises(InputError, match="damaged"):
        training.run(slabs, card("neural-spline"), state_file=state)


@pytest.mark.parametrize("method", METHODS)
def test_checkpoints_come_back(method: GapMethod, tmp_path: Path) -> None:
    network = card(method).build()
    write_checkpoint(tmp_path / "a", network, card(method))
    found, found_card = read_checkpoint(tmp_path / "a", GapCard)
    assert found_card.method == method
    assert all(torch.equal(a, b) for a, b in zip(found.state_dict().values(), network.state_dict().values(), strict=True))


def test_every_network_has_settings() -> None:
    assert set(GAP_TRAININGS) == set(METHODS)


def test_cards_that_contradict_themselves_are_refused(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "a", NeuralSpline(channels=1), card("neural-spline").model_copy(update={"energies_kev": (2.0,)}))
    with pytest.raises(InputError, match="do not go with"):
        read_checkpoint(tmp_path / "a", GapCard)


@pytest.mark.parametrize(("wrong", "said"), [({"steps": 0}, "steps"), ({"steps": 1, "patch_size": 7}, "even")])
def test_settings_that_cannot_be(wrong: dict[str, int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        GapTraining(**wrong)


@pytest.mark.parametrize("seeing", [[], ["--method", "shine-through", "--energies-kev", "1,2"]])
def test_the_command_writes_weights(tmp_path: Path, seeing: list[str]) -> None:
    out = tmp_path / "own.safetensors"
    words = [*seeing, "--materials", "nanoporous-gold", "--volumes", "1", "--voxels", "80", "--steps", "2", "--threads", "1", "--json"]
    result = CliRunner().invoke(app, ["train-interpolation", "--out", str(out), *words])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["steps"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.json", "own.safetensors"]
    assert read_checkpoint(out, GapCard)[1].energies_kev == ((1, 2) if seeing else ())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--materials", "unobtainium"], "unobtainium"),
        (["--materials", "nanoporous-gold", "--method", "magic"], "magic"),
        (["--materials", "nanoporous-gold", "--method", "inpainting", "--energies-kev", "2"], "inpainting"),
        (["--materials", "nanoporous-gold", "--voxel-size-nm", "0"], "voxel_size_nm"),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path: Path, words: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["train-interpolation", "--out", str(tmp_path / "own.safetensors"), *words])
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
    assert not list(tmp_path.iterdir())
