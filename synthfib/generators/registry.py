"""Names of generators."""

from synthfib.registry import Registry

GENERATORS = Registry(
    kind="generator",
    group="synthfib.generators",
    builtin={
        "leveled-wave": "synthfib.generators.leveled_wave:LeveledWave",
    },
)
