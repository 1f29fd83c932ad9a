"""Open a sealed test split: build it again with its truth, and prove that this is the truth that was withheld."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from synthfib._version import __version__
from synthfib.corpus.checksums import SUMS, files_below, sums_text
from synthfib.corpus.manifest import VOLUMES, VolumeEntry, array_sha256, file_sha256, read_manifest, stack_arrays, volume_file
from synthfib.corpus.own_recipe import own_recipe
from synthfib.corpus.recipe import Place, ResolvedRecipe, resolve
from synthfib.corpus.sealed import visible, withheld_sha256
from synthfib.corpus.secret import Secret
from synthfib.corpus.verify import check_finished
from synthfib.corpus.volume import make_stack, make_structure
from synthfib.data.atomic import atomic_folder, write_text
from synthfib.data.stack import ImageStack
from synthfib.data.volume import LabelVolume
from synthfib.data.writers import write_stack
from synthfib.errors import InputError

STATEMENT = "statement.json"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Revelation:
    """What `reveal_corpus` did.

    Parameters
    ----------
    path : Path
        Folder of the revealed volumes.
    volumes : tuple of str
        Their names.
    n_digests : int
        How many digests that had been published were found true.
    """

    path: Path
    volumes: tuple[str, ...]
    n_digests: int


def reveal_corpus(corpus: Path, secret: Secret, out: Path, *, on_progress: Progress | None = None) -> Revelation:
    """Write the test volumes of a sealed corpus with their truth, and a statement that anyone can check.

    Parameters
    ----------
    corpus : Path
        Folder of the corpus.
    secret : Secret
        What it was sealed with; the statement publishes it.
    out : Path
        A new folder.
    on_progress : callable, optional
        Told how many volumes are there, and how many there will be.

    Raises
    ------
    InputError
        If the corpus is not sealed, the secret is another one, `out` exists, or a digest is not the one that was published.
    """
    check_finished(corpus)
    if out.exists() or out.is_symlink():
        raise InputError(f"{out} must not exist yet; choose another folder.")
    manifest, resolved = read_manifest(corpus), resolve(own_recipe(corpus), secret)
    if manifest.recipe_digest != resolved.digest:
        raise InputError(f"The recipe in {corpus} is not the one that the corpus was built from; run: synthfib verify.")
    entries = {volume.name: volume for volume in manifest.volumes}
    places = [place for place in resolved.places if resolved.seals(place)]
    if missing := [place.name for place in places if place.name not in entries]:
        raise InputError(f"{corpus} has no volume {missing[0]}, which its recipe names; run: synthfib verify.")
    tell = on_progress or (lambda done, total: None)
    with atomic_folder(out) as draft:
        (draft / VOLUMES).mkdir()
        n_digests = 0
        for done, place in enumerate(places):
            tell(done, len(places))
            n_digests += _reveal(resolved, place, entries[place.name], draft)
        tell(len(places), len(places))
        statement = {
            "format": "synthfib/statement@1",
            "corpus": manifest.name,
            "version": manifest.version,
            "synthfib": __version__,
            "recipe_digest": manifest.recipe_digest,
            "content_digest": manifest.content_digest,
            "commitment": secret.commitment,
            "salt": secret.salt.hex(),
            "seed": secret.seed,
            "volumes": {place.name: sorted({**entries[place.name].content_sha256, **entries[place.name].withheld_sha256}) for place in places},
        }
        write_text(draft / STATEMENT, json.dumps(statement, indent=2) + "\n")
        write_text(draft / SUMS, sums_text({name: file_sha256(draft / name) for name in files_below(draft)}))
    return Revelation(out, tuple(place.name for place in places), n_digests)


def _reveal(resolved: ResolvedRecipe, place: Place, entry: VolumeEntry, draft: Path) -> int:
    structure = make_structure(resolved, place)
    stack = make_stack(resolved, place, structure)
    n_digests = _prove(resolved, place, entry, stack, structure)
    write_stack(draft / volume_file(place), stack)
    return n_digests


def _prove(resolved: ResolvedRecipe, place: Place, entry: VolumeEntry, stack: ImageStack, structure: LabelVolume) -> int:
    """Compare every digest that was published of a volume; return how many there were.

    Raises
    ------
    InputError
        If one is another.
    """
    withheld = withheld_sha256(resolved, place, stack, structure)
    seen = {name: array_sha256(array) for name, array in stack_arrays(visible(stack)).items()}
    other = [f"the published {name}" for name in sorted(seen.keys() | entry.content_sha256) if seen.get(name) != entry.content_sha256.get(name)]
    other += [
        f"the withheld {name}" for name in sorted(withheld.keys() | entry.withheld_sha256) if withheld.get(name) != entry.withheld_sha256.get(name)
    ]
    if other:
        raise InputError(
            f"{place.name} is not what was sealed: {other[0]} has another digest than the manifest says; "
            "check the corpus with synthfib verify, and use the version of synthfib that built it."
        )
    return len(withheld) + len(entry.content_sha256)
