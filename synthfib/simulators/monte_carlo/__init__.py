"""Monte Carlo simulation of backscattered electrons in voxels."""

from synthfib.simulators.monte_carlo.detectors import BSE, DETECTORS, ICD, TLD, Detector
from synthfib.simulators.monte_carlo.simulator import MonteCarlo
from synthfib.simulators.monte_carlo.sums import TruthMaps

__all__ = ["BSE", "DETECTORS", "ICD", "TLD", "Detector", "MonteCarlo", "TruthMaps"]
