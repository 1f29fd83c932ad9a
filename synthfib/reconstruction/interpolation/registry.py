"""Names of interpolation methods."""

from synthfib.registry import Registry

INTERPOLATORS = Registry(
    kind="interpolation method",
    group="synthfib.interpolators",
    builtin={
        "nearest": "synthfib.reconstruction.interpolation.nearest:Nearest",
        "linear": "synthfib.reconstruction.interpolation.linear:Linear",
        "cubic-spline": "synthfib.reconstruction.interpolation.spline:CubicSpline",
        "shape-based": "synthfib.reconstruction.interpolation.shape_based:ShapeBased",
        "inpainting": "synthfib.reconstruction.interpolation.inpainting:Inpainting",
        "neural-spline": "synthfib.reconstruction.interpolation.neural_spline:NeuralSpline",
        "shine-through": "synthfib.reconstruction.interpolation.shine_through:ShineThrough",
    },
)
