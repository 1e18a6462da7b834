"""What the configuration is told of each system: its settings, its side of the port, and whether it speaks by files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class System:
    """One row for each system: its settings, its side of the port, and whether it tells rather than be asked.

    ``login`` makes, of the ledger, what its processes share to sign in; the side takes it as its third argument.
    """

    settings: type[Any]
    side: Callable[..., Any]
    tells: bool = False
    login: Callable[[Any], Any] | None = None
