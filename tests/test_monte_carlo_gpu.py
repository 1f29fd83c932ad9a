"""The CUDA kernel, run thread by thread in numba's simulator: the same code must make the same image."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.errors import InputError, MissingDependencyError
from synthfib.physics.materials import material
from synthfib.simulators.monte_carlo import ICD, TLD, MonteCarlo
from synthfib.testing.simulators import porous_volume

# Without its compiler numba runs kernels and functions as plain Python, thread by thread.
_PLAIN = {"NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
_COMPARE = """
import sys
import numpy as np
from synthfib.data.milling import MillingPlan
from synthfib.physics.materials import material
from synthfib.simulators.monte_carlo import ICD, TLD, MonteCarlo
from synthfib.simulators.monte_carlo import gpu
from synthfib.testing.simulators import porous_volume

gpu._THREADS = 40
volume = porous_volume((material("epoxy"), material("gold")), (30, 5, 4))
plan = MillingPlan(np.array([0.0, 11.0]), (2.5, 2.5))
with np.errstate(over="ignore"):
    runs = [MonteCarlo(7, (TLD, ICD), device=device).simulate_with_truth(volume, plan, energies_kev=[1.0, 2.0], rng=5) for device in ("cpu", "cuda")]
(cpu, cpu_truth), (cuda, cuda_truth) = runs
assert cpu.data.max() > 0
assert cpu.data.tobytes() == cuda.data.tobytes()
assert cpu.standard_error.tobytes() == cuda.standard_error.tobytes()
np.testing.assert_allclose(cpu_truth.deepest_nm, cuda_truth.deepest_nm, rtol=1e-5)
np.testing.assert_array_equal(cpu_truth.shine_through, cuda_truth.shine_through)
np.save(sys.argv[1], cuda.data)
"""


@pytest.mark.slow
def test_the_kernel_makes_the_same_image(tmp_path: Path) -> None:
    """Byte for byte that of the same code in plain Python; that of compiled code up to roundings, which may send a rare electron elsewhere."""
    file = tmp_path / "image.npy"
    done = subprocess.run([sys.executable, "-c", _COMPARE, str(file)], env={**os.environ, **_PLAIN}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    volume = porous_volume((material("epoxy"), material("gold")), (30, 5, 4))
    plan = MillingPlan(np.array([0.0, 11.0]), (2.5, 2.5))
    compiled = MonteCarlo(7, (TLD, ICD)).simulate(volume, plan, energies_kev=[1.0, 2.0], rng=5).data
    assert (np.load(file) == compiled).mean() > 0.97


def test_without_a_gpu_one_sentence_says_so() -> None:
    if import_module("numba.cuda").is_available():
        pytest.skip("a GPU is present")
    plan = MillingPlan(np.zeros(1), (2.5, 2.5))
    with pytest.raises(MissingDependencyError, match="device 'cpu'"):
        MonteCarlo(5, device="cuda").simulate(porous_volume((material("epoxy"), material("gold"))), plan, energies_kev=[1.0], rng=1)


def test_only_two_devices_are_known() -> None:
    with pytest.raises(InputError, match="device"):
        MonteCarlo(device="tpu")
