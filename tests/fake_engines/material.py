"""Stands in for PENELOPE's program ``material``: writes what it was asked into the file that it was to make."""

from __future__ import annotations

import sys
from pathlib import Path

answers = sys.stdin.read().split("\n")
assert Path("pdfiles/pdcompos.pen").is_file()
Path(answers[-2]).write_text("\n".join(answers))
