"""Electron physics of flat samples: numbers and pictures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthfib.cli import options
from synthfib.cli.options import Force, Json, Seed

if TYPE_CHECKING:
    from synthfib.simulators.monte_carlo.detectors import Detector
    from synthfib.simulators.monte_carlo.layers import Layer

physics = typer.Typer(name="physics", help="Electron physics of flat samples: numbers and pictures.", no_args_is_help=True, rich_markup_mode=None)

Material = Annotated[str, typer.Option("--material", metavar="NAME", help="Name (gold), element (Fe), or formula and density in g/cm3 (SiO2@2.2).")]
Sample = Annotated[
    str | None, typer.Option("--layers", metavar="NAME:NM,NAME", help="Layers from the surface down instead of one material; the last is infinite.")
]
Energies = Annotated[str, typer.Option("--energies-kev", metavar="E,E", help="Energies.")]
LandingEnergy = Annotated[float, typer.Option("--energy-kev", help="Landing energy.")]
Tilt = Annotated[float, typer.Option("--tilt-deg", help="Angle between beam and surface normal.")]
EnergyLoss = Annotated[str, typer.Option("--energy-loss", metavar="csda|mixed", help="Continuous, or large losses one by one.")]
ElasticModel = Annotated[str, typer.Option("--elastic-model", metavar="NAME", help="partial-waves, browning or screened-rutherford.")]
Picture = Annotated[Path | None, typer.Option("--out", help="Picture to write: .png.")]


@physics.command()
def eta(
    material: Material = "gold",
    layers: Sample = None,
    energy_kev: LandingEnergy = 2.0,
    energies_kev: Annotated[str | None, typer.Option("--energies-kev", metavar="E,E", help="Several landing energies instead of one.")] = None,
    electrons: Annotated[int, typer.Option("--electrons", help="Electrons for each energy.")] = 100_000,
    tilt_deg: Tilt = 0.0,
    energy_loss: EnergyLoss = "mixed",
    elastic_model: ElasticModel = "partial-waves",
    detector: Annotated[str, typer.Option("--detector", metavar="bse|tld|icd", help="What looks.")] = "bse",
    energy_window: Annotated[
        str | None, typer.Option("--energy-window", metavar="LOW,HIGH", help="Energies seen instead, as fractions of the landing energy.")
    ] = None,
    polar_window_deg: Annotated[
        str | None, typer.Option("--polar-window-deg", metavar="LOW,HIGH", help="Angles to the surface normal seen instead.")
    ] = None,
    out: Picture = None,
    seed: Seed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Backscatter coefficient of a flat sample, by Monte Carlo; --out plots it beside measurements."""
    from synthfib.report.physics_tables import text_table
    from synthfib.simulators.monte_carlo.flights import check_energy
    from synthfib.simulators.monte_carlo.layers import send_electrons
    from synthfib.validation.measured import measured_sets

    sample = _sample(material, layers)
    seen_by = _detector(detector, energy_window, polar_window_deg)
    energies = options.numbers(energies_kev, "--energies-kev") if energies_kev else (energy_kev,)
    for energy in energies:
        check_energy(energy)
    _check_picture(out, force)
    results = []
    for energy in energies:
        sent = send_electrons(sample, energy, electrons=electrons, rng=seed, tilt_deg=tilt_deg, energy_loss=energy_loss, elastic_model=elastic_model)
        value, error = sent.eta(seen_by)
        results.append({"energy_kev": energy, "eta": value, "standard_error": error, "electrons_per_second": electrons / sent.seconds})
    document = {
        **(results[0] if len(results) == 1 else {"results": results}),
        "layers": [{"material": layer.name, "thickness_nm": thickness if math.isfinite(thickness) else None} for layer, thickness in sample],
        "electrons": electrons,
        "tilt_deg": tilt_deg,
        "energy_loss": energy_loss,
        "elastic_model": elastic_model,
        "detector": {"name": seen_by.name, "energy_window": list(seen_by.energy_window), "polar_window_deg": list(seen_by.polar_window_deg)},
        "seed": seed,
        "out": None if out is None else str(out),
    }
    text = text_table(("keV", "eta", "standard error", "electrons/s"), [tuple(result.values()) for result in results])
    if out is not None:
        from synthfib.report.physics_figures import eta_figure, write_figure

        write_figure(out, eta_figure(_name(sample), results, measured_sets(_measured_element(sample, seen_by, tilt_deg))))
        text += f"\nwritten to {out}"
    options.say(document, text, json=json)


@physics.command("range")
def range_(material: Material = "gold", energies_kev: Energies = "1,2,4", json: Json = False) -> None:
    """Ranges and depths of electrons in a material."""
    from synthfib.physics.materials import material as named
    from synthfib.report.physics_tables import range_rows, text_table

    matter = named(material)
    rows = range_rows(matter, options.numbers(energies_kev, "--energies-kev"))
    titles = ("keV", "CSDA range nm", "Kanaya-Okayama nm", "median BSE depth nm", "transport mean free path nm")
    options.say({"material": matter.to_dict(), "ranges": rows}, text_table(titles, [tuple(row.values()) for row in rows]), json=json)


