"""Parquet tables of a corpus: one row per slice beside every volume, one row per volume when all are there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from synthfib.corpus.manifest import Manifest, TableEntry, VolumeEntry, file_sha256, slices_file, volume_file, volumes_file
from synthfib.corpus.recipe import SPLITS, Place, ResolvedRecipe, Split
from synthfib.corpus.volume import STAGES
from synthfib.data.hdf5 import StackOutline, open_for_reading, read_outline
from synthfib.data.parquet import Column, Row, check_table, png, table_schema, write_table
from synthfib.data.stack import Channel, ImageStack

_BYTES_PER_VOLUME_ROW = 1000


def image_columns(channels: Sequence[Channel]) -> tuple[str, ...]:
    """Return the name of the column of each channel, for example ``"image_2kev_in_lens_bse"``; 0.5 keV is written ``0p5kev``."""
    names: list[str] = []
    for channel in channels:
        energy = f"{channel.energy_kev:g}".replace(".", "p")
        name = f"image_{energy}kev_{re.sub('[^a-z0-9]+', '_', channel.detector.lower()).strip('_')}"
        same = sum(known == name or known.startswith(f"{name}__") for known in names)
        names.append(f"{name}__{same + 1}" if same else name)
    return tuple(names)


def write_slices(resolved: ResolvedRecipe, place: Place, stack: ImageStack, out: Path) -> None:
    """Write the table of the slices of a volume; what a stack without labels cannot tell is null."""
    path = out / slices_file(resolved, place)
    schema = _slices_schema(resolved, StackOutline(stack.channels, stack.plan))
    write_table(path, schema, _slice_rows(resolved, place, stack), bytes_per_row=stack.images.nbytes // stack.plan.n_slices)


def describe_slices(resolved: ResolvedRecipe, place: Place, folder: Path) -> TableEntry:
    """Return the manifest entry of the slices of a volume, all of which is read.

    Raises
    ------
    InputError
        If the table or its volume is missing or damaged.
    """
    with open_for_reading(folder / volume_file(place)) as file:
        outline = read_outline(file)
    return _describe(folder, "slices", place.split, slices_file(resolved, place), _slices_schema(resolved, outline))


def write_volumes(resolved: ResolvedRecipe, volumes: Sequence[VolumeEntry], out: Path) -> tuple[TableEntry, ...]:
    """Write one table of volumes for each split that has any; return their entries.

    Raises
    ------
    InputError
        If a volume is missing or damaged.
    """
    schema, entries = _volumes_schema(resolved), []
    for split in SPLITS:
        rows = [_volume_row(volume, out) for volume in volumes if volume.split == split]
        if rows:
            path = out / volumes_file(split)
            write_table(path, schema, iter(rows), bytes_per_row=_BYTES_PER_VOLUME_ROW)
            entries.append(_describe(out, "volumes", split, volumes_file(split), schema))
    return tuple(entries)


def card_configs(manifest: Manifest) -> list[dict[str, Any]]:
    """Return the entry ``configs`` of the header of the card: by it ``datasets.load_dataset`` finds the tables of every split."""
    return [
        {"config_name": "slices", "default": True, "data_files": _data_files(manifest, "slices")},
        {"config_name": "volumes", "data_files": _data_files(manifest, "volumes")},
    ]


def _data_files(manifest: Manifest, config: Literal["slices", "volumes"]) -> list[dict[str, str]]:
    held = {table.split for table in manifest.tables if table.config == config}
    return [{"split": split, "path": f"tables/{config}/{split}-*.parquet"} for split in SPLITS if split in held]


def _slices_schema(resolved: ResolvedRecipe, outline: StackOutline) -> pa.Schema:
    names = image_columns(outline.channels)
    channels = [{"column": name, "energy_kev": c.energy_kev, "detector": c.detector} for name, c in zip(names, outline.channels, strict=True)]
    columns = [
        Column("volume", "string"),
        Column("structure", "string"),
        Column("material", "string"),
        Column("slice", "int32"),
        Column("position_nm", "float64"),
        Column("thickness_to_next_nm", "float64"),
        *(Column(f"{method}_position_nm", "float64") for method in sorted(outline.plan.measured_positions_nm)),
        Column("pixel_size_nm", "float64"),
        Column("solid_fraction", "float64"),
        *(Column(name, "image") for name in names),
        Column("label", "image"),
    ]
    return table_schema(columns, {"corpus": resolved.corpus.name, "version": resolved.corpus.version, "channels": channels})


def _slice_rows(resolved: ResolvedRecipe, place: Place, stack: ImageStack) -> Iterator[Row]:
    plan, names, labels = stack.plan, image_columns(stack.channels), stack.labels
    for face in range(plan.n_slices):
        yield {
            "volume": place.name,
            "structure": place.structure_name,
            "material": resolved.material_of(place).name,
            "slice": face,
            "position_nm": float(plan.positions_nm[face]),
            "thickness_to_next_nm": float(plan.thickness_nm[face]) if face + 1 < plan.n_slices else None,
            **{f"{method}_position_nm": float(values[face]) for method, values in plan.measured_positions_nm.items()},
            "pixel_size_nm": plan.pixel_size_nm[0],
            "solid_fraction": None if labels is None else float(np.count_nonzero(labels[face]) / labels[face].size),
            **{name: png(channel[face]) for name, channel in zip(names, stack.images, strict=True)},
            "label": None if labels is None else png(labels[face]),
        }


def _volumes_schema(resolved: ResolvedRecipe) -> pa.Schema:
    columns = [
        *(Column(name, "string") for name in ("volume", "structure", "material", "file")),
        *(Column(name, "int32") for name in ("n_channels", "n_slices", "height", "width")),
        *(Column(name, "float64") for name in ("solid_fraction", "pixel_size_nm", "mean_thickness_nm", "std_thickness_nm")),
        Column("energies_kev", "string"),
        *(Column(f"seed_{stage}", "int64") for stage in STAGES),
    ]
    return table_schema(columns, {"corpus": resolved.corpus.name, "version": resolved.corpus.version})


def _volume_row(volume: VolumeEntry, folder: Path) -> Row:
    with open_for_reading(folder / volume.file) as file:
        outline = read_outline(file)
    thickness_nm = outline.plan.thickness_nm
    return {
        "volume": volume.name,
        "structure": volume.structure,
        "material": volume.material,
        "file": volume.file,
        **dict(zip(("n_channels", "n_slices", "height", "width"), volume.shape, strict=True)),
        "solid_fraction": volume.solid_fraction,
        "pixel_size_nm": outline.plan.pixel_size_nm[0],
        "mean_thickness_nm": float(thickness_nm.mean()) if thickness_nm.size else None,
        "std_thickness_nm": float(thickness_nm.std()) if thickness_nm.size else None,
        "energies_kev": json.dumps([channel.energy_kev for channel in outline.channels]),
        **{f"seed_{stage}": volume.seeds.get(stage) for stage in STAGES},
    }


def _describe(folder: Path, config: Literal["slices", "volumes"], split: Split, file: str, schema: pa.Schema) -> TableEntry:
    path = folder / file
    rows = check_table(path, schema)
    return TableEntry(config=config, split=split, file=file, rows=rows, bytes=path.stat().st_size, sha256=file_sha256(path))
