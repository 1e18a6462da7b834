"""What the flows ask of a warehouse that keeps garments: each line of an order by itself, hire or sale."""

from __future__ import annotations

from typing import Protocol

from mappings.canonical import Fulfilment, GarmentOrder, HireDates, LineKind, OrderLine, PickLine, Product, SalesOrder


class GarmentOrders(Protocol):
    """Orders line by line. All of it is pure."""

    def kind(self, order: SalesOrder, line: OrderLine, product: Product | None) -> LineKind:
        """Whether a line lends or sells, by the merchant's rules."""

    def dates(self, order: SalesOrder) -> HireDates:
        """The days of the order's hire. Raises Unmappable, kind ``hire_dates_missing``."""

    def items(self, fulfilment: Fulfilment) -> dict[str, PickLine]:
        """Our line behind each of the ids by which the warehouse names lines. Raises Unmappable."""

    def read_dispatch(self, body: bytes) -> GarmentOrder:
        """Understand an event: one dispatch, or the word that nothing more leaves. Raises Unmappable."""

    def event_id(self, body: bytes) -> str:
        """Their own id of such an event. Raises Unmappable."""

    def read_shown(self, body: bytes) -> GarmentOrder:
        """Understand an order that was read back: all that ever left of it. Raises Unmappable."""
