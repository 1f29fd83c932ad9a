"""Write a corpus or a stack in the formats of other programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthfib._optional import require
from synthfib.corpus import nnunet
from synthfib.corpus.export_formats import OME_ZARR_ENDING, Files, Format, Source, find_format
from synthfib.corpus.load import Corpus
from synthfib.corpus.manifest import file_sha256
from synthfib.data.atomic import TEMPORARY_PREFIX, atomic_folder, atomic_path, write_text
from synthfib.data.readers import read_stack
from synthfib.data.writers import check_ending
from synthfib.errors import InputError, UnknownNameError

#: What a finished export says of itself, and what an unfinished one has instead.
RECORD = "export.json"
MARKER = ".synthfib-export.json"
# What looks like the name of a file is no folder.
_FILE_ENDINGS = (".tif", ".tiff", ".zarr", ".nii", ".gz", ".vtr", ".mrc", ".h5")

Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Export:
    """What an export left on disk.

    Parameters
    ----------
    out : Path
        Its folder.
    volumes : tuple of str
        Names of the volumes in it.
    n_files : int
        Files written now; an OME-Zarr image counts as one.
    """

    out: Path
    volumes: tuple[str, ...]
    n_files: int


@dataclass(frozen=True, slots=True)
class _Request:
    """What is to be exported: enough to know an export again, and nothing of where it is."""

    record: dict[str, Any]
    title: str
    names: tuple[str, ...]
    read: Callable[[str], Source]


def export_corpus(
    source: Path | str,
    out: Path | str,
    to: str,
    *,
    split: str | None = None,
    volumes: Collection[str] = (),
    truth: bool = False,
    force: bool = False,
    on_progress: Report | None = None,
) -> Export:
    """Write the volumes of a corpus, or one stack, for other programs.

    Every file is complete or absent. A folder whose export was stopped is recognised, and volumes that are complete in it are left as they are.

    Parameters
    ----------
    source : path
        Folder of a finished corpus, or a stack (.h5).
    out : path
        Folder to write; new, empty, or of the same export when it was stopped. For a single stack it may be a file name, if the format keeps all
        channels in one file (``.tif``, ``.ome.zarr``, ``.vtr``); other files are named after it.
    to : str
        ``imagej``, ``ome-zarr``, ``nifti``, ``nnunet``, ``vtk`` or ``mrc``.
    split : str, optional
        Only the volumes of this split.
    volumes : collection of str
        Only these volumes; all by default.
    truth : bool
        Whether depth to solid and shine-through are written beside the labels, as far as a volume has them.
    force : bool
        Write into a folder that holds something else, over files of the same name.
    on_progress : callable, optional
        Is told the share of the work done, and a word on it.

    Raises
    ------
    InputError
        If the source cannot be read, there is nothing to export, or the output is in the way.
    UnknownNameError
        If there is no such format, split or volume.
    MissingDependencyError
        If the package for the format is not installed.
    """
    out, chosen, report = Path(out), find_format(to), on_progress or (lambda share, note: None)
    if chosen.package is not None:
        require(chosen.package[0], attribute=chosen.package[1], extra="export")
    if truth and to == "nnunet":
        raise nnunet.no_truth_maps()
    source = Path(source)
    request = _corpus_request(source, split, volumes) if source.is_dir() else _stack_request(source, split, volumes)
    if chosen.ending is not None and out.name.endswith(chosen.ending):
        return _export_one(request, out, chosen, truth=truth, force=force, report=report)
    if out.suffix in _FILE_ENDINGS:
        raise InputError(f"This export needs the name of a folder{f' or of a {chosen.ending} file' if chosen.ending else ''}, got {str(out)!r}.")
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise InputError(f"An export stands beside its corpus, {str(out)!r} lies in it; choose another folder.")
    if to == "nnunet":
        nnunet.check_folder_name(out.name)
    record = {"format": to, "truth": truth, **request.record, "volumes": list(request.names)}
    return _export_all(request, out, chosen, record, force=force, report=report)


def _corpus_request(folder: Path, split: str | None, volumes: Collection[str]) -> _Request:
    corpus = Corpus.open(folder)
    splits = {entry.name: entry.split for entry in corpus.manifest.volumes}
    for name in volumes:
        if name not in splits:
            raise UnknownNameError("volume", name, splits)
    of_split = corpus.names(split) if split is not None else tuple(splits)
    names = tuple(name for name in of_split if not volumes or name in volumes)
    if not names:
        raise InputError(f"None of the volumes {', '.join(volumes)} is in the {split} split; leave out one of the two.")
    record = {"corpus": corpus.name, "version": corpus.version, "content_digest": corpus.digest}
    return _Request(record, f"{corpus.name} {corpus.version}", names, lambda name: Source(name, corpus.read(name), splits[name]))


def _stack_request(file: Path, split: str | None, volumes: Collection[str]) -> _Request:
    if split is not None or volumes:
        raise InputError(f"A split and volumes are chosen from a corpus, {str(file)!r} is no folder; leave them out.")
    check_ending(file, (".h5",))
    stack = read_stack(file)
    return _Request({"stack_sha256": file_sha256(file)}, file.stem, (file.stem,), lambda name: Source(name, stack))


def _export_one(request: _Request, out: Path, chosen: Format, *, truth: bool, force: bool, report: Report) -> Export:
    """Write one volume under the name of a file; there is no folder that could tell an export that was stopped."""
    if len(request.names) != 1:
        raise InputError(f"One file cannot hold {len(request.names)} volumes; name a folder instead of {str(out)!r}, or one volume.")
    source = request.read(request.names[0])
    files = chosen.files(Source(out.name.removesuffix(chosen.ending or ""), source.stack, source.split), truth)
    for file in files:
        _check_place(out.parent / file, force)
    _write_files(out.parent, files, lambda share: report(share, ""))
    return Export(out.parent, request.names, len(files))


def _export_all(request: _Request, out: Path, chosen: Format, record: dict[str, Any], *, force: bool, report: Report) -> Export:
    done = _start(out, record, force)
    cases, n_files, n_volumes = [], 0, len(request.names)
    for index, name in enumerate(request.names):

        def report_file(share: float, index: int = index) -> None:
            report((index + share) / n_volumes, f"({index + int(share)} of {n_volumes} volumes)")

        source = request.read(name)
        cases.append(nnunet.make_case(name, source.split, source.stack))
        if name not in done:
            files = chosen.files(source, record["truth"])
            _write_files(out, files, report_file)
            n_files += len(files)
            done = [*done, name]
            _write_json(out / MARKER, {**record, "done": done})
    if chosen.closing is not None:
        closing = chosen.closing(request.title, cases)
        _write_files(out, closing, lambda share: None)
        n_files += len(closing)
    _write_json(out / RECORD, record)
    (out / MARKER).unlink()
    return Export(out, request.names, n_files)


def _start(out: Path, record: dict[str, Any], force: bool) -> list[str]:
    """Mark the folder as that of this export; return the volumes that are complete in it.

    Raises
    ------
    InputError
        If it holds anything else, and it is not to be written into.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{str(out)!r} must be a folder, a file is there; choose another place.")
    done = _done(out, record)
    foreign = done is None and out.exists() and not all(entry.name.startswith(TEMPORARY_PREFIX) for entry in out.iterdir())
    if foreign and not force:
        raise InputError(f"{str(out)!r} holds something else than this export, stopped; choose a new folder, or write into this one with --force.")
    if not foreign:
        _sweep(out)
    if done is None:
        out.mkdir(parents=True, exist_ok=True)
        _write_json(out / MARKER, {**record, "done": []})
        (out / RECORD).unlink(missing_ok=True)
    return done or []


