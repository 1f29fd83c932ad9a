from __future__ import annotations

from synthfib.benchmark.leaderboard import leaderboard

FRACTIONS = {"mean_iou": 0.4, "solid_fraction": 0.31, "truth_solid_fraction": 0.3}
ENTRY = {
    "dice_solid": 0.5,
    "dice_pore": 0.7,
    "mean_iou": 0.4,
    "mp_percent": 12.345,
    "mgp_percent": 3.0,
    "solid_fraction": 0.31,
    "truth_solid_fraction": 0.3,
}


def test_the_best_method_comes_first_and_columns_line_up() -> None:
    table = leaderboard([{"method": "otsu", "mean_dice": 0.61, **ENTRY}, {"method": "a-long-name", "mean_dice": 0.97, "fit_seconds": 61.26, **ENTRY}])
    heading, rule, first, second = table.splitlines()
    assert first.startswith("a-long-name")
    assert second.startswith("otsu ")
    assert "12.35" in first or "12.34" in first
    assert "61.3" in first
    for name, value in (("mean Dice", "0.9700"), ("true solid", "0.3000")):
        assert heading.index(name) + len(name) == first.index(value) + len(value)
    assert len(rule) >= len(heading)


def test_an_empty_table_is_its_heading() -> None:
    assert len(leaderboard([]).splitlines()) == 2
