"""What the network learned, in a file, and how far it can be trusted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from synthfib.data.atomic import atomic_path
from synthfib.data.volume import LabelVolume
from synthfib.errors import InputError
from synthfib.simulators.conditions import NUMBERS, Conditions
from synthfib.simulators.depth_weights import KINDS, kind_of
from synthfib.simulators.surrogate.network import PixelNetwork

#: The weights that come with the package.
SHIPPED_FILE = Path(__file__).with_name("weights.safetensors")
FORMAT = "synthfib surrogate 1"

# Share of the trained range that a condition may lie outside it.
_MARGIN = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class TrainedNetwork:
    """A network and what it was trained on.

    Parameters
    ----------
    network : PixelNetwork
        With its weights.
    lowest, highest : ndarray of float, shape (5,)
        Smallest and largest conditions it saw.
    errors_percent : dict of str to float
        Root mean square error in percent of the contrast over scenes that it did not see, for vacuum and for filled pores.
    sha256 : str
        Digest of the file.
    """

    network: PixelNetwork
    lowest: np.ndarray
    highest: np.ndarray
    errors_percent: dict[str, float]
    sha256: str = ""

    def doubts(self, scene: Conditions, volume: LabelVolume) -> list[str]:
        """Return a sentence for each reason why a prediction may be worse than those it was tested on."""
        if scene.contrast == 0:
            return []
        known = f"its error, {self.errors_percent[KINDS[kind_of(scene)]]:.1f} % of the contrast, was measured on scenes that it knows"
        margin = _MARGIN * (self.highest - self.lowest)
        outside = (scene.numbers < self.lowest - margin) | (scene.numbers > self.highest + margin)
        doubts = [
            f"The surrogate never saw a scene like this: the {name} is {number:.3g}, it learned {low:.3g} to {high:.3g}; {known}."
            for name, number, low, high, out in zip(NUMBERS, scene.numbers, self.lowest, self.highest, outside, strict=True)
            if out
        ]
        if len(volume.phases) > 2 and len({int(label) for layer in volume.labels for label in np.unique(layer)}) > 2:
            doubts.append(f"The surrogate learned from two phases at a time, this volume has more; {known}.")
        return doubts


def write_weights(path: Path, trained: TrainedNetwork, notes: dict[str, Any]) -> None:
    """Write weights, whole or not at all; `notes` say how they were made."""
    domain = {"lowest": trained.lowest.tolist(), "highest": trained.highest.tolist(), "errors_percent": trained.errors_percent}
    about = {"format": FORMAT, "width": trained.network.hidden.out_features, "domain": domain, "notes": notes}
    with atomic_path(path) as temporary:
        save_file(
            trained.network.state_dict(), temporary, metadata={"about": json.dumps(about, sort_keys=True)}
        )  # one entry: several are written in any order


@lru_cache(maxsize=4)
def read_weights(path: Path) -> TrainedNetwork:
    """Return a trained network; reading runs no code from the file.

    Raises
    ------
    InputError
        If the file is missing, damaged, or of another format.
    """
    if not path.is_file():
        raise InputError(f"The weights of the surrogate must be a file, {str(path)!r} is none; train some with: synthfib train-surrogate")
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get("about", "{}"))
            if about.get("format") != FORMAT:
                raise InputError(f"{path} must hold weights of the format {FORMAT!r}, got {about.get('format')!r}; train them again.")
            network = PixelNetwork(int(about["width"]))
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        domain = about["domain"]
        lowest, highest = (np.array(domain[name], np.float64).reshape(len(NUMBERS)) for name in ("lowest", "highest"))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        errors_percent = {name: float(domain["errors_percent"][name]) for name in KINDS}
        return TrainedNetwork(network.eval(), lowest, highest, errors_percent, digest)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{path} is damaged: {str(error).splitlines()[0]}; train the weights again.") from error
