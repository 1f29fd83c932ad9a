"""Several seeds as mean and standard deviation, and one entrant against another on the same volumes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

import numpy as np

from synthfib.evaluation.paired_comparison import paired_comparison

#: A comparison needs as many.
FEWEST_SEEDS = 3


def summary(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one entry per entrant, best mean Dice first.

    Returns
    -------
    list of dict
        ``name``, ``model``, ``seeds`` (their number), ``scores`` (by metric, over the pooled volumes of each seed: ``mean`` and ``std``, the
        latter with n - 1, None for one seed), ``volumes`` (by volume, the same), ``seconds`` (mean, of ``fit`` and ``predict``, None if unknown).
    """
    entries = [_entry(name, own) for name, own in _by_entrant(results).items()]
    return sorted(entries, key=lambda entry: (-entry["scores"]["mean_dice"]["mean"], entry["name"]))


def comparisons(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how the best entrant differs from every other one on the same volumes with the same seeds.

    Returns
    -------
    list of dict
        ``name``, ``other``, ``metric``, ``pairs`` (their number), ``better`` (in how many of them `name` is better), ``unit`` (what counts as
        independent: volumes, or seeds where there is one volume), and from three seeds on the fields of
        `synthfib.evaluation.paired_comparison.PairedComparison`, `name` minus `other`.
    """
    ranked = [entry["name"] for entry in summary(results)]
    values = {(r["entrant"]["name"], r["seed"], v["volume"]): v["scores"]["mean_dice"] for r in results for v in r["volumes"]}
    return [_pairwise(ranked[0], other, values) for other in ranked[1:]]


def mean_and_std(values: Iterable[float]) -> dict[str, float | None]:
    """Return the mean, and the standard deviation with n - 1, None for a single value."""
    numbers = np.asarray(list(values), np.float64)
    if np.ptp(numbers) == 0:  # equal values have no spread, whatever the last digit of their mean
        return {"mean": float(numbers[0]), "std": 0.0 if numbers.size > 1 else None}
    return {"mean": float(numbers.mean()), "std": float(numbers.std(ddof=1))}


def _by_entrant(results: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        found.setdefault(result["entrant"]["name"], []).append(result)
    return found


def _entry(name: str, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = results[0]
    return {
        "name": name,
        "model": first["entrant"]["model"],
        "seeds": len(results),
        "parameters": first["volumes"][0]["details"].get("parameters"),
        "scores": {metric: mean_and_std(result["pooled"][metric] for result in results) for metric in first["pooled"]},
        "volumes": {
            volume["volume"]: {metric: mean_and_std(result["volumes"][index]["scores"][metric] for result in results) for metric in volume["scores"]}
            for index, volume in enumerate(first["volumes"])
        },
        "seconds": {part: _mean_of_known(result["seconds"][part] for result in results) for part in ("fit", "predict")},
    }


def _mean_of_known(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _pairwise(name: str, other: str, values: Mapping[tuple[str, int, str], float]) -> dict[str, Any]:
    both = [(seed, volume) for who, seed, volume in values if who == name and (other, seed, volume) in values]
    seeds, volumes = sorted({seed for seed, _ in both}), sorted({volume for _, volume in both})
    first, second = (np.array([[values[who, seed, volume] for seed in seeds] for volume in volumes]) for who in (name, other))
    unit: Literal["volume", "seed"] = "volume" if len(volumes) > 1 else "seed"
    compared = (
        asdict(paired_comparison(first, second, unit=unit)) if len(seeds) >= FEWEST_SEEDS else {"mean_difference": float((first - second).mean())}
    )
    better = int(np.count_nonzero(first > second))
    return {"name": name, "other": other, "metric": "mean_dice", "unit": unit, "pairs": first.size, "better": better, **compared}