def _done(out: Path, record: dict[str, Any]) -> list[str] | None:
    """Return the volumes that this export has written; None if the folder is not that of this export, stopped."""
    try:
        marker = json.loads((out / MARKER).read_bytes())
        done = marker.pop("done")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return [name for name in record["volumes"] if name in done] if marker == record and isinstance(done, list) else None


def _sweep(out: Path) -> None:
    for draft in [*out.glob(f"{TEMPORARY_PREFIX}*"), *out.glob(f"*/{TEMPORARY_PREFIX}*")]:
        if draft.is_dir() and not draft.is_symlink():
            shutil.rmtree(draft)
        else:
            draft.unlink(missing_ok=True)


def _write_files(out: Path, files: Files, report: Callable[[float], None]) -> None:
    for index, (file, write) in enumerate(files.items()):
        report(index / len(files))
        path = out / file
        path.parent.mkdir(exist_ok=True)
        _check_place(path, force=True)
        with atomic_folder(path) if file.endswith(OME_ZARR_ENDING) else atomic_path(path) as temporary:
            write(temporary)
    report(1.0)


def _check_place(path: Path, force: bool) -> None:
    """Check that nothing is in the way; a folder is never replaced unless it is a Zarr group."""
    if path.exists() and (not force or (path.is_dir() and not (path / "zarr.json").is_file())):
        raise InputError(f"The output must not exist yet, {str(path)!r} does; choose another name{'' if path.is_dir() else ' or add --force'}.")


def _write_json(path: Path, document: dict[str, Any]) -> None:
    write_text(path, json.dumps(document, indent=1) + "\n")
