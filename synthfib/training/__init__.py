"""Patches, networks and one training loop."""

import os

# Threads that wait for each other must not spin: with more work than processors a spinning team is many times slower. The OpenMP
# runtime reads this once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
