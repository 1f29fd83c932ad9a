"""OME-Zarr images: valid NGFF 0.5, sizes in nanometres, pyramids whose levels lie on top of each other."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data.ome_zarr import write_ome_zarr
from synthfib.errors import MissingDependencyError

zarr: Any = pytest.importorskip("zarr")
SIZE_NM = (10.16, 2.5, 3.0)
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 255, (2, 3, 131, 260), dtype=np.uint8)
LABELS = RNG.integers(0, 3, (3, 131, 260), dtype=np.uint8)


@pytest.fixture
def image(tmp_path: Path) -> Any:
    attributes = {"positions_nm": [0.0, 8.0, 20.32]}
    names = {"channel_names": ["1 keV bse", "2 keV bse"], "phase_names": ["epoxy", "gold", "nickel"]}
    write_ome_zarr(tmp_path / "v.ome.zarr", PIXELS, name="v", voxel_size_nm=SIZE_NM, labels=LABELS, attributes=attributes, **names)
    return zarr.open_group(tmp_path / "v.ome.zarr", mode="r")


def scale_of(group: Any, level: int) -> tuple[list[str], list[float], list[float]]:
    multiscale = group.attrs["ome"]["multiscales"][0]
    scale, translation = multiscale["datasets"][level]["coordinateTransformations"]
    return [axis.get("unit") for axis in multiscale["axes"]], scale["scale"], translation["translation"]


def test_zarr_reads_pixels_and_sizes(image: Any) -> None:
    assert np.array_equal(image["0"][:], PIXELS)
    assert image["0"].metadata.dimension_names == ("c", "z", "y", "x")
    assert scale_of(image, 0) == ([None, "nanometer", "nanometer", "nanometer"], [1, 10.16, 2.5, 3.0], [0, 0, 0, 0])
    assert image.attrs["synthfib"] == {"positions_nm": [0.0, 8.0, 20.32]}
    assert [channel["label"] for channel in image.attrs["ome"]["omero"]["channels"]] == ["1 keV bse", "2 keV bse"]


def test_labels_belong_to_the_image(image: Any) -> None:
    assert image["labels"].attrs["ome"] == {"version": "0.5", "labels": ["solid"]}
    solid = image["labels/solid"]
    assert np.array_equal(solid["0"][:], LABELS)
    assert scale_of(solid, 0) == (["nanometer"] * 3, [10.16, 2.5, 3.0], [0, 0, 0])
    properties = solid.attrs["ome"]["image-label"]["properties"]
    assert [(entry["label-value"], entry["phase"]) for entry in properties] == [(0, "epoxy"), (1, "gold"), (2, "nickel")]


def test_a_level_is_the_mean_of_four_pixels_and_lies_between_them(image: Any) -> None:
    assert sorted(image.array_keys()) == sorted(image["labels/solid"].array_keys()) == ["0", "1"]
    assert image["1"].shape == (2, 3, 65, 130)
    assert image["1"][1, 2, 10, 20] == np.floor(PIXELS[1, 2, 20:22, 40:42].mean() + 0.5)
    assert scale_of(image, 1)[1:] == ([1, 10.16, 5.0, 6.0], [0, 0, 1.25, 1.5])
    coarse = image["labels/solid"]["1"][:]
    quarters = np.stack([LABELS[:, i:130:2, j:260:2] for i in (0, 1) for j in (0, 1)])
    assert (coarse == quarters).any(axis=0).all()
    same = (quarters == quarters[0]).sum(axis=0) >= 3
    assert np.array_equal(coarse[same], quarters[0][same])


def test_ngff_accepts_it(image: Any) -> None:
    models: Any = pytest.importorskip("ome_zarr_models.v05", reason="the validator of NGFF is for development")
    valid = models.Image.from_zarr(image)
    assert valid.labels is not None
    assert valid.attributes.ome.version == "0.5"
    assert models.ImageLabel.from_zarr(image["labels/solid"]).attributes.ome.image_label.source.image == "../../"


def test_a_map_of_truth_is_an_image_without_labels(tmp_path: Path) -> None:
    depth = np.full((1, 2, 128, 128), np.inf, np.float32)
    depth[..., 64:] = 2.5
    write_ome_zarr(tmp_path / "d.ome.zarr", depth, name="depth", channel_names=["depth"], voxel_size_nm=SIZE_NM)
    image = zarr.open_group(tmp_path / "d.ome.zarr", mode="r")
    assert np.array_equal(image["1"][0, 0, 0, [0, 63]], np.array([np.inf, 2.5], np.float32))
    assert "labels" not in image
    metadata = json.loads((tmp_path / "d.ome.zarr/zarr.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert metadata["attributes"]["ome"]["omero"]["channels"][0]["window"]["end"] == 2.5


def test_zarr_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingDependencyError, match=r"synthfib\[export\]"):
        write_ome_zarr(tmp_path / "v.ome.zarr", PIXELS, name="v", channel_names=["a", "b"], voxel_size_nm=SIZE_NM)
