"""The page of a benchmark: leaderboard, seeds, comparisons, pictures of slices, learning curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synthfib.benchmark.campaign import PAGE, Campaign, run_folder
from synthfib.benchmark.leaderboard import mean_and_std_text, mean_rows
from synthfib.benchmark.run import SLICES
from synthfib.benchmark.slices import read_slices
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
    yield Section("Leaderboard", _LEADERBOARD, _unbroken(mean_rows(summary)), png_bytes(seed_scores(summary, campaign.runs)))
    yield Section("Volume by volume", "Mean Dice of each volume, mean ± standard deviation over the seeds.", _unbroken(_volume_rows(summary)))
    if document["comparisons"]:
        yield Section("Is the best one better?", _COMPARED, _unbroken(_comparison_rows(document["comparisons"])))
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


_LEADERBOARD = (
    "All volumes of the split counted together, mean ± standard deviation over the seeds; best mean Dice first. Dice, IoU and solid are fractions. "
    "MP is the share of misplaced pixels, MGP the share of the solid that was missed, both in percent. Dots are seeds."
)
_COMPARED = "Mean Dice of the first minus that of the second, on the same volume with the same seed."


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
    rows = [["first", "second", "pairs", "difference", "better in"]]
    for each in comparisons:
        difference = mean_and_std_text({"mean": each["mean_difference"], "std": each["std_difference"]}, ".3f")
        rows.append([each["name"], each["other"], str(each["pairs"]), difference, f"{each['better']} of {each['pairs']}"])
    return rows
