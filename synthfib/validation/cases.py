"""Flat samples with known answers: computations with the same physics (tier M), measurements and other codes (tier X).

Tier M are single-scattering computations with relativistic partial waves (ELSEPA tables), the continuous loss of Joy and Luo and a cut-off of
50 eV, in a code of its own; they are met with ``csda``. Tier X are the ranges that measurements on bulk elements span (`measured`), the
tilt law of Drescher, Reimer and Seidel (1970), and films computed with PENELOPE, which draws energy losses one by one; they are met with
``mixed``, the default of the simulator.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One number for one flat sample.

    Parameters
    ----------
    name : str
        Tier and number.
    sample : str
        As `flat_sample` reads it.
    energy_kev : float
        Landing energy.
    expected, band : float
        The known answer, and how far from it is right.
    quantity : str
        One of `quantities.QUANTITIES`.
    tilt_deg : float
        Angle between beam and surface normal.
    less : str
        Subtract the same number for this sample.
    per_normal : bool
        Divide by the same number at normal incidence.
    known : str
        Why the answer is known to be missed, if it is.
    electrons : int
        How many to send; enough for a standard error below a third of the band.
    """

    name: str
    sample: str
    energy_kev: float
    expected: float
    band: float
    quantity: str = "η"
    tilt_deg: float = 0.0
    less: str = ""
    per_normal: bool = False
    known: str = ""
    electrons: int = 200_000

    @property
    def energy_loss(self) -> str:
        """Energy loss of the tier."""
        return "csda" if self.name.startswith("M") else "mixed"

    @property
    def what(self) -> str:
        """The case in words."""
        text = f"{self.quantity}, {self.sample}, {self.energy_kev:g} keV"
        text += f", {self.tilt_deg:g}°" if self.tilt_deg else ""
        text += f", less that of {self.less}" if self.less else ""
        return text + (", over that at 0°" if self.per_normal else "")


@dataclass(frozen=True, slots=True)
class Trend:
    """Samples or energies in the order of rising backscatter coefficient.

    Parameters
    ----------
    name, what : str
        Tier and number, and the trend in words.
    steps : tuple of (str, float)
        Samples and energies.
    """

    name: str
    what: str
    steps: tuple[tuple[str, float], ...]
    electrons: int = 200_000


_PENELOPE_AT_1_KEV = "gold stops 1 keV electrons by 30 % more in PENELOPE; another code with the present physics has 0.351"

SAME_MODEL: tuple[Case, ...] = (
    Case("M1", "gold", 1, 0.420, 0.008),
    Case("M1", "gold", 2, 0.446, 0.008),
    Case("M1", "gold", 4, 0.4525, 0.008),
    Case("M2", "gold", 0.5, 0.296, 0.015),
    Case("M2", "gold", 10, 0.474, 0.015),
    Case("M2", "gold", 20, 0.4865, 0.015),
    Case("M3", "carbon", 1, 0.082, 0.004),
    Case("M3", "carbon", 2, 0.069, 0.004),
    Case("M3", "carbon", 5, 0.057, 0.004),
    Case("M3", "carbon", 20, 0.0495, 0.004),
    Case("M4", "epoxy", 1, 0.0725, 0.004),
    Case("M4", "epoxy", 2, 0.061, 0.004),
    Case("M4", "epoxy", 4, 0.054, 0.004),
    Case("M5", "copper", 2, 0.307, 0.006),
    Case("M5", "silver", 2, 0.379, 0.006),
    Case("M5", "silicon", 2, 0.189, 0.006),
    Case("M5", "aluminium", 2, 0.178, 0.006),
    Case("M6", "gold", 2, 2.9, 0.116, quantity="median depth (nm)"),
    Case("M6", "gold", 2, 6.8, 0.272, quantity="90 % depth (nm)"),
    Case("M6", "epoxy", 2, 20.7, 0.828, quantity="median depth (nm)"),
    Case("M6", "epoxy", 2, 38.7, 1.548, quantity="90 % depth (nm)"),
    Case("M7", "gold", 2, 2.5, 0.125, quantity="median spread (nm)"),
    Case("M7", "gold", 2, 9.2, 0.46, quantity="90 % spread (nm)"),
    Case("M7", "epoxy", 2, 34.5, 1.725, quantity="median spread (nm)"),
    Case("M7", "epoxy", 2, 70.0, 3.5, quantity="90 % spread (nm)"),
    Case("M8", "gold", 2, 0.727, 0.010, quantity="mean energy share"),
    Case("M8", "epoxy", 2, 0.575, 0.010, quantity="mean energy share"),
    Case("M9", "gold", 2, 0.522, 0.010, tilt_deg=45),
    Case("M9", "gold", 2, 0.655, 0.010, tilt_deg=70),
    Case("M9", "epoxy", 2, 0.170, 0.010, tilt_deg=52),
    Case("M10", "epoxy:2.5,gold", 1, 0.351, 0.010),
    Case("M10", "epoxy:5,gold", 1, 0.292, 0.010),
    Case("M10", "epoxy:10,gold", 1, 0.167, 0.010),
    Case("M10", "epoxy:20,gold", 1, 0.073, 0.010),
    Case("M10", "epoxy:5,gold", 2, 0.413, 0.010),
    Case("M10", "epoxy:10,gold", 2, 0.378, 0.010),
    Case("M10", "epoxy:20,gold", 2, 0.300, 0.010),
    Case("M10", "epoxy:40,gold", 2, 0.127, 0.010),
    Case("M10", "epoxy:60,gold", 2, 0.062, 0.010),
    Case("M10", "epoxy:20,gold", 4, 0.423, 0.010),
    Case("M10", "epoxy:50,gold", 4, 0.361, 0.010),
    Case("M10", "epoxy:100,gold", 4, 0.218, 0.010),
    Case("M10", "epoxy:150,gold", 4, 0.086, 0.010),
    Case("M10", "gold:2,epoxy", 2, 0.208, 0.010),
    Case("M10", "gold:10,epoxy", 2, 0.441, 0.010),
    Case("M11", "gold", 2, 0.008, 0.004, quantity="η below 200 eV"),
    Case("M12", "epoxy:60,gold", 2, 0.001, 0.001, less="epoxy", electrons=1_500_000),
)

