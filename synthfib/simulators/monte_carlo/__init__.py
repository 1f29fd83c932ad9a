"""Monte Carlo simulation of backscattered electrons in voxels."""

from synthfib.simulators.monte_carlo.detectors import BSE, ICD, TLD, Detector, detector
from synthfib.simulators.monte_carlo.simulator import MonteCarlo
from synthfib.simulators.monte_carlo.sums import TruthMaps

__all__ = ["BSE", "ICD", "TLD", "Detector", "MonteCarlo", "TruthMaps", "detector"]
