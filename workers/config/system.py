"""What the configuration is told of each system: its settings, its side of the port, and whether it speaks by files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class System:
    """One row for each system: its settings, its side of the port, and whether it tells rather than be asked."""

    settings: type[Any]
    side: Callable[[Any, Mapping[str, Any]], Any]
    tells: bool = False
