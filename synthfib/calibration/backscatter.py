"""The table of bulk backscatter coefficients, recomputed from single electrons."""

from __future__ import annotations

import json
import math
from pathlib import Path

from synthfib._version import __version__
from synthfib.physics.backscatter import TABLE_FILE
from synthfib.physics.materials import material
from synthfib.simulators.base import OnProgress
from synthfib.simulators.monte_carlo.layers import send_electrons

#: Elements spread over the periodic system, and the compounds that samples are made of.
MATERIALS = (
    *("carbon", "aluminium", "silicon", "Ti", "copper", "Zr", "silver", "W", "platinum", "gold", "U"),
    *("epoxy", "ethyl-cellulose", "alumina", "zirconia", "dealloyed-gold"),
)
ENERGIES_KEV = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 6.0, 10.0, 20.0)


def recompute_backscatter_table(out: Path = TABLE_FILE, *, electrons: int = 1_000_000, on_progress: OnProgress | None = None) -> None:
    """Write the table of `physics.backscatter` anew: `electrons` for every material and energy, both kinds of loss one by one (`mixed`).

    Parameters
    ----------
    out : pathlib.Path
        The table.
    electrons : int
        Electrons for each value, whose standard error is at most half of their inverse root.
    on_progress : callable, optional
        Called with the share of the work done and a word on it.
    """
    rows: dict[str, dict[str, object]] = {}
    done, total = 0.0, len(MATERIALS) * sum(ENERGIES_KEV)
    for name in MATERIALS:
        matter = material(name)
        etas = []
        for energy_kev in ENERGIES_KEV:
            etas.append(round(send_electrons([(matter, math.inf)], energy_kev, electrons=electrons, rng=1).eta()[0], 5))
            done += energy_kev
            if on_progress:
                on_progress(done / total, f"{name}, {energy_kev:g} keV")
        rows[name] = {"composition": [list(part) for part in matter.composition], "eta": etas}
    provenance = {"synthfib": __version__, "electrons": electrons, "seed": 1, "energy_loss": "mixed", "elastic_model": "partial-waves"}
    lines = [f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()]
    head = f'{{\n  "provenance": {json.dumps(provenance)},\n  "energies_kev": {json.dumps(ENERGIES_KEV)},\n  "materials": {{\n'
    out.write_text(head + ",\n".join(lines) + "\n  }\n}\n")
