"""Metadata of a corpus for machines that learn: croissant.json, Croissant 1.1 with its vocabulary for responsible use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from synthfib.corpus.about import About
from synthfib.corpus.datasheet import method_text
from synthfib.corpus.manifest import FileEntry, TableEntry
from synthfib.corpus.recipe import SPLITS
from synthfib.data.parquet import open_table

_PARQUET, _HDF5 = "application/x-parquet", "application/x-hdf5"
_SPLIT_TYPES = {"train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant_text(about: About, folder: Path) -> str:
    """Return the text of croissant.json for the corpus in `folder`, whose tables say what their columns are.

    Raises
    ------
    InputError
        If a table is missing or damaged.
    """
    manifest, tables = about.manifest, about.manifest.tables
    configs = list(dict.fromkeys(table.config for table in tables))
    held = [split for split in SPLITS if any(table.split == split for table in tables)]
    data: list[FileEntry] = [*manifest.volumes, *manifest.structures]
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        **_citation(about),
        **_responsible_use(about),
        "distribution": [
            *(_file(entry, _PARQUET) for entry in tables),
            *(_file_set(config) for config in configs),
            *(_file(entry, _HDF5) for entry in data),
        ],
        "recordSet": [_split_records(held), *(_records(config, tables, folder) for config in configs)] if tables else [],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _citation(about: About) -> dict[str, Any]:
    work, licence = about.work, about.licence
    fields: dict[str, Any] = {
        "name": work.name,
        "alternateName": work.title,
        "description": work.abstract,
        "version": work.version,
        "license": licence.url or licence.name,
        "creator": [{"@type": "sc:Person" if "," in creator else "sc:Organization", "name": creator} for creator in work.creators],
        "publisher": {"@type": "sc:Organization", "name": about.creators},
        "url": f"https://doi.org/{work.doi}" if work.doi else None,
        "datePublished": work.released,
        "inLanguage": "en",
        "isLiveDataset": False,
        "keywords": list(work.keywords),
        "citeAs": work.to_bibtex(),
        "prov:wasGeneratedBy": {"@type": "prov:Activity", "prov:label": f"synthfib {about.manifest.synthfib}: build recipe.yaml"},
    }
    return {key: value for key, value in fields.items() if value is not None}


def _responsible_use(about: About) -> dict[str, str]:
    said = about.words
    return {
        "rai:dataCollection": method_text(about),
        "rai:dataCollectionType": "Synthetic: computed from random structures",
        "rai:dataUseCases": said.uses,
        "rai:dataLimitations": f"{said.limitations} Not for: {said.misuses}",
        "rai:dataBiases": said.bias,
        "rai:dataAnnotationProtocol": "Labels are read off the virtual structure at every face; nobody drew them.",
        "rai:machineAnnotationTools": f"synthfib {about.manifest.synthfib}",
        "rai:personalSensitiveInformation": "None.",
        "rai:dataReleaseMaintenancePlan": "Semantic versions with a changelog; every version can be built again from its recipe.",
    }


def _file(entry: FileEntry, encoding: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": entry.file,
        "name": entry.file,
        "contentUrl": entry.file,
        "contentSize": f"{entry.bytes} B",
        "encodingFormat": encoding,
        "sha256": entry.sha256,
    }


def _file_set(config: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{config}-tables",
        "name": f"{config}-tables",
        "encodingFormat": _PARQUET,
        "includes": f"tables/{config}/*.parquet",
    }


def _split_records(held: Sequence[str]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL"},
        ],
        "data": [{"splits/name": split, "splits/url": _SPLIT_TYPES[split]} for split in held],
    }


def _records(config: str, tables: Sequence[TableEntry], folder: Path) -> dict[str, Any]:
    first = next(table for table in tables if table.config == config)
    with open_table(folder / first.file) as table:
        schema: pa.Schema = table.schema_arrow
    return {
        "@type": "cr:RecordSet",
        "@id": config,
        "name": config,
        "description": {"slices": "One row for each slice.", "volumes": "One row for each volume."}[config],
        "field": [_split_field(config), *(_field(config, column) for column in schema)],
    }


def _split_field(config: str) -> dict[str, Any]:
    # It matches the bare split as well: mlcroissant applies it twice.
    regex = rf"(?:.*{config}/)?({'|'.join(SPLITS)})(?:-.+parquet)?$"
    source = _source(config, {"fileProperty": "fullpath"}, {"regex": regex})
    references = {"field": {"@id": "splits/name"}}
    return {"@type": "cr:Field", "@id": f"{config}/split", "name": "split", "dataType": "sc:Text", "references": references, "source": source}


def _field(config: str, column: pa.Field) -> dict[str, Any]:
    is_image = pa.types.is_struct(column.type)
    return {
        "@type": "cr:Field",
        "@id": f"{config}/{column.name}",
        "name": column.name,
        "dataType": _data_type(column),
        "source": _source(config, {"column": column.name}, {"jsonPath": "bytes"} if is_image else None),
    }


def _data_type(column: pa.Field) -> str | list[str]:
    if pa.types.is_struct(column.type):
        return ["sc:ImageObject", "cr:SegmentationMask"] if column.name == "label" else "sc:ImageObject"
    if pa.types.is_integer(column.type):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(column.type) else "sc:Text"


def _source(config: str, extract: dict[str, str], transform: dict[str, str] | None) -> dict[str, Any]:
    source = {"fileSet": {"@id": f"{config}-tables"}, "extract": extract}
    return source if transform is None else {**source, "transform": transform}
