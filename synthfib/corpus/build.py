"""Build a corpus: the same recipe gives the same bytes, however often the build is killed and on however many processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from synthfib.catalogue import CorpusRecipe
from synthfib.corpus.checksums import SUMS, sums_text
from synthfib.corpus.cluster import run_on_cluster
from synthfib.corpus.description import description
from synthfib.corpus.folder import State, abandon, claim, inspect, release
from synthfib.corpus.lock import BusyError
from synthfib.corpus.manifest import Manifest, read_manifest, volume_file
from synthfib.corpus.part import Part, make_manifest, make_part
from synthfib.corpus.plan import check_fits, plan_resolved
from synthfib.corpus.recipe import Place, ResolvedRecipe, resolve
from synthfib.corpus.secret import Secret
from synthfib.corpus.shards import Shard
from synthfib.corpus.tables import write_volumes
from synthfib.corpus.volume import make_stack, make_structure
from synthfib.corpus.workers import run
from synthfib.data.atomic import write_bytes, write_text
from synthfib.data.stack import ImageStack
from synthfib.errors import InputError, ResourceError, SynthfibError

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What `build_corpus` did.

    Parameters
    ----------
    path : Path
        Folder of the corpus.
    n_volumes : int
        Volumes that were asked for: those of the corpus, or of a share of it.
    n_built : int
        Volumes made by this call; the others were there.
    finished : bool
        Whether the corpus is complete; if not, other shares are missing.
    """

    path: Path
    n_volumes: int
    n_built: int
    finished: bool

    @property
    def manifest(self) -> Manifest:
        """What the finished corpus holds.

        Raises
        ------
        InputError
            If it is not finished.
        """
        return read_manifest(self.path)


def build_volume(recipe: CorpusRecipe, index: int, *, secret: Secret | None = None) -> ImageStack:
    """Return one volume of a corpus, training volumes first, then validation, then test.

    Raises
    ------
    InputError
        If the recipe names something unknown, or there is no such volume.
    """
    resolved = resolve(recipe, secret)
    if not 0 <= index < len(resolved.places):
        raise InputError(f"The corpus {recipe.name!r} has volumes 0 to {len(resolved.places) - 1}, got {index}.")
    place = resolved.places[index]
    return make_stack(resolved, place, make_structure(resolved, place))


def build_corpus(
    recipe: CorpusRecipe,
    out: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    shard: Shard | None = None,
    secret: Secret | None = None,
    on_progress: Progress | None = None,
) -> BuildReport:
    """Build a corpus in the folder `out`; call it again after it was killed and it goes on.

    Parameters
    ----------
    recipe : CorpusRecipe
        What to build.
    out : Path
        A new or empty folder, or one in which this recipe was being built.
    workers : int
        Number of processes on this machine.
    scheduler : str, optional
        Address of the scheduler of a Dask cluster that builds instead, for example ``tcp://node01:8786``; all its workers see `out`.
    shard : Shard, optional
        Share of the volumes to build. Several shares may be built in one folder at the same time; whichever finds that no volume is
        missing finishes the corpus.
    secret : Secret, optional
        What the test split follows from if the recipe seals it; its truth is then withheld.
    on_progress : callable, optional
        Told how many volumes are there, and how many there will be.

    Raises
    ------
    InputError
        If the recipe names something unknown, `out` holds anything else, no scheduler answers, or the secret is missing or wrong.
    ResourceError
        If the build would not fit in memory or on disk, or ran out of either.
    MissingDependencyError
        If a scheduler is given and Dask is not installed.
    """
    if workers < 1:
        raise InputError(f"A build needs at least one worker, got {workers}.")
    resolved = resolve(recipe, secret)
    if recipe.sealed is not None:
        resolved.own_secret()
    share = resolved.places if shard is None else shard.of(resolved.places)
    if inspect(out, resolved.digest) is State.FINISHED:
        return BuildReport(out, len(share), 0, finished=True)
    check_fits(plan_resolved(resolved, workers=workers), out, memory=scheduler is None)
    runner = partial(run, workers=workers) if scheduler is None else partial(run_on_cluster, scheduler=scheduler)
    building = _Build(resolved, out.absolute(), runner, on_progress or (lambda done, total: None))
    try:
        n_built, finished = building.whole() if shard is None else building.share(share)
    except OSError as error:
        raise ResourceError(f"{out} cannot be written ({error.strerror or error}); make room and start the same build again.") from error
    return BuildReport(out, len(share), n_built, finished)


@dataclass(frozen=True, slots=True)
class _Build:
    """A recipe, where it is built, and by whom."""

    resolved: ResolvedRecipe
    out: Path
    run: Callable[[Callable[[Place], tuple[Part, bool]], Sequence[Place]], Iterator[tuple[Part, bool]]]
    on_progress: Progress

    def whole(self, *, certain: bool = False) -> tuple[int, bool]:
        """Make what is missing and finish; return how many volumes that were, and True."""
        was_there = self.out.exists()
        with claim(self.out, self.resolved.digest, certain=certain) as state:
            if state is State.FINISHED:
                return 0, True
            try:
                parts, n_built = self._make(self.resolved.places)
                self._finish(parts)
            except SynthfibError:
                abandon(self.out, keep_folder=was_there)
                raise
        return n_built, True

    def share(self, places: Sequence[Place]) -> tuple[int, bool]:
        """Make some volumes beside other builders; finish if these were the last. Return how many were made, and whether all is done."""
        with claim(self.out, self.resolved.digest, shared=True) as state:
            if state is State.FINISHED:
                return 0, True
            n_built = self._make(places)[1]
        if not all((self.out / volume_file(place)).is_file() for place in self.resolved.places):
            return n_built, False
        try:
            return n_built + self.whole(certain=True)[0], True
        except BusyError:  # who else is there will finish, for all of them look only after they have let go
            return n_built, False

    def _make(self, places: Sequence[Place]) -> tuple[list[Part], int]:
        """Make the volumes that are missing; return all of them in order, and how many were made."""
        parts: dict[str, Part] = {}
        n_built = 0
        if places:  # there may be more shares than volumes
            self.on_progress(0, len(places))
        for part, built in self.run(partial(make_part, self.resolved, self.out), places):
            parts[part.volume.name] = part
            n_built += built
            self.on_progress(len(parts), len(places))
        return [parts[place.name] for place in places], n_built

    def _finish(self, parts: Sequence[Part]) -> None:
        tables = write_volumes(self.resolved, [part.volume for part in parts], self.out)
        _describe(self.resolved, make_manifest(self.resolved, parts, tables), self.out)
        release(self.out)


def _describe(resolved: ResolvedRecipe, manifest: Manifest, out: Path) -> None:
    """Write every file beside the data, and the checksum of every file."""
    files = description(resolved, manifest, out)
    for name, content in files.items():
        (out / name).parent.mkdir(exist_ok=True)
        write_bytes(out / name, content)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    write_text(out / SUMS, sums_text(sums | {entry.file: entry.sha256 for entry in manifest.files}))
