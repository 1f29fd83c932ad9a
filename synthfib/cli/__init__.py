"""The command line: names for what the library does, no logic of its own."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the entry point ``synthfib``."""
    from synthfib.cli.app import app

    app()
