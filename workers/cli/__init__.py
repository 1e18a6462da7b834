"""The ``fleet`` command: what people do with the fleet from a terminal or a unit file."""

from workers.cli.main import main

__all__ = ["main"]
