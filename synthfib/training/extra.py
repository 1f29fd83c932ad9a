"""Import this before anything that needs torch: it settles how threads wait, and names the remedy if a package is missing."""

import os

from synthfib._optional import require

# Threads that wait by spinning slow training down tenfold as soon as another program wants a core; read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

for _package, _attribute in (("torch", "nn"), ("monai", "networks"), ("safetensors", "safe_open")):
    require(_package, attribute=_attribute, extra="train")
