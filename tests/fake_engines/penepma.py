"""Stands in for PENEPMA: reads its standard input, checks that its files are there, and lets a known share of electrons out."""

from __future__ import annotations

import sys
from pathlib import Path

RESULT = """
   **   Program PENEPMA. Results.   **

   Simulation time .........................  1.000000E+00 sec
   Simulation speed ........................  2.000000E+04 showers/sec

   Simulated primary showers ...............  {showers:.6E}

   Upbound primary particles ...............  {primaries:.6E}
   Downbound primary particles .............  0.000000E+00
   Absorbed primary particles ..............  {absorbed:.6E}

   Upbound fraction ...................  4.640000E-01 +- 2.4E-02
   Downbound fraction .................  1.250000E-01 +- 3.0E-03
   Absorption fraction ................  5.950000E-01 +- 1.5E-02
"""


def main() -> None:
    words = [line.split() for line in sys.stdin.read().splitlines()]
    lines: dict[str, list[str]] = {line[0]: line[1:] for line in words}
    for line in words:
        if line[0] in ("MFNAME", "GEOMFN"):
            assert Path(line[1]).is_file(), line
    showers = float(lines["NSIMSH"][0])
    Path("penepma-res.dat").write_text(RESULT.format(showers=showers, primaries=0.405 * showers, absorbed=0.595 * showers))


if __name__ == "__main__":
    main()
