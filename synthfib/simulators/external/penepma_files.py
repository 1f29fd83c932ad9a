"""The files of PENEPMA: materials, flat geometries, simulations in, fractions of electrons out. Lengths in cm, energies in eV."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synthfib.data.material import Material
from synthfib.errors import EngineError
from synthfib.simulators.external.layered_sample import LayeredSample

_CM_PER_NM = 1e-7
# The sample is a disc of this radius, and an infinite layer as thick as this.
_WIDE_CM = 1.0
# Below this energy nothing is followed.
LOWEST_EV = 50.0
# Photons are of no interest; they stop at once.
_LOWEST_PHOTON_EV = 1e5

_RULE = "0" * 64

_NUMBER = r"([0-9.]+E[+-][0-9]+)"


def write_material_request(path: Path, material: Material, file_name: str) -> None:
    """Write what the program ``material`` asks for on its standard input, to make `file_name`."""
    answers = ["1", material.name[:60], str(len(material.composition))]
    if len(material.composition) > 1:
        answers += ["2", *(f"{z} {fraction:.8f}" for z, fraction in material.composition)]
    else:
        answers += [str(z) for z, _ in material.composition]
    # Twice the values that PENELOPE recommends: mean excitation energy, plasmon oscillator.
    answers += ["2", f"{material.density_g_cm3:.8g}", "2", file_name]
    path.write_text("\n".join(answers) + "\n", encoding="ascii", errors="replace", newline="\n")


def write_geometry(path: Path, sample: LayeredSample, numbers: dict[Material, int]) -> dict[int, float]:
    """Write a geometry of flat layers from z = 0 downwards; gaps are left out.

    Parameters
    ----------
    path : path
        File.
    sample : LayeredSample
        Layers.
    numbers : dict of Material to int
        Number of each material.

    Returns
    -------
    dict of int to float
        Thickness of each body in nm.
    """
    depths_cm = [0.0]
    for _, thickness_nm in sample.layers:
        depths_cm.append(depths_cm[-1] + (thickness_nm * _CM_PER_NM if math.isfinite(thickness_nm) else _WIDE_CM))
    lines = ["X" * 64, "       Flat layers", _RULE]
    for number, depth_cm in enumerate(depths_cm, start=1):
        lines += [f"SURFACE ({number:4d}) Plane", "INDICES=( 0, 0, 0, 1, 0)", f"Z-SHIFT=({0.0 - depth_cm:+.15E},   0)", _RULE]
    side = len(depths_cm) + 1
    lines += [f"SURFACE ({side:4d}) Cylinder", "INDICES=( 1, 1, 0, 0,-1)"]
    lines += [f"{axis}-SCALE=({_WIDE_CM:+.15E},   0)" for axis in "XY"] + [_RULE]
    thicknesses_nm: dict[int, float] = {}
    for layer, (material, thickness_nm) in enumerate(sample.layers, start=1):
        if not material.is_vacuum:
            body = len(thicknesses_nm) + 1
            lines += [f"MODULE  ({body:4d}) {material.name[:40]}", f"MATERIAL({numbers[material]:4d})"]
            lines += [f"SURFACE ({surface:4d}), SIDE POINTER=({pointer:2d})" for surface, pointer in ((layer, -1), (layer + 1, 1), (side, -1))]
            lines.append(_RULE)
            thicknesses_nm[body] = thickness_nm
    lines.append(f"END      {'0' * 55}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii", errors="replace", newline="\n")
    return thicknesses_nm


def write_simulation(
    path: Path,
    *,
    geometry: str,
    material_files: Sequence[str],
    thicknesses_nm: dict[int, float],
    energy_kev: float,
    tilt_deg: float,
    showers: int,
    seeds: tuple[int, int],
) -> None:
    """Write the input of PENEPMA: every collision simulated one by one, down to 50 eV."""
    lines = [
        ("TITLE", "Backscattered electrons"),
        ("SENERG", f"{1e3 * energy_kev:.8g}"),
        ("SPOSIT", "0 0 1.0E-4"),
        ("SDIREC", f"{180 - tilt_deg:.8g} 0"),
        ("SAPERT", "0"),
    ]
    for name in material_files:
        lines += [("MFNAME", name), ("MSIMPA", f"{LOWEST_EV:g} {_LOWEST_PHOTON_EV:g} {_LOWEST_PHOTON_EV:g} 0 0 0 0")]
    lines.append(("GEOMFN", geometry))
    for body, thickness_nm in thicknesses_nm.items():
        if math.isfinite(thickness_nm):
            lines.append(("DSMAX", f"{body} {thickness_nm * _CM_PER_NM / 10:.6E}"))
    lines += [
        ("NBE", "0 0 100"),
        ("NBANGL", "45 1"),
        # PENEPMA wants a photon detector.
        ("PDANGL", "0 90 0 360 0"),
        ("PDENER", "0 0 10"),
        ("RSEED", f"{seeds[0]} {seeds[1]}"),
        ("NSIMSH", f"{showers:.8E}"),
        ("TIME", "2.0E9"),
    ]
    path.write_text("".join(f"{key:6s} {value}\n" for key, value in lines), encoding="ascii", newline="\n")


@dataclass(frozen=True, slots=True)
class LayerYield:
    """Electrons per incident electron that leave a flat sample with at least 50 eV, and one standard deviation of each.

    Parameters
    ----------
    primaries, primaries_error : float
        Incident electrons that leave upwards.
    electrons, electrons_error : float
        All electrons that leave upwards, secondaries too.
    transmitted, transmitted_error : float
        All electrons that leave downwards.
    showers : int
        Incident electrons.
    showers_per_s : float
        Speed.
    """

    primaries: float
    primaries_error: float
    electrons: float
    electrons_error: float
    transmitted: float
    transmitted_error: float
    showers: int
    showers_per_s: float


def read_results(path: Path) -> LayerYield:
    """Read ``penepma-res.dat``, whose errors are three standard deviations.

    Raises
    ------
    EngineError
        If the file is missing or does not say.
    """
    if not path.is_file():
        raise EngineError(f"PENEPMA's result {path.name!r} is missing")
    text = path.read_text(encoding="latin-1")
    showers = _number(text, "Simulated primary showers", path)
    upwards = _number(text, "Upbound primary particles", path) / max(showers, 1)
    electrons, electrons_error = _number_and_error(text, "Upbound fraction", path)
    transmitted, transmitted_error = _number_and_error(text, "Downbound fraction", path)
    return LayerYield(
        primaries=upwards,
        primaries_error=math.sqrt(max(upwards * (1 - upwards), 0) / max(showers, 1)),
        electrons=electrons,
        electrons_error=electrons_error,
        transmitted=transmitted,
        transmitted_error=transmitted_error,
        showers=round(showers),
        showers_per_s=_number(text, "Simulation speed", path),
    )


def _number(text: str, what: str, path: Path) -> float:
    found = re.search(rf"{what} \.+\s+{_NUMBER}", text)
    if not found:
        raise EngineError(f"PENEPMA's result {path.name!r} must have a line {what!r}, it has none")
    return float(found[1])


def _number_and_error(text: str, what: str, path: Path) -> tuple[float, float]:
    found = re.search(rf"{what} \.+\s+{_NUMBER} \+-\s+{_NUMBER}", text)
    if not found:
        raise EngineError(f"PENEPMA's result {path.name!r} must have a line {what!r} with an error, it has none")
    return float(found[1]), float(found[2]) / 3
