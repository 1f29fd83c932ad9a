"""The learned simulator: averages over cones below every pixel, and a small network that reads them."""

import os

from synthfib._optional import require

# Threads that wait by spinning take the processor from those that work; read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

for _package, _attribute in (("torch", "nn"), ("safetensors", "safe_open")):
    require(_package, attribute=_attribute, extra="train")

from synthfib.simulators.surrogate.simulator import Surrogate  # noqa: E402  # only once the remedy would have been named

__all__ = ["Surrogate"]
