"""Virtual microstructures from statistical models, one model per module."""
