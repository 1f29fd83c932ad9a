"""Publish a corpus: look at everything first, then send exactly what was looked at, or nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from synthfib.catalogue.yaml_loading import parse_yaml
from synthfib.corpus.checksums import SUMS
from synthfib.corpus.contained import contained
from synthfib.corpus.hub import ADDRESS, publish_to_hub
from synthfib.corpus.licence import licence
from synthfib.corpus.load import Corpus
from synthfib.corpus.manifest import Manifest, VolumeEntry
from synthfib.corpus.own_recipe import own_recipe
from synthfib.corpus.quality import OTSU_BAND, best_shift, blank, otsu_dice
from synthfib.corpus.verify import one_line, read_sums, verify_corpus
from synthfib.data.atomic import atomic_folder
from synthfib.data.stack import ImageStack
from synthfib.data.untrusted import read_bounded
from synthfib.errors import InputError, SynthfibError

CARD = "README.md"
_MOST_BYTES = 5_000_000
_HEADER = re.compile(r"---\n(.*?\n)---\n", re.DOTALL)
_KEYS = ("license", "pretty_name", "task_categories", "tags", "size_categories", "configs")
_SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\]]*\]\(([^):]+)\)")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Publication:
    """What is published, or would be.

    Parameters
    ----------
    name, version : str
        Of the corpus.
    files : dict
        Bytes of each file by its path.
    problems : tuple of str
        Everything that stands against it, one line each; with any of them nothing is sent.
    sent : bool
        Whether this call sent anything; if not, there are problems, it was not meant to, or the same content was there.
    """

    name: str
    version: str
    files: dict[str, int]
    problems: tuple[str, ...]
    sent: bool = False


def publish_corpus(path: Path, to: str, *, dry_run: bool = False, accept_otsu: bool = False, on_progress: Progress | None = None) -> Publication:
    """Check a corpus and copy it to a folder or upload it.

    Parameters
    ----------
    path : Path
        Folder of the corpus.
    to : str
        A new folder, or ``hf://owner/name`` for a dataset on Hugging Face, where the version becomes the tag ``v<version>``.
    dry_run : bool
        Whether to check only.
    accept_otsu : bool
        Whether Otsu's threshold may do better or worse than `OTSU_BAND` says.
    on_progress : callable, optional
        Told how many volumes were looked at, and how many there are.

    Raises
    ------
    InputError
        If the folder holds no corpus, or something else is at the target already.
    MissingDependencyError
        If the upload needs a package that is not installed.
    """
    problems = publishing_problems(path, accept_otsu=accept_otsu, on_progress=on_progress)
    try:
        manifest = Corpus.open(path).manifest
    except SynthfibError:
        return Publication("", "", {}, problems)
    names = sorted({*read_sums(path).digests, SUMS})
    files = {name: (path / name).stat().st_size for name in names if (path / name).is_file()}
    publication = Publication(manifest.name, manifest.version, files, problems)
    if problems or dry_run:
        return publication
    sent = publish_to_hub(path, to, manifest, names) if to.startswith(ADDRESS) else _publish_to_folder(path, Path(to), manifest, names)
    return Publication(manifest.name, manifest.version, files, (), sent)


def publishing_problems(path: Path, *, accept_otsu: bool = False, on_progress: Progress | None = None) -> tuple[str, ...]:
    """Return everything that stands against publishing the corpus in `path`, one line each.

    Raises
    ------
    InputError
        If the folder holds no corpus.
    """
    problems = list(verify_corpus(path).problems)
    try:
        corpus, recipe = Corpus.open(path), own_recipe(path)
    except SynthfibError:
        return tuple(problems)
    if licence(recipe.license).url is None:
        problems.append(f"recipe.yaml: the licence {recipe.license!r} is not one of the known licences for data; take CC-BY-4.0 if in doubt.")
    problems += [f"{CARD}: {problem}." for problem in _card_problems(path, recipe.license)]
    volumes, tell = corpus.manifest.volumes, on_progress or (lambda done, total: None)
    for done, volume in enumerate(volumes):
        tell(done, len(volumes))
        problems += [f"{volume.file}: {problem}." for problem in _volume_problems(corpus, volume, accept_otsu)]
    tell(len(volumes), len(volumes))
    return tuple(problems)


def _volume_problems(corpus: Corpus, volume: VolumeEntry, accept_otsu: bool) -> Iterator[str]:
    try:
        stack = corpus.read(volume.name)
    except SynthfibError:
        return  # which verifying has said
    constant = blank(stack)
    yield from constant
    if stack.labels is not None and not constant:
        yield from _truth_problems(stack, accept_otsu)


def _truth_problems(stack: ImageStack, accept_otsu: bool) -> Iterator[str]:
    dice, (low, high), shift = otsu_dice(stack), OTSU_BAND, best_shift(stack)
    if not accept_otsu and not low <= dice <= high:
        meaning = "a threshold solves it" if dice > high else "labels may be exchanged, or the images tell next to nothing"
        yield f"Otsu's threshold reaches a Dice of {dice:.3f}, outside {low:g} to {high:g}: {meaning}; if it is meant so, accept it"
    if any(shift):
        yield f"images and labels are not aligned: they fit better after a shift by {shift} (slice, y, x)"


def _card_problems(path: Path, license_name: str) -> Iterator[str]:
    try:
        text = read_bounded(contained(path, CARD), _MOST_BYTES).decode()
        header = _HEADER.match(text)
        data = parse_yaml(header[1].encode(), source=CARD).data if header else {}
    except (SynthfibError, OSError, ValueError) as error:
        yield f"cannot be read ({one_line(error)})"
        return
    if not isinstance(data, dict):
        data = {}
    if missing := [key for key in _KEYS if not data.get(key)]:
        yield f"its header lacks {', '.join(missing)}"
    elif str(data["license"]).lower() != license_name.lower():
        yield f"its licence is {data['license']!r}, that of recipe.yaml is {license_name!r}"
    body = text[header.end() :] if header else text
    sections = _SECTION.findall(body)
    if not re.search(r"^# \S", body, re.MULTILINE) or len(sections) < 3:
        yield "it needs a title and sections on content, use and origin"
    yield from (f"its section {title!r} is empty" for title, content in sections if not content.strip())
    for picture in _PICTURE.findall(body):
        try:
            contained(path, picture)
        except InputError:
            yield f"its picture {picture!r} is not there"


def _publish_to_folder(path: Path, out: Path, manifest: Manifest, names: list[str]) -> bool:
    """Copy a corpus to a new folder; False if the same is there."""
    if out.resolve().is_relative_to(path.resolve()) or path.resolve().is_relative_to(out.resolve()):
        raise InputError(f"A corpus cannot be published into itself or around itself, got {out}; choose another folder.")
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise InputError(f"{out} must be a folder or nothing; choose another place.")
    if out.is_dir() and any(out.iterdir()):
        if (out / SUMS).is_file() and read_bounded(out / SUMS, _MOST_BYTES * 20) == (path / SUMS).read_bytes() and not verify_corpus(out).problems:
            return False
        raise InputError(f"{out} holds something else than {manifest.name} {manifest.version}; choose a new folder, one for each version.")
    with atomic_folder(out) as draft:
        for name in names:
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(contained(path, name), draft / name)
        if problems := verify_corpus(draft).problems:
            raise InputError(f"The copy in {out} would be damaged ({problems[0]}); try again.")
    return True
