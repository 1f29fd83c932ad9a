"""Names of degradations."""

from synthfib.registry import Registry

DEGRADATIONS = Registry(
    kind="degradation",
    group="synthfib.degradations",
    builtin={
        "gaussian-noise": "synthfib.degradations.gaussian_noise:GaussianNoise",
    },
)
