"""Names of generators."""

from synthfib.registry import Registry

GENERATORS = Registry(
    kind="generator",
    group="synthfib.generators",
    builtin={
        "boolean-model": "synthfib.generators.boolean_model:BooleanModel",
        "calibration-bulk": "synthfib.generators.calibration:Bulk",
        "calibration-edge": "synthfib.generators.calibration:Edge",
        "calibration-film": "synthfib.generators.calibration:Film",
        "calibration-sphere": "synthfib.generators.calibration:SphereInMatrix",
        "calibration-staircase": "synthfib.generators.calibration:CuboidStaircase",
        "calibration-step": "synthfib.generators.calibration:Step",
        "calibration-stretched-spheres": "synthfib.generators.calibration:StretchedSpheres",
        "leveled-wave": "synthfib.generators.leveled_wave:LeveledWave",
        "phase-separated-film": "synthfib.generators.phase_separated_film:PhaseSeparatedFilm",
        "plurigaussian": "synthfib.generators.plurigaussian:Plurigaussian",
        "random-pores": "synthfib.generators.random_pores:RandomPores",
        "self-similar": "synthfib.generators.self_similar:SelfSimilar",
    },
)
