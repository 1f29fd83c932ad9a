from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus import publish, quality
from synthfib.corpus.build import build_corpus
from synthfib.corpus.checksums import SUMS, files_below, parse_sums, sums_text
from synthfib.corpus.licence import licence
from synthfib.corpus.load import Corpus
from synthfib.corpus.manifest import file_sha256
from synthfib.corpus.publish import publish_corpus, publishing_problems
from synthfib.corpus.quality import OTSU_BAND, best_shift, blank, otsu_dice
from synthfib.corpus.verify import verify_corpus
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = CorpusRecipe(
        schema="synthfib/corpus@1",
        name="tiny",
        title="Tiny",
        version="1.2.3",
        license="CC0-1.0",
        seed=7,
        materials=("npg",),
        microscope="helios-g3-multi-voltage",
        energies_kev=(2.0,),
        voxel_size_nm=2.5,
        slices=6,
        pixels=(48, 48),
        splits=SplitSizes(train=1, validation=0, test=1),
    )
    out = tmp_path_factory.mktemp("corpora") / "original"
    build_corpus(recipe, out)
    return out


@pytest.fixture
def corpus(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "corpus"))


@pytest.fixture(scope="module")
def stack(original: Path) -> ImageStack:
    return Corpus.open(original).read("train-000")


def exchanged(stack: ImageStack) -> ImageStack:
    assert stack.labels is not None
    return replace(stack, labels=1 - stack.labels)


def solved(stack: ImageStack) -> ImageStack:
    assert stack.labels is not None
    return replace(stack, images=stack.labels[None] * np.uint8(200))


def noise(stack: ImageStack) -> ImageStack:
    return replace(stack, images=np.random.default_rng(0).integers(0, 255, stack.shape, dtype=np.uint8))


def moved(stack: ImageStack, by: tuple[int, int, int]) -> ImageStack:
    return replace(stack, images=np.roll(stack.images, by, axis=(1, 2, 3)))


def test_a_good_volume(stack: ImageStack) -> None:
    assert blank(stack) == ()
    assert OTSU_BAND[0] < otsu_dice(stack) < OTSU_BAND[1]
    assert best_shift(stack) == (0, 0, 0)


@pytest.mark.parametrize(("spoilt", "dice"), [(exchanged, (0, 0.45)), (solved, (0.999, 1)), (noise, (0.3, 0.52))])
def test_otsu_outside_its_band(stack: ImageStack, spoilt: Callable[[ImageStack], ImageStack], dice: tuple[float, float]) -> None:
    assert dice[0] <= otsu_dice(spoilt(stack)) <= dice[1]
    assert not OTSU_BAND[0] <= otsu_dice(spoilt(stack)) <= OTSU_BAND[1]


@pytest.mark.parametrize("by", [(0, 1, 0), (0, 0, -2), (0, 2, 3), (1, 0, 0), (-1, 0, 0)])
def test_shifted_images(stack: ImageStack, by: tuple[int, int, int]) -> None:
    assert best_shift(moved(stack, by)) == by


def test_drift_that_is_recorded_is_no_shift(stack: ImageStack) -> None:
    drift = np.full((*stack.shape[:2], 2), (5.0, -2.5), np.float32)  # 2 pixels down, 1 to the left
    assert best_shift(replace(moved(stack, (0, 2, -1)), displacement_nm=drift)) == (0, 0, 0)
    assert best_shift(moved(stack, (0, 2, -1))) == (0, 2, -1)


def test_blank_volumes(stack: ImageStack) -> None:
    assert blank(replace(stack, images=np.full_like(stack.images, 7))) == ("the images at 2 keV in-lens-bse are constant",)
    assert blank(replace(stack, labels=np.ones_like(stack.labels))) == ("the labels are constant",)


@pytest.mark.slow
def test_every_small_edition_of_the_catalogue_can_be_published(tmp_path: Path, synthfib: Run) -> None:
    for name in ("quickstart", "hnpg-multivoltage", "ec-hpc-film"):
        assert synthfib("build", name, "--small", "--out", tmp_path / name).code == 0
        assert publishing_problems(tmp_path / name) == ()


