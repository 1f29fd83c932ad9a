"""Corpora and stacks for other programs: every file read back by the library that its program uses, whole or absent."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from synthfib.catalogue import CorpusRecipe, SplitSizes
from synthfib.corpus.build import build_corpus
from synthfib.corpus.export import MARKER, RECORD, export_corpus
from synthfib.corpus.export_formats import FORMATS
from synthfib.corpus.load import Corpus
from synthfib.data.milling import MillingPlan
from synthfib.data.readers import read_stack
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.writers import write_stack
from synthfib.errors import InputError, MissingDependencyError, UnknownNameError
from synthfib.physics.materials import material

POSITIONS_NM = np.array([0.0, 8.0, 21.0, 30.48])
SIZE_NM = (10.16, 2.5, 3.0)
PACKAGES = {"imagej": "tifffile", "ome-zarr": "zarr", "nifti": "nibabel", "nnunet": "nibabel", "vtk": "numpy", "mrc": "mrcfile"}


def make_stack() -> ImageStack:
    rng = np.random.default_rng(0)
    shape = (4, 5, 6)
    labels = rng.integers(0, 2, shape, dtype=np.uint8)
    return ImageStack(
        rng.integers(0, 255, (2, *shape), dtype=np.uint8),
        (Channel(1.0), Channel(2.0, "in-lens BSE")),
        MillingPlan(POSITIONS_NM, SIZE_NM[1:], measured_positions_nm={"nominal": np.linspace(0.0, 30.0, 4)}),
        labels,
        (material("epoxy"), material("gold")),
        depth_to_solid_nm=np.where(labels == 1, np.float32(0), np.float32(np.inf)),
        shine_through=rng.integers(0, 255, (2, *shape), dtype=np.uint8),
    )


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    write_stack(tmp_path / "s.h5", make_stack())
    return tmp_path / "s.h5"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = CorpusRecipe(
        schema="synthfib/corpus@1",
        name="tiny",
        title="Tiny",
        version="1.2.3",
        license="CC0-1.0",
        seed=7,
        materials=("npg",),
        microscope="helios-g3-multi-voltage",
        energies_kev=(1.0, 2.0),
        voxel_size_nm=5.0,
        slices=2,
        pixels=(8, 8),
        splits=SplitSizes(train=2, validation=1, test=1),
    )
    out = tmp_path_factory.mktemp("corpora") / "tiny"
    build_corpus(recipe, out)
    return out


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("to", FORMATS)
def test_equal_volumes_give_equal_bytes(corpus: Path, tmp_path: Path, to: str) -> None:
    pytest.importorskip(PACKAGES[to])
    folders = [tmp_path / name / "Dataset501_Gold" for name in ("a", "b")]
    for folder in folders:
        done = export_corpus(corpus, folder, to, truth=to != "nnunet")
        assert done.volumes == ("train-000", "train-001", "validation-000", "test-000")
        assert not (folder / MARKER).exists()
    first, second = map(files_in, folders)
    assert first == second
    assert len(first) > 4
    record = json.loads(first[RECORD])
    assert (record["format"], record["corpus"], record["version"]) == (to, "tiny", "1.2.3")
    assert record["content_digest"] == Corpus.open(corpus).digest
    assert not any(str(tmp_path).encode() in content for content in first.values())


def test_imagej_reads_a_hyperstack(stack_file: Path, tmp_path: Path) -> None:
    stack: Any = make_stack()
    export_corpus(stack_file, tmp_path / "out", "imagej", truth=True)
    with tifffile.TiffFile(tmp_path / "out/s.tif") as file:
        series, imagej, tags = file.series[0], file.imagej_metadata or {}, file.pages[0].tags  # type: ignore[union-attr]
        assert series.axes == "ZCYX"
        assert np.array_equal(series.asarray(), stack.images.swapaxes(0, 1))
        assert (imagej["spacing"], imagej["unit"], imagej["hyperstack"], imagej["mode"]) == (10.16, "nm", True, "grayscale")
        size = [tags[name].value[1] / tags[name].value[0] for name in ("XResolution", "YResolution")]
        assert size == pytest.approx([3.0, 2.5])
        assert imagej["Labels"][:3] == ["0.00 nm, 1 keV bse", "0.00 nm, 2 keV in-lens BSE", "8.00 nm, 1 keV bse"]
        assert len(imagej["Labels"]) == 8
    with tifffile.TiffFile(tmp_path / "out/s_labels.tif") as file:
        imagej = file.imagej_metadata or {}
        assert np.array_equal(file.asarray(), stack.labels)
        assert (imagej["spacing"], imagej["min"], imagej["max"], imagej["Labels"][3]) == (10.16, 0, 1, "30.48 nm")
    assert np.array_equal(tifffile.imread(tmp_path / "out/s_depth_to_solid_nm.tif"), stack.depth_to_solid_nm)
    assert tifffile.imread(tmp_path / "out/s_shine_through.tif").shape == (4, 2, 5, 6)


def test_what_imagej_gets_can_be_read_again(stack_file: Path, tmp_path: Path) -> None:
    export_corpus(stack_file, tmp_path / "s.tif", "imagej")
    back = read_stack(tmp_path / "s.tif")
    assert back.channels == make_stack().channels
    assert np.array_equal(back.plan.positions_nm, POSITIONS_NM)


def test_mrc_has_angstrom(stack_file: Path, tmp_path: Path) -> None:
    mrcfile: Any = pytest.importorskip("mrcfile")
    stack: Any = make_stack()
    export_corpus(stack_file, tmp_path / "out", "mrc", truth=True)
    expected = {
        "1kev-bse": stack.images[0],
        "2kev-in-lens-bse": stack.images[1],
        "labels": stack.labels,
        "depth_to_solid_nm": stack.depth_to_solid_nm,
    }
    for layer, pixels in expected.items():
        assert mrcfile.validate(tmp_path / f"out/s_{layer}.mrc")
        with mrcfile.open(tmp_path / f"out/s_{layer}.mrc") as file:
            assert file.voxel_size.tolist() == pytest.approx((30.0, 25.0, 101.6))
            assert np.array_equal(file.data, pixels)


def test_nifti_has_a_file_for_every_channel(stack_file: Path, tmp_path: Path) -> None:
    nibabel: Any = pytest.importorskip("nibabel")
    export_corpus(stack_file, tmp_path / "out", "nifti")
    assert sorted(files_in(tmp_path / "out")) == [RECORD, "s_1kev-bse.nii.gz", "s_2kev-in-lens-bse.nii.gz", "s_labels.nii.gz", "s_positions.csv"]
    stack: Any = make_stack()
    for layer, pixels in {"2kev-in-lens-bse": stack.images[1], "labels": stack.labels}.items():
        image = nibabel.load(tmp_path / f"out/s_{layer}.nii.gz")
        assert image.header.get_zooms() == pytest.approx((3.0e-6, 2.5e-6, 10.16e-6))
        assert np.array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), pixels)


def test_ome_zarr_has_labels_and_true_positions(stack_file: Path, tmp_path: Path) -> None:
    zarr: Any = pytest.importorskip("zarr")
    stack: Any = make_stack()
    export_corpus(stack_file, tmp_path / "v.ome.zarr", "ome-zarr", truth=True)
    image = zarr.open_group(tmp_path / "v.ome.zarr", mode="r")
    assert np.array_equal(image["0"][:], stack.images)
    assert np.array_equal(image["labels/solid/0"][:], stack.labels)
    assert image.attrs["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"] == [1, *SIZE_NM]
    assert image.attrs["synthfib"] == {"positions_nm": POSITIONS_NM.tolist(), "measured_positions_nm": {"nominal": [0, 10, 20, 30]}}
    assert np.array_equal(zarr.open_array(tmp_path / "v_shine_through.ome.zarr/0", mode="r")[:], stack.shine_through)
    assert zarr.open_array(tmp_path / "v_depth_to_solid_nm.ome.zarr/0", mode="r").shape == (1, 4, 5, 6)


def test_vtk_keeps_every_thickness(stack_file: Path, tmp_path: Path) -> None:
    export_corpus(stack_file, tmp_path / "s.vtr", "vtk")
    content = (tmp_path / "s.vtr").read_bytes()
    edges = np.array([0.0, 8.0, 21.0, 30.48, 30.48 + 10.16])
    assert edges.tobytes() in content
    for name in (b'Name="1kev-bse"', b'Name="2kev-in-lens-bse"', b'Name="labels"'):
        assert name in content


@pytest.mark.parametrize("to", [name for name in FORMATS if name != "nnunet"])
def test_a_measured_stack_has_no_labels_to_copy(tmp_path: Path, to: str) -> None:
    pytest.importorskip(PACKAGES[to])
    write_stack(tmp_path / "measured.h5", make_stack().without_truth())
    export_corpus(tmp_path / "measured.h5", tmp_path / "out", to, truth=True)
    names = files_in(tmp_path / "out")
    assert not any("labels" in name or "depth" in name or "shine" in name for name in names)
    assert "measured_positions.csv" in names


def test_nnunet_splits_the_corpus(corpus: Path, tmp_path: Path) -> None:
    pytest.importorskip("nibabel")
    export_corpus(corpus, tmp_path / "Dataset501_Gold", "nnunet")
    files = files_in(tmp_path / "Dataset501_Gold")
    expected = {f"images{to}/{name}_000{channel}.nii.gz" for name, to in _DESTINATIONS.items() for channel in (0, 1)}
    expected |= {f"labels{to}/{name}.nii.gz" for name, to in _DESTINATIONS.items()} | {f"positions/{name}.csv" for name in _DESTINATIONS}
    assert set(files) == expected | {"dataset.json", "splits_final.json", RECORD}
    assert json.loads(files["dataset.json"])["numTraining"] == 3


_DESTINATIONS = {"train-000": "Tr", "train-001": "Tr", "validation-000": "Tr", "test-000": "Ts"}


def test_volumes_are_chosen_by_split_and_name(corpus: Path, tmp_path: Path) -> None:
    assert export_corpus(corpus, tmp_path / "a", "imagej", split="train").volumes == ("train-000", "train-001")
    assert export_corpus(corpus, tmp_path / "b", "imagej", volumes=["test-000", "train-001"]).volumes == ("train-001", "test-000")
    assert export_corpus(corpus, tmp_path / "v.tif", "imagej", volumes=["test-000"]).n_files == 3
    assert sorted(file.name for file in tmp_path.glob("v*")) == ["v.tif", "v_labels.tif", "v_positions.csv"]


@pytest.mark.parametrize(
    ("out", "to", "options", "sentence"),
    [
        ("out", "nrrd", {}, "Unknown export format 'nrrd': known: imagej, mrc,"),
        ("out", "imagej", {"split": "tests"}, "Unknown split 'tests': did you mean test?"),
        ("out", "imagej", {"volumes": ["train-007"]}, "Unknown volume 'train-007'"),
        ("out", "imagej", {"volumes": ["train-000"], "split": "test"}, "None of the volumes train-000 is in the test split"),
        ("out.tif", "imagej", {}, "One file cannot hold 4 volumes"),
        ("out.nii.gz", "nifti", {}, "needs the name of a folder, got"),
        ("out.zarr", "ome-zarr", {}, "needs the name of a folder or of a .ome.zarr file, got"),
        ("out", "nnunet", {}, "DatasetNNN_Name, got 'out'"),
        ("Dataset501_Gold", "nnunet", {"truth": True}, "no place for truth maps"),
    ],
)
def test_what_cannot_be_exported_leaves_nothing(corpus: Path, tmp_path: Path, out: str, to: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        export_corpus(corpus, tmp_path / out, to, **options)
    assert sentence in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_stack_has_no_splits_and_a_corpus_takes_no_exports(corpus: Path, stack_file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"chosen from a corpus, .* is no folder"):
        export_corpus(stack_file, tmp_path / "out", "imagej", split="train")
    with pytest.raises(InputError, match="stands beside its corpus"):
        export_corpus(corpus, corpus / "exports", "imagej", force=True)
    with pytest.raises(InputError, match="there is none"):
        export_corpus(tmp_path / "none.h5", tmp_path / "out", "imagej")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("to", "module"), [("ome-zarr", "zarr"), ("nifti", "nibabel"), ("nnunet", "nibabel"), ("mrc", "mrcfile")])
def test_a_missing_package_is_named_before_anything_is_written(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=rf"package '{module}'.*synthfib\[export\]"):
        export_corpus(corpus, tmp_path / "Dataset501_Gold", to)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to", ["imagej", "ome-zarr", "nnunet"])
def test_a_stopped_export_goes_on(corpus: Path, tmp_path: Path, to: str) -> None:
    pytest.importorskip(PACKAGES[to])
    out, whole = tmp_path / "Dataset501_Gold", tmp_path / "Dataset502_Gold"

    def stop(share: float, note: str) -> None:
        if share > 0.55:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_corpus(corpus, out, to, on_progress=stop)
    assert json.loads((out / MARKER).read_bytes())["done"] == ["train-000", "train-001"]
    (out / ".tmp-killed").mkdir()
    (out / ".tmp-killed/chunk").touch()
    with pytest.raises(InputError, match="--force"):
        export_corpus(corpus, out, to, split="train")
    complete = {name for name in files_in(out) if "train-00" in name}
    before = {name: (out / name).stat().st_mtime_ns for name in complete}
    resumed = export_corpus(corpus, out, to)
    assert before == {name: (out / name).stat().st_mtime_ns for name in complete}
    assert 0 < resumed.n_files < export_corpus(corpus, whole, to).n_files
    assert files_in(out) == files_in(whole)


def test_an_export_that_was_killed_before_its_first_act_starts_anew(stack_file: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/.tmp-abcd1234.json").touch()
    export_corpus(stack_file, tmp_path / "out", "imagej")
    assert sorted(files_in(tmp_path / "out")) == [RECORD, "s.tif", "s_labels.tif", "s_positions.csv"]


def test_a_file_is_whole_or_absent(stack_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zarr: Any = pytest.importorskip("zarr")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr.Group, "create_array", fail)
    with pytest.raises(OSError, match="No space left"):
        export_corpus(stack_file, tmp_path / "v.ome.zarr", "ome-zarr")
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.h5"]


def test_nothing_is_replaced_unasked(stack_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_corpus(stack_file, out, "imagej")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    (out / "s.tif").write_bytes(b"")
    with pytest.raises(InputError, match="choose a new folder, or write into this one with --force"):
        export_corpus(stack_file, out, "imagej")
    assert (out / "s.tif").read_bytes() == b""
    export_corpus(stack_file, out, "imagej", force=True)
    assert read_stack(out / "s.tif").shape == (2, 4, 5, 6)
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_folder_is_replaced_only_if_it_is_an_image(stack_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    out = tmp_path / "v.ome.zarr"
    out.mkdir()
    (out / "photo.jpg").touch()
    with pytest.raises(InputError, match="must not exist yet"):
        export_corpus(stack_file, out, "ome-zarr", force=True)
    assert (out / "photo.jpg").exists()
    (out / "photo.jpg").unlink()
    out.rmdir()
    export_corpus(stack_file, out, "ome-zarr")
    with pytest.raises(InputError, match="must not exist yet"):
        export_corpus(stack_file, out, "ome-zarr")
    (out / "labels/stale").touch()
    export_corpus(stack_file, out, "ome-zarr", force=True)
    assert not (out / "labels/stale").exists()


def test_progress_ends_at_one(corpus: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    export_corpus(corpus, tmp_path / "out", "imagej", on_progress=lambda share, note: shares.append(share))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    with pytest.raises(UnknownNameError, match="did you mean imagej"):
        export_corpus(corpus, tmp_path / "other", "imageJ")