@physics.command("cross-section")
def cross_section(
    material: Material = "gold",
    energies_kev: Energies = "1,2,4",
    models: Annotated[str, typer.Option("--models", metavar="NAME,NAME", help="partial-waves, browning, screened-rutherford.")] = "partial-waves",
    out: Picture = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Elastic cross-sections and mean free paths of a material and its elements; --out plots the angular distribution."""
    from synthfib.physics.materials import material as named
    from synthfib.report.physics_tables import cross_section_rows, mean_free_path_rows, text_table

    matter = named(material)
    energies = options.numbers(energies_kev, "--energies-kev")
    names = [name.strip() for name in models.split(",")]
    _check_picture(out, force)
    elements, paths = cross_section_rows(matter, energies, names), mean_free_path_rows(matter, energies, names)
    text = text_table(("element", "model", "keV", "total nm2", "transport nm2"), [tuple(row.values()) for row in elements])
    text += "\n\n" + text_table(("model", "keV", "elastic mfp nm", "transport mfp nm"), [tuple(row.values()) for row in paths])
    if out is not None:
        from synthfib.report.physics_figures import angular_figure, write_figure

        write_figure(out, angular_figure(matter, energies, names))
        text += f"\nwritten to {out}"
    document = {"material": matter.to_dict(), "elements": elements, "mean_free_paths": paths, "out": None if out is None else str(out)}
    options.say(document, text, json=json)


@physics.command()
def trajectories(
    out: Annotated[Path, typer.Option("--out", help="Picture to write: .png.")],
    material: Material = "gold",
    layers: Sample = None,
    energy_kev: LandingEnergy = 2.0,
    drawn: Annotated[int, typer.Option("--drawn", min=1, max=2000, help="Trajectories to draw.")] = 200,
    electrons: Annotated[int, typer.Option("--electrons", help="Electrons for the histograms.")] = 100_000,
    tilt_deg: Tilt = 0.0,
    energy_loss: EnergyLoss = "mixed",
    seed: Seed = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Draw trajectories, backscattered ones in red, and how deep and with what energy electrons come back."""
    from synthfib.report.physics_figures import trajectories_figure, write_figure
    from synthfib.simulators.monte_carlo.layers import send_electrons

    sample = _sample(material, layers)
    _check_picture(out, force)
    many = send_electrons(sample, energy_kev, electrons=electrons, rng=seed, tilt_deg=tilt_deg, energy_loss=energy_loss)
    few = send_electrons(sample, energy_kev, electrons=drawn, rng=seed, tilt_deg=tilt_deg, energy_loss=energy_loss, trajectories=True)
    write_figure(out, trajectories_figure(sample, few, many, tilt_deg=tilt_deg))
    value, error = many.eta()
    document = {"out": str(out), "drawn": drawn, "electrons": electrons, "eta": value, "standard_error": error, "seed": seed}
    options.say(document, f"eta {value:.4f} ± {error:.4f}\nwritten to {out}", json=json)


def _sample(material: str, layers: str | None) -> list[Layer]:
    from synthfib.simulators.monte_carlo.flat_sample import flat_sample

    return flat_sample(layers if layers is not None else material)


def _name(sample: list[Layer]) -> str:
    return ", ".join(f"{thickness:g} nm {material.name}" if math.isfinite(thickness) else material.name for material, thickness in sample)


def _measured_element(sample: list[Layer], seen_by: Detector, tilt_deg: float) -> int | None:
    """Return the atomic number of a sample that may have been measured: one element, nothing filtered, not tilted."""
    composition = sample[0][0].composition
    unfiltered = seen_by.energy_window == (0.0, 1.0) and seen_by.polar_window_deg == (0.0, 90.0) and tilt_deg == 0
    return composition[0][0] if unfiltered and len(sample) == len(composition) == 1 else None


def _detector(name: str, energy_window: str | None, polar_window_deg: str | None) -> Detector:
    from dataclasses import replace

    from synthfib.simulators.monte_carlo.detectors import detector

    chosen = detector(name)
    if energy_window is not None:
        chosen = replace(chosen, energy_window=_pair(energy_window, "--energy-window"))
    if polar_window_deg is not None:
        chosen = replace(chosen, polar_window_deg=_pair(polar_window_deg, "--polar-window-deg"))
    return chosen


def _pair(text: str, what: str) -> tuple[float, float]:
    from synthfib.errors import InputError

    values = options.numbers(text, what)
    if len(values) != 2:
        raise InputError(f"{what} needs two numbers, LOW,HIGH, got {text!r}.")
    return (values[0], values[1])


def _check_picture(out: Path | None, force: bool) -> None:
    from synthfib.data.writers import check_ending

    if out is not None:
        check_ending(out, {".png": None})
        options.new_file(out, force)
