"""The files of MCXray: ``Key=Value`` texts in, tables of electrons out. Format of version 1.4.4; lengths in angstrom, angles in rad."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.errors import EngineError

VERSION = "1.4.4"

# Which of MCXray's models to use: Browning's elastic scattering, Bethe's loss as modified by Joy and Luo.
_MODELS = {
    "AtomMeanIonizationPotentialModel": 0,
    "AtomEnergyLossModel": 0,
    "AtomScreeningModel": 0,
    "AtomCrossSectionModel": 0,
    "AtomCrossSectionScreeningModel": 0,
    "AtomCollisionModel": 1,
    "AtomCollisionScreeningModel": 0,
    "AtomElectronRangeModel": 0,
    "XRayCSCharacteristicModel": 0,
    "XRayCSBremsstrahlungModel": 0,
    "RegionEnergyLossModel": 0,
    "XRayMassAbsorptionCoefficientMode": 3,
}

# An X-ray detector that nobody asks; MCXray wants one.
_XRAY_DETECTOR = {
    "DetectorCrystalAtom": "Si",
    "DetectorCrystalThickness": 0.3,
    "DetectorCrystalRadius": 0.3,
    "DetectorCrystalDistance": 4,
    "DetectorDeadLayer": 200,
    "DetectorDiffusionLenght": 0.5,
    "DetectorSurfaceQuality": 1,
    "DetectorNoise": 50,
    "DetectorTOA": 40,
    "DetectorPitch": 90,
    "DetectorBFLow": 0,
    "DetectorBFHigh": 0.01,
    "DetectorDFLow": 0.02,
    "DetectorDFHigh": 0.1,
    "DetectorHAADFLow": 0.15,
    "DetectorHAADFHigh": 0.3,
}

#: Columns of the list of exits that are read, and their names here.
EXIT_COLUMNS = {"Z (nm)": "z_nm", "E (keV)": "energy_kev", "Theta (rad)": "theta_rad"}


def write_simulation(folder: Path, name: str) -> Path:
    """Write the ``.sim`` file, which names the others, and return its path."""
    parts = {"specimen": "sam", "model": "mdl", "microscope": "mic", "parameters": "par", "map": "mpp", "results": "rp"}
    return _write(folder / f"{name}.sim", "", {part: f"{name}.{suffix}" for part, suffix in parts.items()})


def write_specimen(path: Path, boxes: NDArray[np.float64], materials: Iterable[Material]) -> None:
    """Write a ``.sam`` file.

    Parameters
    ----------
    path : path
        File.
    boxes : ndarray, shape (box, 6)
        Lowest and highest x, y and z of each box in nm, z growing into the sample.
    materials : iterable of Material
        What each box is made of.
    """
    lines = [_header("SPECIMEN"), f"Version={VERSION}", f"NumberRegions={len(boxes)}", ""]
    for box, material in zip(boxes, materials, strict=True):
        lines.append(f"NumberElements={len(material.composition)}")
        for z, fraction in material.composition:
            lines += [f"AtomicNumber={z}", f"WeightFraction={fraction:.15f}"]
        lines += [f"UserDefinedMassDensity={material.density_g_cm3:g}", "RegionType=BOX"]
        lines += ["RegionParameters=" + " ".join(f"{10 * edge_nm:.6f}" for edge_nm in box), ""]
    path.write_text("\n".join(lines), encoding="ascii", newline="\n")


def write_microscope(path: Path, *, energy_kev: float, x_nm: float, y_nm: float, tilt_deg: float, beam_sigma_nm: float) -> None:
    """Write a ``.mic`` file: a beam aimed at one point, 3.3 standard deviations wide as MCXray has it."""
    beam = {
        "BeamEnergy": f"{energy_kev:.6f}",
        "BeamCurrent": "1e-10",
        "AcquisitionTime": 100,
        "BeamDiameter": f"{33 * beam_sigma_nm:.6f}",
        "BeamPosX": f"{10 * x_nm:.6f}",
        "BeamPosY": f"{10 * y_nm:.6f}",
        "BeamTilt": f"{tilt_deg:.6f}",
        "BeamStandardDeviation": f"{10 * beam_sigma_nm:.6f}",
    }
    _write(path, "MICROSCOPE", beam | _XRAY_DETECTOR)


def write_parameters(path: Path, *, electrons: int) -> None:
    """Write a ``.par`` file; results are called as the file."""
    films = {f"FilmNbr{axis}": 1 for axis in "XYZ"}
    spectrum = {"EnergyChannelWidth": 5, "SpectraInterpolation": 2}
    scaling = {"ElasticCrossSectionScalingFactor": "1.00000", "EnergyLossScalingFactor": "1.00000"}
    counts = {"BaseFileName": path.stem, "ElectronNbr": electrons, "PhotonNbr": 1, "WindowNbr": 1}
    _write(path, "SIMULATION PARAMETERS", counts | films | spectrum | scaling)


def write_models(path: Path) -> None:
    """Write a ``.mdl`` file."""
    _write(path, "PHYSICAL MODEL", _MODELS)


def write_results_wanted(path: Path) -> None:
    """Write a ``.rp`` file: no X-rays."""
    wanted = ("Characteristic", "Bremsstrahlung", "Phirhoz", "SimulatedSpectrum")
    _write(path, "Results Parameters", {f"ComputeXray{what}": 0 for what in wanted})


def read_exits(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return the columns `EXIT_COLUMNS` of a list of exits, one value per electron that left the sample.

    Raises
    ------
    EngineError
        If the file is missing, lacks a column, or holds anything but numbers.
    """
    try:
        with path.open(encoding="ascii", newline="") as file:
            rows = [row for row in csv.reader(file, skipinitialspace=True) if row]
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"MCXray's list of exits {path.name!r} is missing or not text") from error
    names = [name.strip() for name in rows[0]] if rows else []
    missing = [name for name in EXIT_COLUMNS if name not in names]
    if missing:
        raise EngineError(f"MCXray's list of exits {path.name!r} must have columns {', '.join(EXIT_COLUMNS)}, it lacks {', '.join(missing)}")
    try:
        columns = {new: np.array([float(row[names.index(old)]) for row in rows[1:]]) for old, new in EXIT_COLUMNS.items()}
    except (ValueError, IndexError) as error:
        raise EngineError(f"MCXray's list of exits {path.name!r} must be a table of numbers, it is cut off or damaged") from error
    if not all(np.isfinite(values).all() for values in columns.values()):
        raise EngineError(f"MCXray's list of exits {path.name!r} must be finite numbers, it has others")
    return columns


def read_counts(path: Path) -> tuple[int, int]:
    """Return how many electrons were followed and how many were backscattered, from the ``_ElectronResults.dat`` file.

    Raises
    ------
    EngineError
        If the file is missing or does not say.
    """
    try:
        pairs = (line.split("=") for line in path.read_text(encoding="latin-1").splitlines() if line.count("=") == 1)
        values = {key.strip().lstrip("*").strip(): value.strip() for key, value in pairs}
        return int(values["Total simulated electrons"]), int(values["Number of backscattered electrons"])
    except (OSError, KeyError, ValueError) as error:
        raise EngineError(f"MCXray's results {path.name!r} must say how many electrons were simulated and backscattered, they do not") from error


def _write(path: Path, title: str, values: Mapping[str, object]) -> Path:
    header = [_header(title)] if title else []
    lines = [*header, f"Version={VERSION}", *(f"{key}={value}" for key, value in values.items())]
    path.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")
    return path


def _header(title: str) -> str:
    stars = "*" * 80
    return f"{stars}\n***{title:^74}***\n{stars}"
