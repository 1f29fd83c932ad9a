"""Stands in for MCXray: reflects a share of the electrons that is the density of the box under the beam divided by 40, evenly in energy.

Every electron that is not reflected is transmitted.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path


def pairs(path: Path) -> list[tuple[str, str]]:
    return [(key, value) for key, _, value in (line.partition("=") for line in path.read_text().splitlines()) if value and key[0] != "*"]


def main(simulation: Path) -> None:
    names = dict(pairs(simulation))
    microscope, parameters = (dict(pairs(simulation.parent / names[which])) for which in ("microscope", "parameters"))
    for which in ("model", "results"):
        assert dict(pairs(simulation.parent / names[which]))["Version"] == "1.4.4"
    x, y = float(microscope["BeamPosX"]), float(microscope["BeamPosY"])
    share, nearest, density = 0.0, float("inf"), 0.0
    for key, value in pairs(simulation.parent / names["specimen"]):
        if key == "UserDefinedMassDensity":
            density = float(value)
        elif key == "RegionParameters":
            x0, x1, y0, y1, z0, _ = map(float, value.split())
            if x0 <= x < x1 and y0 <= y < y1 and z0 < nearest:
                share, nearest = density / 40, z0
    electrons = int(parameters["ElectronNbr"])
    reflected = round(share * electrons)
    base = simulation.parent / parameters["BaseFileName"]
    counts = {"Total simulated electrons": electrons, "Number of backscattered electrons": reflected, "Backscattering coefficient": share}
    text = "".join(f"{key} = {value}\n" for key, value in counts.items())
    base.with_name(f"{base.name}_ElectronResults.dat").write_text(f"MCXray results\n{text}")
    energy = float(microscope["BeamEnergy"])
    with base.with_name(f"{base.name}_ElectronExitResults.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["X (nm)", " Y (nm)", " Z (nm)", " E (keV)", " DeltaE (keV)", " Theta (rad)", " Phi (rad)"])
        for i in range(reflected):
            writer.writerow([0, 0, 0.0, energy * (i + 0.5) / reflected, 0, 2.9, 0])
        for _ in range(electrons - reflected):
            writer.writerow([0, 0, 500.0, energy / 2, 0, 0.2, 0])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
