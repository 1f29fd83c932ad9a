"""Import this before anything that needs torch, so that a missing package is reported with its remedy."""

from synthfib._optional import require

for _package, _attribute in (("torch", "nn"), ("monai", "networks"), ("safetensors", "safe_open")):
    require(_package, attribute=_attribute, extra="train")
