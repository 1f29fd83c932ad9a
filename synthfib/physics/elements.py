"""Symbols, standard atomic weights and densities of the elements, and chemical formulas."""

from __future__ import annotations

import re

from synthfib.errors import InputError

# Symbol and standard atomic weight in g/mol (IUPAC 2021, abridged), in order of atomic number from 1.
_TABLE = """
H 1.008 He 4.0026 Li 6.94 Be 9.0122 B 10.81 C 12.011 N 14.007 O 15.999 F 18.998 Ne 20.180 Na 22.990 Mg 24.305 Al 26.982 Si 28.085
P 30.974 S 32.06 Cl 35.45 Ar 39.95 K 39.098 Ca 40.078 Sc 44.956 Ti 47.867 V 50.942 Cr 51.996 Mn 54.938 Fe 55.845 Co 58.933 Ni 58.693
Cu 63.546 Zn 65.38 Ga 69.723 Ge 72.630 As 74.922 Se 78.971 Br 79.904 Kr 83.798 Rb 85.468 Sr 87.62 Y 88.906 Zr 91.224 Nb 92.906
Mo 95.95 Tc 97 Ru 101.07 Rh 102.91 Pd 106.42 Ag 107.87 Cd 112.41 In 114.82 Sn 118.71 Sb 121.76 Te 127.60 I 126.90 Xe 131.29
Cs 132.91 Ba 137.33 La 138.91 Ce 140.12 Pr 140.91 Nd 144.24 Pm 145 Sm 150.36 Eu 151.96 Gd 157.25 Tb 158.93 Dy 162.50 Ho 164.93
Er 167.26 Tm 168.93 Yb 173.05 Lu 174.97 Hf 178.49 Ta 180.95 W 183.84 Re 186.21 Os 190.23 Ir 192.22 Pt 195.08 Au 196.97 Hg 200.59
Tl 204.38 Pb 207.2 Bi 208.98 Po 209 At 210 Rn 222 Fr 223 Ra 226 Ac 227 Th 232.04 Pa 231.04 U 238.03
""".split()  # noqa: SIM905 - a table for people

#: Atomic number of each symbol.
ATOMIC_NUMBER: dict[str, int] = {symbol: z for z, symbol in enumerate(_TABLE[::2], start=1)}
#: Atomic weight in g/mol of each atomic number.
ATOMIC_WEIGHT: dict[int, float] = {z: float(weight) for z, weight in enumerate(_TABLE[1::2], start=1)}

# Densities in g/cm3 in the same order, gases at 20 degrees C and 1 atm; J. H. Hubbell, S. M. Seltzer, NISTIR 5632 (1995), table 1, which
# sets astatine and francium, unknown, to 10.
_DENSITIES = """
8.375e-5 1.663e-4 0.534 1.848 2.370 1.700 1.165e-3 1.332e-3 1.580e-3 8.385e-4 0.971 1.740 2.699 2.330 2.200 2.000 2.995e-3 1.662e-3
0.862 1.550 2.989 4.540 6.110 7.180 7.440 7.874 8.900 8.902 8.960 7.133 5.904 5.323 5.730 4.500 7.072e-3 3.478e-3
1.532 2.540 4.469 6.506 8.570 10.22 11.50 12.41 12.41 12.02 10.50 8.650 7.310 7.310 6.691 6.240 4.930 5.485e-3
1.873 3.500 6.154 6.657 6.710 6.900 7.220 7.460 5.243 7.900 8.229 8.550 8.795 9.066 9.321 6.730 9.840
13.31 16.65 19.30 21.02 22.57 22.42 21.45 19.32 13.55 11.72 11.35 9.747 9.320 10.00 9.066e-3
10.00 5.000 10.07 11.72 15.37 18.95
""".split()  # noqa: SIM905 - a table for people

#: Density in g/cm3 of each atomic number.
DENSITY_G_CM3: dict[int, float] = {z: float(density) for z, density in enumerate(_DENSITIES, start=1)}

_TERM = re.compile(r"([A-Z][a-z]?)(\d+(?:\.\d+)?)?")


def mass_fractions(formula: str) -> tuple[tuple[int, float], ...]:
    """Return atomic numbers and mass fractions of a formula such as ``"C21H24O4"``, sorted by atomic number.

    Raises
    ------
    InputError
        If the formula has anything but element symbols with counts (no brackets).
    """
    masses: dict[int, float] = {}
    end = 0
    for match in _TERM.finditer(formula):
        symbol, count = match.group(1), float(match.group(2) or 1)
        if match.start() != end or symbol not in ATOMIC_NUMBER or count <= 0:
            break
        z = ATOMIC_NUMBER[symbol]
        masses[z] = masses.get(z, 0.0) + count * ATOMIC_WEIGHT[z]
        end = match.end()
    if end != len(formula) or not masses:
        raise InputError(f"A chemical formula is element symbols with counts, such as C21H24O4 or Al2O3, got {formula!r}.")
    total = sum(masses.values())
    return tuple((z, mass / total) for z, mass in sorted(masses.items()))
