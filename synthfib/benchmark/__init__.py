"""Fit, predict and score methods under one protocol."""
