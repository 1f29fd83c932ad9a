"""Hostile HDF5 files: each is refused in one sentence, before anything is allocated for what it claims."""

from __future__ import annotations

import os
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from synthfib.data import untrusted
from synthfib.data.material import Material
from synthfib.data.milling import MillingPlan
from synthfib.data.readers import read_stack, read_volume
from synthfib.data.stack import Channel, ImageStack
from synthfib.data.untrusted import read_bounded
from synthfib.data.volume import LabelVolume
from synthfib.data.writers import write_stack, write_volume
from synthfib.errors import InputError, ResourceError, SynthfibError

Attack = Callable[[Any, Path], None]
PHASES = (Material("vacuum"), Material("gold", ((79, 1.0),), 19.3))
LABELS = np.random.default_rng(0).integers(0, 2, (3, 8, 8), dtype=np.uint8)


def replace(file: Any, name: str, **dataset: Any) -> Any:
    del file[name]
    return file.create_dataset(name, **dataset)


def external_link(file: Any, folder: Path) -> None:
    file.move("labels", "other")
    file["labels"] = h5py.ExternalLink("elsewhere.h5", "/labels")


def soft_link(file: Any, folder: Path) -> None:
    file.move("labels", "other")
    file["labels"] = h5py.SoftLink("/other")


def dangling_link(file: Any, folder: Path) -> None:
    file["unused"] = h5py.SoftLink("/nowhere")


def cycle(file: Any, folder: Path) -> None:
    file["measured_positions_nm/round"] = file["/"]


def external_storage(file: Any, folder: Path) -> None:
    (folder / "secret.bin").write_bytes(bytes(192))
    replace(file, "labels", shape=(3, 8, 8), dtype="u1", external=[(str(folder / "secret.bin"), 0, 192)])


def virtual(file: Any, folder: Path) -> None:
    layout = h5py.VirtualLayout((3, 8, 8), "u1")
    layout[:] = h5py.VirtualSource(str(folder / "elsewhere.h5"), "labels", shape=(3, 8, 8))
    del file["labels"]
    file.create_virtual_dataset("labels", layout)


def gigantic(file: Any, folder: Path) -> None:
    replace(file, "images", shape=(1, 3, 600_000, 600_000), dtype="u1", chunks=(1, 1, 1000, 1000))


def gigantic_contiguous(file: Any, folder: Path) -> None:
    replace(file, "depth_to_solid_nm", shape=(3, 600_000, 600_000), dtype="f4")


def twice_packed(file: Any, folder: Path) -> None:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((3, 8, 8))
    properties.set_deflate(9)
    properties.set_deflate(9)
    del file["labels"]
    h5py.h5d.create(file.id, b"labels", h5py.h5t.STD_U8LE, h5py.h5s.create_simple((3, 8, 8)), properties)
    file["labels"][...] = LABELS


def bomb(file: Any, folder: Path) -> None:
    """A chunk of 1 MB that unpacks to 1 GB."""
    images = replace(file, "images", shape=(1, 3, 1024, 1024), dtype="u1", chunks=(1, 1, 1024, 1024), compression="gzip")
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 22)) for _ in range(256)) + packer.flush()
    for face in range(3):
        images.id.write_direct_chunk((0, face, 0, 0), packed)


def objects(file: Any, folder: Path) -> None:
    replace(file, "labels", shape=(3, 8, 8), dtype=h5py.string_dtype())


def references(file: Any, folder: Path) -> None:
    replace(file, "labels", shape=(3, 8, 8), dtype=h5py.ref_dtype)


def ragged(file: Any, folder: Path) -> None:
    replace(file, "positions_nm", shape=(3,), dtype=h5py.vlen_dtype("f8"))


def compound(file: Any, folder: Path) -> None:
    replace(file, "positions_nm", shape=(3,), dtype=[("a", "f8"), ("b", "f8")])


def reference_attribute(file: Any, folder: Path) -> None:
    file.attrs["phases"] = file["labels"].ref


def many_texts(file: Any, folder: Path) -> None:
    file.attrs["detectors"] = ["bse"] * 1000


def group_for_data(file: Any, folder: Path) -> None:
    del file["images"]
    file.create_group("images")


def type_for_data(file: Any, folder: Path) -> None:
    del file["images"]
    file["images"] = np.dtype("f8")


def many_groups(file: Any, folder: Path) -> None:
    for number in range(1001):
        file.create_group(f"g{number}")


def wrong_labels(file: Any, folder: Path) -> None:
    replace(file, "labels", data=LABELS.astype(np.float64))


def wrong_depth(file: Any, folder: Path) -> None:
    replace(file, "depth_to_solid_nm", data=LABELS.astype(np.int32))


def wrong_images(file: Any, folder: Path) -> None:
    replace(file, "images", data=LABELS[None].astype(np.float32))


def nan_depth(file: Any, folder: Path) -> None:
    file["depth_to_solid_nm"][0, 0, 0] = np.nan


def nan_position(file: Any, folder: Path) -> None:
    file["positions_nm"][1] = np.nan


def nan_measured(file: Any, folder: Path) -> None:
    file["measured_positions_nm/nominal"][1] = np.nan


def endless_position(file: Any, folder: Path) -> None:
    file["positions_nm"][2] = np.inf


def deep_json(file: Any, folder: Path) -> None:
    file.attrs["phases"] = "[" * 30_000 + "]" * 30_000


