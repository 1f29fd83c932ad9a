"""Names of degradations."""

from synthfib.registry import Registry

DEGRADATIONS = Registry(
    kind="degradation",
    group="synthfib.degradations",
    builtin={
        "charging": "synthfib.degradations.charging:Charging",
        "contrast": "synthfib.degradations.contrast:Contrast",
        "curtaining": "synthfib.degradations.curtaining:Curtaining",
        "detector": "synthfib.degradations.detector:Detector",
        "dose-noise": "synthfib.degradations.dose_noise:DoseNoise",
        "drift": "synthfib.degradations.drift:Drift",
        "edge-blur": "synthfib.degradations.edge_blur:EdgeBlur",
        "gaussian-noise": "synthfib.degradations.gaussian_noise:GaussianNoise",
        "line-noise": "synthfib.degradations.line_noise:LineNoise",
        "point-spread": "synthfib.degradations.point_spread:PointSpread",
        "poisson-noise": "synthfib.degradations.poisson_noise:PoissonNoise",
        "redeposition": "synthfib.degradations.redeposition:Redeposition",
        "rough-face": "synthfib.degradations.rough_face:RoughFace",
        "shadowing": "synthfib.degradations.shadowing:Shadowing",
    },
)
