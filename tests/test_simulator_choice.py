from pathlib import Path

import pytest

from synthfib.catalogue import load_corpus
from synthfib.corpus.plan import plan_corpus
from synthfib.simulators.choice import Choice, choose_simulator

RECIPE = """
schema: synthfib/corpus@1
name: choosing
title: Choosing
references: [10.3389/fmats.2022.837006]
version: 1.0.0
license: CC-BY-4.0
seed: 1
materials: [nanoporous-gold]
microscope: helios-g3-multi-voltage
simulator: auto
{more}
voxel_size_nm: 2.5
slices: {slices}
pixels: [256, 256]
splits: {{train: 4, validation: 1, test: 1}}
"""


def choose(n_pixels: int, *, phases: int = 2, energies_kev: tuple[float, ...] = (1, 2, 4), budget_minutes: float = 60) -> Choice:
    return choose_simulator(
        n_pixels=n_pixels,
        n_voxels=4 * n_pixels,
        n_phases=phases,
        energies_kev=energies_kev,
        electrons_per_pixel=312,
        budget_minutes=budget_minutes,
    )


def test_the_most_faithful_that_fits_is_chosen() -> None:
    assert choose(64 * 64 * 10).name == "monte-carlo"
    assert choose(256 * 256 * 200).name == "surrogate"
    assert choose(256 * 256 * 200, budget_minutes=0.1).name == "depth-weighted"
    assert choose(256 * 256 * 200, phases=3).name == "depth-weighted"
    assert choose(256 * 256 * 200, energies_kev=(10,)).name == "depth-weighted"


@pytest.mark.parametrize(
    ("slices", "more", "name"), [(2, "", "monte-carlo"), (100, "", "surrogate"), (100, "budget_minutes: 0.05", "depth-weighted")]
)
def test_a_plan_says_what_auto_chose_and_why(tmp_path: Path, slices: int, more: str, name: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.format(slices=slices, more=more))
    plan = plan_corpus(load_corpus(path))
    assert plan.simulator == name
    assert "minutes" in plan.reason or "surrogate" in plan.reason