def wrong_json(file: Any, folder: Path) -> None:
    file.attrs["phases"] = '[{"name": 3}]'


def no_channels(file: Any, folder: Path) -> None:
    file.attrs["energies_kev"] = np.zeros(0)


def more_detectors(file: Any, folder: Path) -> None:
    file.attrs["detectors"] = ["bse", "se"]


def size_of_three(file: Any, folder: Path) -> None:
    file.attrs["pixel_size_nm"] = [1.0, 2.0, 3.0]


ATTACKS: tuple[Attack, ...] = (
    external_link,
    soft_link,
    dangling_link,
    cycle,
    external_storage,
    virtual,
    gigantic,
    gigantic_contiguous,
    twice_packed,
    bomb,
    objects,
    references,
    ragged,
    compound,
    reference_attribute,
    many_texts,
    group_for_data,
    type_for_data,
    many_groups,
    wrong_labels,
    wrong_depth,
    wrong_images,
    nan_depth,
    nan_position,
    nan_measured,
    endless_position,
    deep_json,
    wrong_json,
    no_channels,
    more_detectors,
    size_of_three,
)


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    plan = MillingPlan(np.array([0.0, 10.0, 20.0]), (2.5, 2.5), measured_positions_nm={"nominal": np.array([0.0, 10.0, 20.0])})
    depth = np.where(LABELS, 0, np.inf).astype(np.float32)
    write_stack(tmp_path / "stack.h5", ImageStack(LABELS[None] * np.uint8(200), (Channel(2.0),), plan, LABELS, PHASES, depth))
    write_volume(tmp_path / "elsewhere.h5", LabelVolume(LABELS, (2.5, 2.5, 2.5), PHASES))
    return tmp_path / "stack.h5"


def test_an_honest_stack_is_read(stack_file: Path) -> None:
    stack = read_stack(stack_file)
    assert stack.labels is not None
    assert np.isinf(stack.depth_to_solid_nm).any()  # type: ignore[arg-type]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_hostile_stacks_are_refused_before_they_take_memory(stack_file: Path, attack: Attack) -> None:
    with h5py.File(stack_file, "r+") as file:
        attack(file, stack_file.parent)
    tracemalloc.start()  # numpy reports what it allocates
    with pytest.raises(InputError) as caught:
        read_stack(stack_file)
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert "stack.h5" in str(caught.value) or attack in (wrong_images, no_channels, wrong_json)


@pytest.mark.parametrize("attack", [external_storage, virtual, objects], ids=lambda attack: attack.__name__)
def test_other_programs_files_may_not_point_elsewhere_either(tmp_path: Path, attack: Attack) -> None:
    np.save(tmp_path / "unused.npy", LABELS)
    write_volume(tmp_path / "elsewhere.h5", LabelVolume(LABELS, (2.5, 2.5, 2.5), PHASES))
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["labels"] = LABELS
        attack(file, tmp_path)
    with pytest.raises(InputError, match=r"foreign\.h5"):
        read_volume(tmp_path / "foreign.h5", voxel_size_nm=(1, 1, 1), phases=PHASES)


def test_other_programs_may_link_what_is_not_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["volume"] = LABELS
        file["again"] = h5py.SoftLink("/volume")
        file["names"] = ["a", "b"]
    assert read_volume(tmp_path / "foreign.h5", voxel_size_nm=(1, 1, 1), phases=PHASES).shape == (3, 8, 8)


def test_what_does_not_fit_in_memory_is_said_before_it_is_read(stack_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted, "available_memory_bytes", lambda: 150)
    with pytest.raises(ResourceError, match="GB of memory"):
        read_stack(stack_file)
    with pytest.raises(ResourceError, match="GB of memory"):
        read_volume(stack_file.with_name("elsewhere.h5"))


def test_a_large_file_of_zeros_is_no_bomb(tmp_path: Path) -> None:
    volume = LabelVolume(np.zeros((4, 2048, 2048), np.uint8), (2.5, 2.5, 2.5), PHASES)
    write_volume(tmp_path / "zeros.h5", volume)
    assert (tmp_path / "zeros.h5").stat().st_size < 40_000
    assert read_volume(tmp_path / "zeros.h5").shape == volume.shape


def test_large_chunks_of_noise_are_no_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted, "_HARMLESS_BYTES", 1000)
    noise = np.random.default_rng(0).integers(0, 2, (2, 300, 300), dtype=np.uint8)
    write_volume(tmp_path / "noise.h5", LabelVolume(noise, (2.5, 2.5, 2.5), PHASES))
    assert np.array_equal(read_volume(tmp_path / "noise.h5").labels, noise)


@pytest.mark.parametrize("name", ["pipe.h5", "folder.h5", "missing.h5", "nul\0.h5"])
def test_only_plain_files_are_opened(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe.h5")
    (tmp_path / "folder.h5").mkdir()
    with pytest.raises(SynthfibError):
        read_stack(tmp_path / name)


def test_bounded_reading(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_bounded(file, 5) == b"12345"
    with pytest.raises(InputError, match="larger than"):
        read_bounded(file, 4)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="plain file"):
        read_bounded(tmp_path / "pipe", 5)
    (tmp_path / "link").symlink_to(file)
    with pytest.raises(OSError, match="symbolic links"):
        read_bounded(tmp_path / "link", 5)
