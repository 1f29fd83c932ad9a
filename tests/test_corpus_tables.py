from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus import part
from synthfib.corpus.build import build_corpus
from synthfib.corpus.load import Corpus
from synthfib.corpus.manifest import slices_file
from synthfib.corpus.recipe import resolve
from synthfib.corpus.tables import image_columns, write_slices
from synthfib.data.stack import Channel
from synthfib.errors import InputError


def tiny(**changes: Any) -> CorpusRecipe:
    recipe = CorpusRecipe(
        schema="synthfib/corpus@1",
        name="tiny",
        title="Tiny",
        version="1.0.0",
        license="CC0-1.0",
        seed=7,
        materials=("npg",),
        microscope="helios-g3-multi-voltage",
        energies_kev=(0.5, 2.0),
        voxel_size_nm=5.0,
        slices=3,
        pixels=(16, 12),
        splits=SplitSizes(train=2, validation=0, test=1),
    )
    return recipe.model_copy(update=changes)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tables") / "corpus"
    build_corpus(tiny(), out)
    return out


def test_columns_are_named_after_channels() -> None:
    channels = [Channel(2.0, "in-lens-bse"), Channel(0.5), Channel(2.0, "In Lens BSE"), Channel(20.0), Channel(1.25, "ETD/2")]
    assert image_columns(channels) == (
        "image_2kev_in_lens_bse",
        "image_0p5kev_bse",
        "image_2kev_in_lens_bse__2",
        "image_20kev_bse",
        "image_1p25kev_etd_2",
    )


def test_the_manifest_lists_every_table(built: Path) -> None:
    tables = Corpus.open(built).manifest.tables
    assert [(table.config, table.split, table.rows) for table in tables] == [
        ("slices", "train", 3),
        ("slices", "train", 3),
        ("slices", "test", 3),
        ("volumes", "train", 2),
        ("volumes", "test", 1),
    ]
    assert sorted(table.file for table in tables) == sorted(path.relative_to(built).as_posix() for path in built.rglob("*.parquet"))


def test_slices_say_where_they_are(built: Path) -> None:
    rows = pq.read_table(built / "tables/slices/train-00001-of-00002.parquet").to_pylist()
    stack = Corpus.open(built).read("train-001")
    assert stack.labels is not None
    assert [row["slice"] for row in rows] == [0, 1, 2]
    assert [row["position_nm"] for row in rows] == stack.plan.positions_nm.tolist()
    assert [row["thickness_to_next_nm"] for row in rows] == [*stack.plan.thickness_nm.tolist(), None]
    assert [row["nominal_position_nm"] for row in rows] == stack.plan.measured_positions_nm["nominal"].tolist()
    assert [row["solid_fraction"] for row in rows] == [float(np.mean(face != 0)) for face in stack.labels]
    assert {(row["volume"], row["structure"], row["material"], row["pixel_size_nm"]) for row in rows} == {
        ("train-001", "train-001", "nanoporous-gold", 5.0)
    }


def test_measured_positions_become_columns(tmp_path: Path) -> None:
    resolved = resolve(tiny())
    law = resolved.thickness
    from synthfib.corpus.volume import make_stack, make_structure
    from synthfib.data.milling import MillingPlan

    place = resolved.places[0]
    stack = make_stack(resolved, place, make_structure(resolved, place))
    assert law.measurement is None
    object.__setattr__(stack, "plan", MillingPlan(stack.plan.positions_nm, (5.0, 5.0), measured_positions_nm={"ruler": np.arange(3.0)}))
    path = tmp_path / slices_file(resolved, place)
    path.parent.mkdir(parents=True)
    write_slices(resolved, place, stack, tmp_path)
    assert pq.read_table(path).column("ruler_position_nm").to_pylist() == [0.0, 1.0, 2.0]


def test_channels_are_in_the_metadata(built: Path) -> None:
    metadata = pq.read_schema(built / "tables/slices/test-00000-of-00001.parquet").metadata
    assert json.loads(metadata[b"synthfib"]) == {
        "corpus": "tiny",
        "version": "1.0.0",
        "channels": [
            {"column": "image_0p5kev_in_lens_bse", "energy_kev": 0.5, "detector": "in-lens-bse"},
            {"column": "image_2kev_in_lens_bse", "energy_kev": 2.0, "detector": "in-lens-bse"},
        ],
    }


