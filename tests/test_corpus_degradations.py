"""Microscope recipes name degradations, and corpora have them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.catalogue import CorpusRecipe, MicroscopeRecipe, SplitSizes, dump_recipe, load_microscope
from synthfib.corpus.build import build_corpus
from synthfib.corpus.recipe import resolve
from synthfib.corpus.verify import verify_corpus
from synthfib.data.readers import read_stack
from synthfib.errors import InputError, RecipeError, UnknownNameError

WORN = {"drift": {"step_nm": {"uniform": (6.0, 9.0)}}, "point-spread": {"fwhm_nm": (5.0, 9.0)}, "gaussian-noise": {"variance": 0.001}}


def corpus(folder: Path, degradations: Any) -> CorpusRecipe:
    worn = load_microscope("helios-g3-multi-voltage").model_dump(mode="json", by_alias=True) | {"name": "worn", "degradations": degradations}
    (folder / "worn.yaml").write_text(dump_recipe(MicroscopeRecipe.model_validate(worn, strict=False)))
    return CorpusRecipe(
        schema="synthfib/corpus@1",
        name="worn",
        title="Worn",
        version="1.0.0",
        license="CC0-1.0",
        seed=7,
        materials=("npg",),
        microscope=str(folder / "worn.yaml"),
        energies_kev=(1.0, 2.0),
        voxel_size_nm=5.0,
        slices=4,
        pixels=(32, 24),
        splits=SplitSizes(train=2, validation=0, test=0),
    )


def test_a_corpus_has_the_degradations_of_its_microscope(tmp_path: Path) -> None:
    manifest = build_corpus(corpus(tmp_path, WORN), tmp_path / "worn").manifest
    assert verify_corpus(tmp_path / "worn").problems == ()
    drawn = [volume.degradations for volume in manifest.volumes]
    for strengths, volume in zip(drawn, manifest.volumes, strict=True):
        assert set(strengths) == {*WORN, "dose-noise"}
        assert 6 <= strengths["drift"]["step_nm"] <= 9
        assert 5 <= strengths["point-spread"]["fwhm_nm"] <= 9
        stack = read_stack(tmp_path / "worn" / volume.file)
        assert stack.displacement_nm is not None
        assert np.abs(stack.displacement_nm).max() > 1
        names = [step.name for step in stack.provenance.steps]
        assert names[-4:] == ["point-spread", "drift", "dose-noise", "gaussian-noise"]
    assert drawn[0] != drawn[1]


def test_the_same_recipe_gives_the_same_bytes(tmp_path: Path) -> None:
    recipe = corpus(tmp_path, "bad-day")
    first, second = (build_corpus(recipe, tmp_path / name).manifest for name in ("a", "b"))
    assert [volume.sha256 for volume in first.volumes] == [volume.sha256 for volume in second.volumes]


def test_recipes_without_degradations_keep_their_digest(tmp_path: Path) -> None:
    plain, worn = resolve(corpus(tmp_path, None)).digest, resolve(corpus(tmp_path, WORN)).digest
    assert plain != worn
    assert "degradations" not in dump_recipe(load_microscope("helios-g3-multi-voltage"))


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        ("badday", UnknownNameError, "bad-day"),
        ({"drif": {"step_nm": 1.0}}, UnknownNameError, "drift"),
        ({"drift": {"step_nm": -1.0}}, InputError, "0 to 1000"),
        ({"dose-noise": {"beam_current_pa": 1.0, "dwell_time_us": 1.0}}, RecipeError, "dose-noise"),
    ],
)
def test_degradations_that_cannot_be_used_are_refused_before_any_work(tmp_path: Path, wrong: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        build_corpus(corpus(tmp_path, wrong), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("5", "degradations.preset must be text"),
        ("{drift: 3}", "degradations.drift must be a mapping"),
        ("{drift: {step_nm: true}}", r"degradations.drift.step_nm must be a number, a range \[low, high\], or one law"),
        ("{drift: {step_nm: [1, 2, 3]}}", "a range"),
        ("{drift: {step_nm: {unifrm: [1, 2]}}}", "log-uniform"),
        ("{drift: {step_nm: {uniform: 2}}}", "one law with its numbers"),
    ],
)
def test_a_recipe_with_a_wrong_form_is_one_sentence(tmp_path: Path, wrong: str, said: str) -> None:
    text = dump_recipe(load_microscope("helios-g3-multi-voltage"))
    (tmp_path / "worn.yaml").write_text(f"{text}degradations: {wrong}\n")
    with pytest.raises(RecipeError, match=said) as raised:
        load_microscope(tmp_path / "worn.yaml")
    assert "problems" not in str(raised.value)


def test_what_does_not_fit_the_faces_is_known_before_the_simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("simulated in vain")

    monkeypatch.setattr("synthfib.corpus.acquire.render", never)
    with pytest.raises(InputError, match="smaller than the image"):
        build_corpus(corpus(tmp_path, {"point-spread": {"fwhm_nm": 900.0}}), tmp_path / "out")
