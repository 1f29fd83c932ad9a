"""Electron physics against identities, computations and measurements."""
