"""Metadata of a corpus for a DOI: datacite.json, DataCite metadata schema 4.5."""

from __future__ import annotations

import json
from typing import Any

from synthfib.corpus.about import About
from synthfib.corpus.datasheet import method_text
from synthfib.corpus.size import size_text


def datacite_text(about: About) -> str:
    """Return the text of datacite.json; what is not known yet, such as the DOI and the year of publication, is left out."""
    return json.dumps(_metadata(about), indent=2, ensure_ascii=False) + "\n"


def _metadata(about: About) -> dict[str, Any]:
    work, licence, manifest = about.work, about.licence, about.manifest
    rights: dict[str, str] = {"rights": licence.title}
    if licence.url is not None:
        rights |= {
            "rightsUri": licence.url,
            "rightsIdentifier": licence.name,
            "rightsIdentifierScheme": "SPDX",
            "schemeUri": "https://spdx.org/licenses/",
        }
    fields: dict[str, Any] = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "doi": work.doi,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Synthetic FIB-SEM tomography"},
        "creators": [_creator(creator) for creator in work.creators],
        "titles": [{"title": work.title, "lang": "en"}],
        "publisher": {"name": about.creators},
        "publicationYear": work.released[:4] if work.released else None,
        "dates": [{"date": work.released, "dateType": "Issued"}] if work.released else None,
        "language": "en",
        "version": work.version,
        "subjects": [{"subject": keyword} for keyword in work.keywords],
        "sizes": [f"{len(manifest.volumes)} volumes", f"{about.n_slices} slices", size_text(about.n_bytes)],
        "formats": ["application/x-hdf5", *(["application/vnd.apache.parquet"] if manifest.tables else [])],
        "rightsList": [rights],
        "descriptions": [
            {"description": work.abstract, "descriptionType": "Abstract", "lang": "en"},
            {"description": method_text(about), "descriptionType": "Methods", "lang": "en"},
        ],
        "alternateIdentifiers": [{"alternateIdentifier": manifest.content_digest, "alternateIdentifierType": "SHA-256 of the content"}],
        "relatedIdentifiers": [_related(reference) for reference in about.references],
    }
    return {key: value for key, value in fields.items() if value}


def _creator(name: str) -> dict[str, str]:
    family, comma, given = name.partition(",")
    if not comma:
        return {"name": name, "nameType": "Organizational"}
    return {"name": f"{family.strip()}, {given.strip()}", "nameType": "Personal", "familyName": family.strip(), "givenName": given.strip()}


def _related(reference: str) -> dict[str, str]:
    return {"relatedIdentifier": reference, "relatedIdentifierType": "URL" if reference.startswith("http") else "DOI", "relationType": "References"}