EXPERIMENT: tuple[Case, ...] = (
    Case("X1", "gold", 1, 0.41, 0.03),
    Case("X1", "gold", 2, 0.445, 0.02),
    Case("X1", "gold", 3, 0.4525, 0.0225),
    Case("X1", "gold", 4, 0.455, 0.02),
    Case("X1", "gold", 5, 0.4625, 0.0225),
    Case("X1", "gold", 10, 0.4725, 0.0175),
    Case("X1", "gold", 20, 0.485, 0.02),
    Case("X2", "carbon", 1, 0.0925, 0.0225),
    Case("X2", "carbon", 2, 0.080, 0.020),
    Case("X2", "carbon", 4, 0.070, 0.018),
    Case("X2", "carbon", 5, 0.0665, 0.0165),
    Case("X2", "carbon", 20, 0.052, 0.010),
    Case("X3", "copper", 2, 0.315, 0.02),
    Case("X3", "silver", 2, 0.38, 0.02),
    Case("X3", "silicon", 2, 0.2025, 0.0225),
    Case("X3", "aluminium", 2, 0.19, 0.02),
    Case("X3", "copper", 20, 0.3075, 0.0175),
    Case("X3", "aluminium", 20, 0.155, 0.015),
    # (0.89 / eta0)^(1 - cos phi) with eta0 of gold 0.447 and of carbon-like matter 0.061, within 8 %.
    Case("X5", "gold", 2, 1.097, 0.088, tilt_deg=30, per_normal=True),
    Case("X5", "gold", 2, 1.223, 0.098, tilt_deg=45, per_normal=True),
    Case("X5", "gold", 2, 1.303, 0.104, tilt_deg=52, per_normal=True),
    Case("X5", "gold", 2, 1.411, 0.113, tilt_deg=60, per_normal=True),
    Case("X5", "epoxy", 2, 1.432, 0.115, tilt_deg=30, per_normal=True),
    Case("X5", "epoxy", 2, 2.192, 0.175, tilt_deg=45, per_normal=True),
    Case("X5", "epoxy", 2, 2.800, 0.224, tilt_deg=52, per_normal=True),
    # Up to 60 % of the depth to which gold is visible: 15, 45 and 150 nm at 1, 2 and 4 keV.
    Case("X6", "epoxy:2.5,gold", 1, 0.315, 0.025, known=_PENELOPE_AT_1_KEV),
    Case("X6", "epoxy:5,gold", 1, 0.267, 0.025),
    Case("X6", "epoxy:5,gold", 2, 0.397, 0.025),
    Case("X6", "epoxy:10,gold", 2, 0.365, 0.025),
    Case("X6", "epoxy:20,gold", 2, 0.295, 0.025),
    Case("X6", "epoxy:20,gold", 4, 0.423, 0.025),
    Case("X6", "epoxy:50,gold", 4, 0.359, 0.025),
    # Losses drawn one by one let gold shine through farther than continuous ones do (M12).
    Case("X8", "epoxy:60,gold", 2, 0.011, 0.005, less="epoxy", electrons=1_500_000),
)

_FALLING = (20.0, 5.0, 2.0, 1.0, 0.5)

TRENDS: tuple[Trend, ...] = (
    Trend("X4", "gold: η rises from 0.5 to 20 keV", tuple(("gold", energy) for energy in (0.5, 1.0, 2.0, 5.0, 10.0, 20.0))),
    Trend("X4", "carbon: η falls from 0.5 to 20 keV", tuple(("carbon", energy) for energy in _FALLING)),
    Trend("X4", "silicon: η falls from 0.5 to 20 keV", tuple(("silicon", energy) for energy in _FALLING)),
    Trend("X4", "aluminium: η falls from 0.5 to 20 keV", tuple(("aluminium", energy) for energy in _FALLING)),
    *(
        Trend(
            "X4",
            f"{energy:g} keV: η of C < Al < Si < Cu < Ag < Au",
            tuple((name, energy) for name in ("carbon", "aluminium", "silicon", "copper", "silver", "gold")),
        )
        for energy in (1.0, 4.0, 20.0)
    ),
)
