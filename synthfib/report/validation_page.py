"""The checks of the electron physics on one page."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from synthfib.report.page import Section, png_bytes, render_page
from synthfib.validation.outcome import GRANTED_ERRORS, Outcome
from synthfib.validation.run import TIERS

_COLOURS = {"pass": "#0072b2", "fail": "#d55e00", "known difference": "#e69f00"}


def validation_rows(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """Return a header and one row per check."""
    header = ["check", "what", "expected", "band", "measured", "error", "verdict"]
    return [header, *([o.name, o.what, f"{o.expected:.4g}", f"± {o.band:.3g}", f"{o.measured:.4g}", f"{o.error:.1g}", o.verdict] for o in outcomes)]


def validation_page(outcomes: Sequence[Outcome], *, quick: bool = False) -> str:
    """Return the page as HTML text: a table and a figure for each tier.

    Parameters
    ----------
    outcomes : sequence of Outcome
        From `validation.run.validate`.
    quick : bool
        Whether fewer electrons were sent, which the page then says.
    """
    passed = sum(outcome.verdict == "pass" for outcome in outcomes)
    text = f"{passed} of {len(outcomes)} checks passed. A value passes within its band plus {GRANTED_ERRORS:g} standard errors."
    text += " Quick run: a twentieth of the electrons." if quick else ""
    sections = [Section("Summary", text)]
    for tier, about in TIERS.items():
        own = [outcome for outcome in outcomes if outcome.name[0] == tier]
        if own:
            notes = "".join(f" {o.name}, {o.what}: {o.known}." for o in own if o.verdict == "known difference")
            sections.append(Section(f"Tier {tier}", f"{about[0].upper()}{about[1:]}.{notes}", validation_rows(own), png_bytes(deviations(own))))
    return render_page("Validation of the electron physics", sections)


def deviations(outcomes: Sequence[Outcome]) -> Figure:
    """Return how far each value lies from what is expected, as a share of what is granted."""
    figure = Figure(figsize=(9, 0.19 * len(outcomes) + 0.9), layout="constrained", dpi=110)
    axes = figure.subplots()
    axes.axvspan(-1, 1, color="#eeeeee")
    for place, outcome in enumerate(outcomes):
        granted = outcome.band + GRANTED_ERRORS * outcome.error
        off = (outcome.measured - outcome.expected) / granted if granted else float(not outcome.passed) * 2
        axes.plot([0, off], [place, place], color=_COLOURS[outcome.verdict], lw=1)
        axes.plot(off, place, "o", ms=4, color=_COLOURS[outcome.verdict])
    axes.set_yticks(range(len(outcomes)), [f"{outcome.name}  {outcome.what}" for outcome in outcomes], fontsize=7)
    axes.set(xlabel="(measured - expected) / (band + 3 standard errors)", ylim=(len(outcomes) - 0.5, -0.5))
    axes.set_xlim(min(-1.1, axes.get_xlim()[0]), max(1.1, axes.get_xlim()[1]))
    axes.spines[["top", "right"]].set_visible(False)
    return figure
