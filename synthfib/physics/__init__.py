"""Electron-solid interaction as pure functions of material and energy, each with its reference and validity range."""
