from pathlib import Path

import numpy as np
import pytest

from synthfib.calibration.backscatter import recompute_backscatter_table
from synthfib.calibration.depth_weighted import calibrate_depth_weights
from synthfib.calibration.pairs import load_pairs, make_pairs
from synthfib.calibration.scenes import MATERIAL_PAIRS, draw_film, draw_scene
from synthfib.calibration.surrogate import SurrogateTraining, train_surrogate
from synthfib.errors import InputError
from synthfib.simulators.conditions import conditions_of
from synthfib.simulators.depth_weights import DepthWeights
from synthfib.simulators.surrogate.weights import read_weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-one scenes and two films with few electrons."""
    path = tmp_path_factory.mktemp("calibration") / "pairs"
    make_pairs(path, seed=3, count=21, electrons_per_pixel=2)
    return path


def test_scenes_do_not_depend_on_each_other_and_cover_all_shapes() -> None:
    assert np.array_equal(draw_scene(1, 7).volume.labels, draw_scene(1, 7).volume.labels)
    scenes = [draw_scene(1, index) for index in range(40)]
    assert {scene.shape for scene in scenes} == {"waves", "waves in waves", "pores", "grains", "plates"}
    assert all(0.5 <= scene.energy_kev <= 6 for scene in scenes)
    assert not any("copper" in names for names in MATERIAL_PAIRS)


def test_films_are_flat_and_end_in_something_thick() -> None:
    for index in range(20):
        labels = draw_film(1, index).volume.labels
        assert (labels == labels[:, :1, :1]).all()
        assert 2 <= len(np.flatnonzero(np.diff(labels[:, 0, 0].astype(int)))) + 1 <= 4


def test_pairs_are_made_once_and_read_back(folder: Path) -> None:
    pairs = load_pairs(folder)
    assert len(pairs) == 21 + 2
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    make_pairs(folder, seed=3, count=21, electrons_per_pixel=2)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert all(pair.yields.min() >= 0 and pair.yields.max() <= 1 for pair in pairs)


def test_missing_and_damaged_pairs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Monte Carlo pairs"):
        load_pairs(tmp_path)
    (tmp_path / "a.npz").write_bytes(b"PK broken")
    with pytest.raises(InputError, match="is damaged"):
        load_pairs(tmp_path)
    with pytest.raises(InputError, match="1 or more"):
        make_pairs(tmp_path, seed=1, count=0, electrons_per_pixel=1)


def test_the_fit_writes_a_table_that_the_model_reads(folder: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    left = calibrate_depth_weights(load_pairs(folder), tmp_path / "table.json", on_progress=lambda share, _: shares.append(share))
    assert set(left) == {"vacuum", "filled"}
    assert shares[-1] == pytest.approx(1)
    weights = DepthWeights.read(tmp_path / "table.json")
    for pair in load_pairs(folder):
        flat, uneven = weights.of(conditions_of(pair.volume, pair.energy_kev))
        assert flat.sum() == pytest.approx(1, abs=1e-3)
        assert uneven.sum() == pytest.approx(0, abs=1e-3)
        assert flat[0, 0] != 1


def test_training_is_reproducible_and_its_weights_read_back(folder: Path, tmp_path: Path) -> None:
    pairs = load_pairs(folder)
    training = SurrogateTraining(width=8, epochs=2, batch_size=4096)
    trained = train_surrogate(pairs, training, tmp_path / "a.safetensors")
    train_surrogate(pairs, training, tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    read = read_weights(tmp_path / "a.safetensors")
    for name, tensor in trained.network.state_dict().items():
        assert np.array_equal(tensor.numpy(), read.network.state_dict()[name].numpy())


@pytest.mark.slow
def test_the_table_of_coefficients_is_what_the_command_computes(tmp_path: Path) -> None:
    """Few electrons: five standard errors, false alarm below 1e-4 for all 160 values together."""
    import json

    from synthfib.physics.backscatter import TABLE_FILE

    recompute_backscatter_table(tmp_path / "table.json", electrons=2000)
    new, shipped = (json.loads(path.read_text())["materials"] for path in (tmp_path / "table.json", TABLE_FILE))
    assert new.keys() == shipped.keys()
    for name, row in shipped.items():
        eta = np.array(row["eta"])
        np.testing.assert_array_less(abs(np.array(new[name]["eta"]) - eta), 5 * np.sqrt(eta * (1 - eta) / 2000))
