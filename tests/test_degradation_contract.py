"""Every degradation by name runs the public contract suite."""

from dataclasses import MISSING, fields
from typing import Any

import pytest

from synthfib.degradations.base import Degradation
from synthfib.degradations.registry import DEGRADATIONS
from synthfib.testing.degradations import DegradationContract

#: A strength that shows on every face but the first, which drift leaves where it is.
SOME: dict[str, dict[str, float]] = {
    "charging": {"brightness": 0.1},
    "contrast": {"contrast": 0.2, "brightness": 0.05, "gamma": 0.8},
    "curtaining": {"column_sd": 0.02},
    "detector": {"gain_spread": 0.05, "floor_spread": 0.02},
    "dose-noise": {"beam_current_pa": 50.0, "dwell_time_us": 1.0, "readout_noise_electrons": 2.0},
    "drift": {"step_nm": 4.0, "realignment": 0.5, "between_channels_nm": 2.0, "rotation_deg": 0.2, "stretch": 0.002},
    "edge-blur": {"sigma_nm": 4.0},
    "gaussian-noise": {"variance": 0.002},
    "line-noise": {"sigma": 0.02},
    "point-spread": {"fwhm_nm": 8.0, "astigmatism": 0.4, "angle_deg": 30.0, "energy_exponent": 0.5},
    "poisson-noise": {"gain": 0.01},
    "redeposition": {"pore_share": 0.1},
    "rough-face": {"texture_sd": 0.05, "layer_nm": 3.0},
    "shadowing": {"loss": 0.3},
}


@pytest.mark.parametrize("name", DEGRADATIONS.names())
class TestEveryDegradation(DegradationContract):
    @pytest.fixture
    def degradation(self, name: str) -> Degradation[Any]:
        made: Degradation[Any] = DEGRADATIONS.load(name)(**SOME[name])
        return made

    @pytest.fixture
    def neutral(self, name: str) -> Degradation[Any] | None:
        kind = DEGRADATIONS.load(name)
        return None if any(field.default is MISSING for field in fields(kind)) else kind()
