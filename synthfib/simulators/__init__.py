"""Predict the expected backscattered-electron yield of exposed faces."""
