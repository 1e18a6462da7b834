"""What a walk reports when a promise does not hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that does not hold: its name, and what shows it."""

    promise: str
    what: str
