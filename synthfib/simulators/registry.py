"""Names of simulators."""

from synthfib.registry import Registry

SIMULATORS = Registry(
    kind="simulator",
    group="synthfib.simulators",
    builtin={
        "depth-weighted": "synthfib.simulators.depth_weighted:DepthWeighted",
        "mcxray": "synthfib.simulators.external.mcxray:MCXray",
        "monte-carlo": "synthfib.simulators.monte_carlo:MonteCarlo",
        "mock": "synthfib.simulators.mock:Mock",
        "nebula": "synthfib.simulators.external.nebula:Nebula",
        "penepma": "synthfib.simulators.external.penepma:Penepma",
        "surrogate": "synthfib.simulators.surrogate:Surrogate",
    },
)
