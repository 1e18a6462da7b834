"""What a system declares to the configuration: its role, its settings, its side of the port, its tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Role(Enum):
    """The role of a system for the merchant."""

    ERP = "erp"
    WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True)
class System:
    """One row for each system. ``side`` gives an ``Erp``, or a warehouse's ``Parts``; it connects to nothing yet.

    ``login`` makes, of the ledger, what its processes share to sign in; ``side`` takes it as its third argument.
    """

    role: Role
    settings: type[Any]
    side: Callable[..., Any]
    tables: tuple[str, ...] = ()  # those of [tables.<table>.<system>] that it takes rows of
    login: Callable[[Any], Any] | None = None