def test_a_folder(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "published"
    assert publish_corpus(corpus, str(out), dry_run=True).sent is False
    assert not out.exists()
    done = publish_corpus(corpus, str(out))
    assert done.sent
    assert (done.name, done.version, done.problems) == ("tiny", "1.2.3", ())
    assert {name: (out / name).read_bytes() for name in (*files_below(out), SUMS)} == {
        name: (corpus / name).read_bytes() for name in (*files_below(corpus), SUMS)
    }
    assert done.files.keys() == {*files_below(corpus), SUMS}
    assert not publish_corpus(corpus, str(out)).sent


def test_another_corpus_or_version_is_not_overwritten(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "published"
    publish_corpus(corpus, str(out))
    (out / SUMS).write_text("0" * 64 + "  README.md\n")
    with pytest.raises(InputError, match=r"holds something else than tiny 1\.2\.3"):
        publish_corpus(corpus, str(out))
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/thesis.tex").write_text("precious")
    with pytest.raises(InputError, match="holds something else"):
        publish_corpus(corpus, str(tmp_path / "thesis"))
    assert (tmp_path / "thesis/thesis.tex").read_text() == "precious"


def test_a_corpus_does_not_fit_into_itself(corpus: Path) -> None:
    for out in (corpus, corpus / "copy", corpus.parent):
        with pytest.raises(InputError, match="into itself"):
            publish_corpus(corpus, str(out))


def test_a_copy_that_fails_leaves_nothing(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "shelf").mkdir()
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        publish_corpus(corpus, str(tmp_path / "shelf/published"))
    assert list((tmp_path / "shelf").iterdir()) == []


def sign_again(corpus: Path) -> None:
    sums, _ = parse_sums((corpus / SUMS).read_text())
    (corpus / SUMS).write_text(sums_text({name: file_sha256(corpus / name) for name in sums}))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("license: cc0-1.0", "license: cc-by-4.0", "README.md: its licence is 'cc-by-4.0', that of recipe.yaml is 'CC0-1.0'."),
        ("pretty_name: Tiny\n", "", "README.md: its header lacks pretty_name."),
        ("---\nlicense", "license", "README.md: its header lacks license, pretty_name, task_categories, tags, size_categories, configs."),
        ("(card/figures.png)", "(card/figure.png)", "README.md: its picture 'card/figure.png' is not there."),
        ("## Use it\n", "## Nothing\n\n## Use it\n", "README.md: its section 'Nothing' is empty."),
        ("# Tiny\n", "", "README.md: it needs a title and sections on content, use and origin."),
    ],
)
def test_a_poor_card(corpus: Path, old: str, new: str, problem: str) -> None:
    card = (corpus / "README.md").read_text()
    assert old in card
    (corpus / "README.md").write_text(card.replace(old, new, 1))
    sign_again(corpus)
    assert publishing_problems(corpus) == (problem,)


def test_a_card_of_other_bytes(corpus: Path) -> None:
    (corpus / "README.md").write_bytes(b"\xff\xfe")
    sign_again(corpus)
    assert publishing_problems(corpus)[0].startswith("README.md: cannot be read")


def test_an_unknown_licence(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "licence", lambda name: replace(licence(name), url=None))
    assert publishing_problems(corpus)[0].startswith("recipe.yaml: the licence 'CC0-1.0' is not one of the known")


def test_all_problems_are_listed_at_once_and_nothing_is_sent(corpus: Path, tmp_path: Path, synthfib: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (corpus / "notes.txt").write_text("x")
    monkeypatch.setattr(publish, "OTSU_BAND", (0.99, 1.0))
    shown = synthfib("publish", corpus, "--to", tmp_path / "out", "--json")
    assert shown.code == 1
    assert [problem.split(":")[0] for problem in shown.json["problems"]] == ["notes.txt", "volumes/train-000.h5", "volumes/test-000.h5"]
    assert "outside 0.99 to 1" in shown.json["problems"][1]
    assert not shown.json["sent"]
    assert not (tmp_path / "out").exists()
    (corpus / "notes.txt").unlink()
    assert synthfib("publish", corpus, "--to", tmp_path / "out", "--accept-otsu").code == 0
    assert verify_corpus(tmp_path / "out").problems == ()


def test_misaligned_volumes_are_named(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "best_shift", lambda stack: (0, 1, 0))
    assert publishing_problems(corpus)[0] == (
        "volumes/train-000.h5: images and labels are not aligned: they fit better after a shift by (0, 1, 0) (slice, y, x)."
    )


def test_what_is_no_corpus(tmp_path: Path, synthfib: Run) -> None:
    shown = synthfib("publish", tmp_path, "--to", tmp_path / "out")
    assert shown.code == 2
    assert "is not a corpus" in shown.err


def test_quality_needs_labels(stack: ImageStack) -> None:
    with pytest.raises(InputError, match="only where there are labels"):
        otsu_dice(stack.without_truth())
    assert quality.blank(stack.without_truth()) == ()
