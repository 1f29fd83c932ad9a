"""Published figures that tables are checked against.

Transport cross-sections: relativistic partial waves in Dirac-Fock atoms (ELSEPA; F. Salvat, A. Jablonski, C. J. Powell, Comput. Phys. Commun.
165 (2005) 157, doi 10.1016/j.cpc.2004.09.006). Stopping powers: the formula of Joy and Luo, worked out independently.
"""

from __future__ import annotations

#: Atomic number, energy in keV, transport cross-section in 1e-17 cm2.
TRANSPORT_1E17_CM2: tuple[tuple[int, float, float], ...] = (
    (6, 0.5, 1.228),
    (6, 1, 0.3897),
    (6, 2, 0.11725),
    (6, 4, 0.03418),
    (6, 10, 0.006540),
    (6, 20, 0.001860),
    (13, 1, 1.2046),
    (13, 2, 0.4114),
    (14, 1, 1.3386),
    (14, 2, 0.4619),
    (14, 5, 0.10224),
    (29, 1, 3.258),
    (29, 2, 1.2645),
    (29, 5, 0.3211),
    (47, 1, 5.261),
    (47, 2, 2.249),
    (47, 5, 0.6306),
    (79, 0.5, 9.871),
    (79, 1, 6.934),
    (79, 2, 3.6015),
    (79, 3, 2.2549),
    (79, 4, 1.5756),
    (79, 5, 1.1788),
    (79, 10, 0.45477),
    (79, 20, 0.16599),
)

#: Material, energy in keV, stopping power in eV/nm.
STOPPING_EV_NM: tuple[tuple[str, float, float], ...] = (
    ("gold", 0.1, 85.4),
    ("gold", 0.5, 67.1),
    ("gold", 1, 54.9),
    ("gold", 2, 41.6),
    ("gold", 4, 29.3),
    ("epoxy", 0.1, 55.3),
    ("epoxy", 0.5, 23.9),
    ("epoxy", 1, 15.17),
    ("epoxy", 2, 9.24),
    ("epoxy", 4, 5.46),
    ("ethyl-cellulose", 0.1, 55.6),
    ("ethyl-cellulose", 0.5, 23.8),
    ("ethyl-cellulose", 1, 15.03),
    ("ethyl-cellulose", 2, 9.14),
    ("ethyl-cellulose", 4, 5.40),
)

#: Atomic number and mean ionisation energy in eV.
MEAN_IONISATION_EV: tuple[tuple[int, float], ...] = ((1, 11.5), (6, 69), (8, 92), (13, 162.8), (14, 172.1), (29, 313.9), (47, 486.9), (79, 796.5))
