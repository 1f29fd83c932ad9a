"""Simulators whose electrons are followed by other programs."""

from synthfib.simulators.external.mcxray import MCXray
from synthfib.simulators.external.nebula import Nebula
from synthfib.simulators.external.penepma import Penepma

__all__ = ["MCXray", "Nebula", "Penepma"]
