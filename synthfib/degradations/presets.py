"""Named sets of degradations, as data: what a microscope does to images on a day of a kind."""

from __future__ import annotations

from collections.abc import Mapping

from synthfib.degradations.compose import Settings, check_settings
from synthfib.degradations.strengths import Setting
from synthfib.errors import UnknownNameError

PRESETS: Mapping[str, Mapping[str, Mapping[str, Setting]]] = {
    # Nothing beyond what the microscope recipe says of dose and read-out.
    "none": {},
    # Sardhara et al. 2022 (doi 10.3389/fmats.2022.837006): blurred edges, Poisson noise of 8-bit images, Gaussian noise of variance
    # 0.001. The widths of the blur are not published; one and two pixels of their 2.5 nm are taken.
    "published": {
        "edge-blur": {"sigma_nm": 2.5, "reach_nm": 5.0},
        "poisson-noise": {"gain": 1 / 256},
        "gaussian-noise": {"variance": 0.001},
    },
    # A well aligned microscope in a quiet room, with fiducial marks to hold the stage: noise at the low end of what was measured
    # on FIB-SEM images (variance 0.002 of the signal and 0.0002 beside it).
    "good-day": {
        "curtaining": {"column_sd": {"uniform": [0.0, 0.008]}},
        "rough-face": {"texture_sd": {"uniform": [0.0, 0.02]}},
        "shadowing": {"loss": {"uniform": [0.0, 0.06]}, "direction_deg": {"uniform": [-90.0, 90.0]}},
        "point-spread": {"fwhm_nm": {"uniform": [1.5, 3.0]}, "energy_exponent": 0.5},
        "drift": {"step_nm": {"uniform": [0.2, 0.8]}, "realignment": 0.8, "between_channels_nm": {"uniform": [0.1, 0.5]}},
        "poisson-noise": {"gain": {"log-uniform": [0.0005, 0.002]}},
        "gaussian-noise": {"variance": {"log-uniform": [0.00005, 0.0002]}},
        "detector": {"gain_spread": {"uniform": [0.0, 0.01]}, "floor_spread": {"uniform": [0.0, 0.005]}},
        "contrast": {"contrast": {"uniform": [-0.05, 0.05]}, "brightness": {"uniform": [-0.03, 0.03]}},
    },
    # Curtained like the worst of three porous ceramics that were measured (6.8 grey levels), in shadow, astigmatic, drifting,
    # flickering, and noisy up to the worst images that were measured (variance 0.03 of the signal and 0.002 beside it). Charging is
    # left out, for it needs labels.
    "bad-day": {
        "curtaining": {"column_sd": {"uniform": [0.05, 0.09]}},
        "rough-face": {"texture_sd": {"uniform": [0.03, 0.08]}, "layer_nm": {"uniform": [0.5, 3.0]}},
        "shadowing": {"loss": {"uniform": [0.1, 0.35]}, "direction_deg": {"uniform": [-90.0, 90.0]}},
        "point-spread": {
            "fwhm_nm": {"uniform": [2.0, 4.5]},
            "astigmatism": {"uniform": [0.1, 0.5]},
            "angle_deg": {"uniform": [-90.0, 90.0]},
            "energy_exponent": 0.5,
        },
        "drift": {
            "step_nm": {"uniform": [1.0, 4.0]},
            "jump_nm": {"uniform": [10.0, 30.0]},
            "jump_probability": 0.03,
            "realignment": 0.3,
            "between_channels_nm": {"uniform": [0.5, 2.0]},
            "rotation_deg": 0.05,
            "stretch": 0.001,
        },
        "line-noise": {"sigma": {"uniform": [0.003, 0.015]}},
        "poisson-noise": {"gain": {"log-uniform": [0.003, 0.03]}},
        "gaussian-noise": {"variance": {"log-uniform": [0.0005, 0.002]}},
        "detector": {"gain_spread": {"uniform": [0.02, 0.06]}, "floor_spread": {"uniform": [0.01, 0.03]}},
        "contrast": {
            "contrast": {"uniform": [-0.3, 0.3]},
            "brightness": {"uniform": [-0.1, 0.1]},
            "gamma": {"log-uniform": [0.75, 1.3333]},
        },
    },
}


def settings(preset: str = "none", others: Settings | None = None) -> Settings:
    """Return the degradations of a preset with `others` put in their place or beside them.

    Raises
    ------
    UnknownNameError
        If there is no such preset, degradation or strength.
    InputError
        If a strength is out of range.
    """
    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    merged = {name: dict(strengths) for name, strengths in PRESETS[preset].items()}
    for name, strengths in (others or {}).items():
        merged[name] = {**merged.get(name, {}), **strengths}
    check_settings(merged)
    return merged
