"""The page of a benchmark: leaderboard, seeds, comparisons, pictures of slices, learning curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synthfib.benchmark.campaign import PAGE, Campaign, run_folder
from synthfib.benchmark.leaderboard import mean_and_std_text, mean_rows
from synthfib.benchmark.run import SLICES
from synthfib.benchmark.slices import read_slices
from synthfib.benchmark.structure import ERRORS
from synthfib.data.atomic import write_text
from synthfib.report.benchmark_figures import learning_curves, seed_scores, slice_gallery
from synthfib.report.page import Section, png_bytes, render_page


def write_benchmark_page(campaign: Campaign) -> None:
    """Write ``leaderboard.html`` into the folder of a benchmark, with the pictures inside.

    Raises
    ------
    InputError
        If the slices of a run are missing or damaged.
    """
    corpus = campaign.document["corpus"]
    write_text(campaign.folder / PAGE, render_page(f"Benchmark on {corpus['name']} {corpus['version']}", list(_sections(campaign))))


def _sections(campaign: Campaign) -> Iterator[Section]:
    document = campaign.document
    summary = document["summary"]
    yield Section("What was done", _what(document))
    yield Section("Leaderboard", _LEADERBOARD, _without(mean_rows(summary), *_COST, "Dice solid"), png_bytes(seed_scores(summary, campaign.runs)))
    yield Section("Cost", "Parameters, and seconds of learning and of segmenting the split, mean over the seeds.", _only(mean_rows(summary), *_COST))
    yield Section("Volume by volume", "Mean Dice of each volume, mean ± standard deviation over the seeds.", _unbroken(_volume_rows(summary)))
    if document["comparisons"]:
        yield Section("Is the best one better?", _COMPARED, _unbroken(_comparison_rows(document["comparisons"])))
    yield Section("Isotropy", _ISOTROPY, _structure_rows(campaign.runs))
    if document["left_out"]:
        yield Section("Left out", "These models did not take part.", [["model", "why"], *map(list, document["left_out"].items())])
    for entry in summary:
        seed = next(run["seed"] for run in campaign.runs if run["entrant"]["name"] == entry["name"])
        shown = read_slices(run_folder(campaign.folder, entry["name"], seed) / SLICES)
        yield Section(
            f"Slices: {entry['name']}",
            f"The slice with most misplaced pixels, and the median one, of seed {seed}.",
            (),
            png_bytes(slice_gallery(shown)),
        )
    curves = learning_curves(campaign.runs)
    if curves is not None:
        yield Section(
            "Learning curves", "Loss of each epoch: dots and lines on validation slices, dotted on training patches.", (), png_bytes(curves)
        )


_COST = ("parameters", "fit s", "predict s")
_LEADERBOARD = (
    "All volumes of the split counted together, mean ± standard deviation over the seeds; best mean Dice first. Dice, IoU and solid are fractions. "
    "MP is the share of misplaced pixels, MGP the share of the solid that was missed, both in percent. Dots are seeds."
)
_COMPARED = (
    "Mean Dice of the first minus that of the second, on the same volumes with the same seeds. Chance: how often a difference as large would come "
    "about if both were alike; with few volumes and seeds it cannot be smaller than the number beside it."
)
_ISOTROPY = (
    "How much the structure that was found differs between the milling direction and the face, 0 for none. A finite piece of an isotropic structure "
    "is never quite isotropic: the truth has an error as well, and chance alone gives the floor, on average and in 19 of 20 cases. In brackets the "
    "95 % interval, from pieces of the block. Means over volumes and seeds."
)


def _only(rows: Sequence[Sequence[str]], *titles: str) -> list[list[str]]:
    """Keep the first column and those with these titles."""
    kept = [index for index, title in enumerate(rows[0]) if index == 0 or title in titles]
    return _unbroken([[row[index] for index in kept] for row in rows])


def _without(rows: Sequence[Sequence[str]], *titles: str) -> list[list[str]]:
    """Drop the columns with these titles."""
    return _only(rows, *(title for title in rows[0] if title not in titles))


def _unbroken(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Keep a mean and its deviation on one line."""
    return [[cell.replace(" ± ", "\u00a0±\u00a0") for cell in row] for row in rows]


def _what(document: Mapping[str, Any]) -> str:
    corpus, around = document["corpus"], document["surroundings"]
    packages = ", ".join(f"{name} {version}" for name, version in around["packages"].items())
    seeds = ", ".join(map(str, document["seeds"]))
    return (
        f"Every model learned on the training split of {corpus['name']} {corpus['version']} (digest {corpus['digest'][:12]}) and segmented the "
        f"{len(corpus['volumes'])} volume(s) of the split {corpus['split']}. Tier {document['tier']}; seeds {seeds}; "
        f"{document['threads']} thread(s); synthfib {document['synthfib']}; {around['processor']}, {around['cores']} cores, "
        f"{around['system']}, Python {around['python']}, {packages}."
    )


def _volume_rows(summary: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    volumes = list(summary[0]["volumes"])
    return [["method", *volumes], *([e["name"], *(mean_and_std_text(e["volumes"][v]["mean_dice"], ".3f") for v in volumes)] for e in summary)]


def _comparison_rows(comparisons: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    rows = [["first", "second", "difference", "95 % interval", "chance", "smallest possible", "better in"]]
    for each in comparisons:
        interval = f"{each['low']:+.4f} to {each['high']:+.4f}" if "low" in each else "needs 3 seeds"
        chances = [f"{each[key]:.2g}" if key in each else "" for key in ("p_value", "smallest_p_value")]
        rows.append([each["name"], each["other"], f"{each['mean_difference']:+.4f}", interval, *chances, f"{each['better']} of {each['pairs']}"])
    return rows


def _structure_rows(runs: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return isotropy errors with their intervals, averaged over volumes and seeds; the truth and the floor in the last rows."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        by_name.setdefault(run["entrant"]["name"], []).extend(run["volumes"])
    everywhere = [volume for own in by_name.values() for volume in own]
    rows = [["method", "two-point correlation", "lineal path", "diameter", "mean chord"]]
    rows += [[name, *(_with_interval(own, f"isotropy_{error}") for error in ERRORS)] for name, own in by_name.items()]
    rows.append(["truth", *(_mean(everywhere, f"truth_isotropy_{error}") for error in ERRORS)])
    for title, ending in (("floor, mean", "floor"), ("floor, 95 %", "floor_high")):
        rows.append([title, *(_mean(everywhere, f"isotropy_{error}_{ending}") for error in ERRORS)])
    return rows


def _mean(volumes: Sequence[Mapping[str, Any]], score: str) -> str:
    values = [volume["structure"][score] for volume in volumes if score in volume["structure"]]
    return f"{sum(values) / len(values):.3f}" if values else ""


def _with_interval(volumes: Sequence[Mapping[str, Any]], score: str) -> str:
    ends = [volume["intervals"][score] for volume in volumes if score in volume["intervals"]]
    if not ends:
        return _mean(volumes, score)
    low, high = (sum(each) / len(ends) for each in zip(*ends, strict=True))
    return f"{_mean(volumes, score)} ({low:.3f} to {high:.3f})"
