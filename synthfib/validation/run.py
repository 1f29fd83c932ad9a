"""All checks of the electron physics, one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from synthfib.errors import UnknownNameError
from synthfib.simulators.monte_carlo.flat_sample import flat_sample
from synthfib.simulators.monte_carlo.layers import send_electrons
from synthfib.validation.cases import EXPERIMENT, SAME_MODEL, TRENDS, Case, Trend
from synthfib.validation.outcome import Outcome
from synthfib.validation.quantities import QUANTITIES, Estimate
from synthfib.validation.verification import CHECKS, Check

#: What each tier compares with.
TIERS = {
    "V": "identities and tables: the simulator against itself and against published figures",
    "M": "the same physics in an independent code; continuous energy loss (csda)",
    "X": "measurements, and codes with other physics; energy losses one by one (mixed, the default)",
}
#: Called with the share of the work done and the name of the check that comes next.
OnProgress = Callable[[float, str], None]

# A quick run sends a twentieth of the electrons: standard errors are 4.5 times as large.
_QUICK = 20


def validate(tiers: Iterable[str] = TIERS, *, quick: bool = False, on_progress: OnProgress | None = None) -> tuple[Outcome, ...]:
    """Return the outcome of every check of some tiers.

    Parameters
    ----------
    tiers : iterable of str
        Any of `TIERS`.
    quick : bool
        Whether to send a twentieth of the electrons; bands stay, standard errors grow, and with them what is granted.
    on_progress : callable, optional
        Called before each check.

    Raises
    ------
    UnknownNameError
        If a tier is not known.
    """
    wanted = set(tiers)
    for tier in wanted - TIERS.keys():
        raise UnknownNameError("tier", tier, TIERS)
    known: list[Check | Case | Trend] = [*CHECKS, *SAME_MODEL, *EXPERIMENT, *TRENDS]
    work = [check for check in known if check.name[0] in wanted]
    return tuple(_outcomes(sorted(work, key=_order), _QUICK if quick else 1, on_progress))


def _order(check: Check | Case | Trend) -> tuple[int, int]:
    return list(TIERS).index(check.name[0]), int(check.name[1:])


def _outcomes(work: list[Check | Case | Trend], fewer: int, on_progress: OnProgress | None) -> Iterator[Outcome]:
    for done, check in enumerate(work):
        if on_progress:
            on_progress(done / len(work), check.name)
        electrons = max(check.electrons // fewer, 1000)
        if isinstance(check, Check):
            yield Outcome(check.name, check.what, check.expected, check.band, *check.find(electrons))
        elif isinstance(check, Case):
            yield Outcome(check.name, check.what, check.expected, check.band, *_estimate(check, electrons), check.known)
        else:
            yield _trend(check, electrons)
    if on_progress:
        on_progress(1.0, "")


def _estimate(case: Case, electrons: int) -> Estimate:
    find = QUANTITIES[case.quantity]

    def of(sample: str, tilt_deg: float, seed: int) -> Estimate:
        layers = flat_sample(sample)
        return find(send_electrons(layers, case.energy_kev, electrons=electrons, rng=seed, tilt_deg=tilt_deg, energy_loss=case.energy_loss))

    value, error = of(case.sample, case.tilt_deg, 1)
    if case.less:
        less, less_error = of(case.less, case.tilt_deg, 2)
        value, error = value - less, math.hypot(error, less_error)
    if case.per_normal:
        normal, normal_error = of(case.sample, 0.0, 2)
        value, error = value / normal, value / normal * math.hypot(error / value, normal_error / normal)
    return value, error


def _trend(trend: Trend, electrons: int) -> Outcome:
    """How many steps of a trend do not rise; none may."""
    etas = [send_electrons(flat_sample(sample), energy, electrons=electrons, rng=1).eta()[0] for sample, energy in trend.steps]
    falling = sum(after <= before for before, after in pairwise(etas))
    return Outcome(trend.name, f"{trend.what} (steps against it)", 0.0, 0.0, float(falling), 0.0)
