"""Names of simulators."""

from synthfib.registry import Registry

SIMULATORS = Registry(
    kind="simulator",
    group="synthfib.simulators",
    builtin={
        "depth-weighted": "synthfib.simulators.depth_weighted:DepthWeighted",
        "mock": "synthfib.simulators.mock:Mock",
    },
)
