"""Measured backscatter coefficients of bulk elements at normal incidence.

As compiled in D. C. Joy, A database of electron-solid interactions (2001), save for the set of 1989, digitised in the public-domain package
NeXLCore. No errors are given there; sets of cleaned surfaces are good to 3 to 5 %, others, below 2 keV, may be off by tens of per cent.
"""

from __future__ import annotations

from dataclasses import dataclass

from synthfib.physics.elements import ATOMIC_NUMBER


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """One measurement of one element.

    Parameters
    ----------
    symbol : str
        The element.
    authors, source : str
        Who, and where it was published.
    points : tuple of (float, float)
        Energy in keV and backscatter coefficient.
    """

    symbol: str
    authors: str
    source: str
    points: tuple[tuple[float, float], ...]


_CLEAN = ("El Gomati, Assa'd 1998", "M. M. El Gomati, A. M. D. Assa'd, Microchim. Acta Suppl. 15 (1998) 325; surfaces cleaned in ultra-high vacuum")
_BRONSTEIN = ("Bronstein, Fraiman 1969", "I. M. Bronstein, B. S. Fraiman, Secondary Electron Emission, Nauka, Moscow 1969")
_HUNGER = ("Hunger, Küchler 1979", "H.-J. Hunger, L. Küchler, Phys. Status Solidi A 56 (1979) K45")
_REIMER = ("Reimer, Tollkamp 1980", "L. Reimer, C. Tollkamp, Scanning 3 (1980) 35")
_BONGELER = ("Böngeler et al. 1993", "R. Böngeler et al., Scanning 15 (1993) 1; surfaces as they are in a microscope")
_DRESCHER = ("Drescher et al. 1970", "H. Drescher, L. Reimer, H. Seidel, Z. Angew. Phys. 29 (1970) 331")
_STERNGLASS = ("Sternglass 1954", "E. J. Sternglass, Phys. Rev. 95 (1954) 345")
_AUGUST = ("August, Wernisch 1989", "H.-J. August, J. Wernisch (1989), digitised in NeXLCore; only points below 31 keV")

MEASURED: tuple[MeasuredSet, ...] = (
    MeasuredSet("Au", *_CLEAN, ((0.61, 0.367), (0.9, 0.387), (1, 0.395), (2, 0.428), (2.5, 0.444), (3, 0.451), (4, 0.459), (5, 0.461), (6, 0.471))),
    MeasuredSet(
        "Au",
        *_BRONSTEIN,
        ((0.1, 0.082), (0.2, 0.14), (0.4, 0.256), (0.6, 0.357), (0.8, 0.407), (1, 0.419), (2, 0.45), (3, 0.464), (4, 0.461)),
    ),
    MeasuredSet("Au", *_BONGELER, ((0.8, 0.245), (1, 0.289), (2, 0.373), (3, 0.414), (4, 0.443), (5, 0.459))),
    MeasuredSet("Au", *_REIMER, ((3, 0.415), (5, 0.448), (10, 0.471), (20, 0.482))),
    MeasuredSet("Au", *_HUNGER, ((3.93, 0.45), (5, 0.469), (10, 0.476), (20.2, 0.485))),
    MeasuredSet("Au", *_DRESCHER, ((9.3, 0.478), (17.3, 0.492))),
    MeasuredSet("Au", *_AUGUST, ((5.173, 0.4695), (7.446, 0.4637), (9.999, 0.4758), (15.124, 0.4851), (20.033, 0.4854), (25.075, 0.5008))),
    MeasuredSet("C", *_CLEAN, ((1, 0.076), (2, 0.071), (3, 0.063), (4, 0.058), (5, 0.058))),
    MeasuredSet("C", *_STERNGLASS, ((0.8, 0.074), (1.2, 0.0714), (2.05, 0.066))),
    MeasuredSet("C", *_BRONSTEIN, ((0.5, 0.150), (1, 0.133), (2, 0.107), (3, 0.088))),
    MeasuredSet("C", *_HUNGER, ((3.9, 0.083), (5, 0.082), (10, 0.066), (20.2, 0.049))),
    MeasuredSet("C", *_AUGUST, ((3.978, 0.0836), (5.039, 0.0806), (7.39, 0.0725), (9.888, 0.0674), (15.037, 0.0572), (19.957, 0.0485))),
    MeasuredSet("Cu", *_CLEAN, ((0.61, 0.275), (1, 0.31), (2, 0.322), (3, 0.321), (4, 0.321), (5, 0.319))),
    MeasuredSet("Cu", *_BRONSTEIN, ((0.6, 0.375), (1, 0.381), (2, 0.379), (4, 0.34))),
    MeasuredSet("Cu", *_HUNGER, ((3.93, 0.329), (5, 0.323), (10, 0.316), (20.2, 0.306))),
    MeasuredSet("Cu", *_AUGUST, ((3.98, 0.3313), (5.046, 0.3246), (7.472, 0.3165), (9.891, 0.3152), (15.109, 0.3095), (19.948, 0.3052))),
    MeasuredSet("Si", *_BRONSTEIN, ((0.4, 0.255), (0.6, 0.241), (1, 0.228), (2, 0.204), (3, 0.192), (4, 0.189))),
    MeasuredSet("Si", *_HUNGER, ((3.93, 0.204), (5, 0.188), (10, 0.174), (20, 0.159))),
    MeasuredSet("Al", *_CLEAN, ((0.5, 0.216), (1, 0.212), (2, 0.203), (3, 0.197), (4, 0.191), (5, 0.185))),
    MeasuredSet("Al", *_BRONSTEIN, ((0.6, 0.234), (1, 0.217), (2, 0.200), (3, 0.191), (4, 0.185))),
    MeasuredSet("Al", *_REIMER, ((1, 0.192), (3, 0.161), (5, 0.153), (10, 0.150), (20, 0.148))),
)


def measured_sets(z: int | None) -> tuple[MeasuredSet, ...]:
    """Return the measurements of an element; none for None, or if there are none."""
    return tuple(entry for entry in MEASURED if ATOMIC_NUMBER[entry.symbol] == z)
