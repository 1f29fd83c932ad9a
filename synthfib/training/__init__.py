"""Patches, networks and one training loop."""