def test_volumes_have_their_figures(built: Path) -> None:
    corpus = Corpus.open(built)
    (row,) = pq.read_table(built / "tables/volumes/test-00000-of-00001.parquet").to_pylist()
    (entry,) = (volume for volume in corpus.manifest.volumes if volume.split == "test")
    thickness_nm = corpus.read("test-000").plan.thickness_nm
    assert row == {
        "volume": "test-000",
        "structure": "test-000",
        "material": "nanoporous-gold",
        "file": "volumes/test-000.h5",
        "n_channels": 2,
        "n_slices": 3,
        "height": 16,
        "width": 12,
        "solid_fraction": entry.solid_fraction,
        "pixel_size_nm": 5.0,
        "mean_thickness_nm": thickness_nm.mean(),
        "std_thickness_nm": thickness_nm.std(),
        "energies_kev": "[0.5, 2.0]",
        **{f"seed_{stage}": seed for stage, seed in entry.seeds.items()},
    }


def test_the_card_names_only_splits_that_are_there(built: Path) -> None:
    header = yaml.safe_load((built / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert header["configs"] == [
        {
            "config_name": name,
            **({"default": True} if name == "slices" else {}),
            "data_files": [{"split": split, "path": f"tables/{name}/{split}-*.parquet"} for split in ("train", "test")],
        }
        for name in ("slices", "volumes")
    ]


def test_one_slice_has_no_thickness(tmp_path: Path) -> None:
    build_corpus(tiny(slices=1, splits=SplitSizes(train=0, validation=0, test=1)), tmp_path)
    (row,) = pq.read_table(tmp_path / "tables/volumes/test-00000-of-00001.parquet").to_pylist()
    assert (row["mean_thickness_nm"], row["std_thickness_nm"]) == (None, None)
    (row,) = pq.read_table(tmp_path / "tables/slices/test-00000-of-00001.parquet").to_pylist()
    assert row["thickness_to_next_nm"] is None


def test_what_a_volume_withholds_its_table_withholds(built: Path, tmp_path: Path) -> None:
    resolved = resolve(tiny())
    place = resolved.places[2]
    file = slices_file(resolved, place)
    (tmp_path / file).parent.mkdir(parents=True)
    write_slices(resolved, place, Corpus.open(built).read("test-000").without_truth(), tmp_path)
    told, withheld = (pq.read_table(folder / file) for folder in (built, tmp_path))
    assert withheld.schema.equals(told.schema, check_metadata=True)
    for name in told.column_names:
        column = withheld.column(name)
        assert column.null_count == 3 if name in ("label", "solid_fraction") else column == told.column(name), name


@pytest.mark.parametrize("damage", ["missing", "truncated", "changed"])
def test_a_damaged_table_is_made_again_from_its_volume(damage: str, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = resolve(tiny())
    place = resolved.places[0]
    for folder in ("volumes", "tables/slices"):
        (tmp_path / folder).mkdir(parents=True)
    part.make_part(resolved, tmp_path, place)
    assert part.make_part(resolved, tmp_path, place)[1] is False
    table = tmp_path / slices_file(resolved, place)
    intact = table.read_bytes()
    position = intact.index(b"IDAT")
    table.write_bytes(intact[:-9] if damage == "truncated" else intact[:position] + b"jdat" + intact[position + 4 :])
    if damage == "missing":
        table.unlink()
    with pytest.raises(InputError):
        part.describe_part(resolved, place, tmp_path)
    monkeypatch.setattr(part, "make_structure", lambda *_: pytest.fail("the volume is there"))
    found, made = part.make_part(resolved, tmp_path, place)
    assert made
    assert table.read_bytes() == intact == (built / found.slices.file).read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("tables/slices/test-00000-of-00001.parquet", "../../etc/test-00000-of-00001.parquet", r"tables\.2\.file"),
        ("tables/slices/test-00000-of-00001.parquet", "/etc/passwd", r"tables\.2\.file"),
        ("tables/slices/test-00000-of-00001.parquet", "tables/slices/../x-00000-of-00001.parquet", r"tables\.2\.file"),
        ("tables/slices/test-00000-of-00001.parquet", "tables/slices/train-00009-of-00009.parquet", r"tables\.2: .*must agree"),
        ("tables/slices/test-00000-of-00001.parquet", "tables/volumes/test-00009-of-00009.parquet", r"tables\.2: .*must agree"),
        ("tables/slices/train-00001-of-00002.parquet", "tables/slices/train-00000-of-00002.parquet", "listed twice"),
        ("volumes/test-000.h5", "volumes/train-000.h5", r"volumes\.2: .*must agree"),
        ('"rows": 3', '"rows": 0', r"tables\.0\.rows"),
        ('"rows": 3', '"rows": "3"', r"tables\.0\.rows"),
        ('"config": "slices"', '"config": "harbor"', r"tables\.0\.config"),
        ('"config": "slices"', '"config": "slices", "script": "x.py"', r"tables\.0\.script"),
    ],
)
def test_a_hostile_manifest_is_one_sentence(old: str, new: str, where: str, built: Path, tmp_path: Path) -> None:
    text = (built / "manifest.json").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "manifest.json").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=rf"is damaged \(.*{where}") as caught:
        Corpus.open(tmp_path)
    assert "\n" not in str(caught.value)
