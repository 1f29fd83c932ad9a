import math

import numpy as np
import pytest

from synthfib.errors import InputError
from synthfib.physics.materials import material
from synthfib.simulators.external.layered_sample import LayeredSample

GOLD, EPOXY = material("gold"), material("epoxy")


def test_equal_neighbours_are_one_layer() -> None:
    sample = LayeredSample.of([EPOXY, EPOXY, GOLD, EPOXY], np.array([0.0, 1.5, 4.0, 9.0, 10.0]))
    assert sample.layers == ((EPOXY, 4.0), (GOLD, 5.0), (EPOXY, 1.0))


def test_a_substrate_is_infinite() -> None:
    assert LayeredSample(((EPOXY, 60.0), (GOLD, math.inf))).layers[-1][1] == math.inf


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ((), "at least one layer"),
        (((GOLD, 0.0),), "layer 1, 'gold', must be above 0 nm, got 0.0"),
        (((GOLD, math.nan),), "above 0 nm, got nan"),
        (((GOLD, math.inf), (EPOXY, 1.0)), "Only the lowest layer can be infinite, layer 1"),
    ],
)
def test_what_cannot_be_is_refused(layers: tuple[tuple[object, float], ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        LayeredSample(layers)  # type: ignore[arg-type]
