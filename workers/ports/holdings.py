"""What an audit asks of a warehouse that answers questions: all that it holds, page by page. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from mappings.canonical import WarehouseOrder
from mappings.errors import Unreadable


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """A page of orders that are to be shipped, and those of it that could not be understood."""

    orders: tuple[WarehouseOrder, ...]
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Misfit:
    """A setting that does not fit what the partner has: its sort, their value or ours, and the cure."""

    what: str
    value: str
    why: str


class Holdings(Protocol):
    """Everything that a warehouse holds of the merchant's. Pages are read as they are consumed.

    ``lists_orders``: whether ``orders`` shows every order, so that one which it does not show is not there.
    """

    lists_orders: bool

    def orders(self, facts: dict[str, Any]) -> Iterator[OrdersPage]:
        """Every order that is to be shipped, whoever entered it."""

    def products(self, facts: dict[str, Any]) -> Iterator[tuple[str, ...]]:
        """The code of every product that may be ordered there."""

    def misfits(self, facts: dict[str, Any]) -> Iterator[Misfit]:
        """Buildings, carriers, units and reasons that fleet.toml or a table lacks, or names in vain."""
