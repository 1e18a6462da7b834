"""What the flows ask of a warehouse that keeps garments: each line of an order by itself, hire or sale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from mappings.canonical import (
    Fulfilment,
    GarmentItem,
    GarmentOrder,
    HireDates,
    LineKind,
    OrderLine,
    PickLine,
    Product,
    SalesOrder,
)
from mappings.canonical.advices import ItemResult
from mappings.errors import Unreadable


class GarmentOrders(Protocol):
    """Orders line by line. All of it is pure."""

    chooses: bool  # we name the garment of each line; else the warehouse chooses it

    def due(self, hire: HireDates | None, at: datetime) -> datetime:
        """The moment by which an order that is there since ``at``, or the rest of one, must have left."""

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


class GarmentSetup(Protocol):
    """Takes garments by file, one row each, and answers row by row. Only ``send_setup`` goes over the network."""

    post_every: float  # seconds between two set-up files
    answer_patience: float  # seconds that a file may stay without its answer
    withdraws: bool  # whether it takes withdrawals; else a person agrees them with the warehouse

    def check_item(self, item: GarmentItem) -> None:
        """Raise Unmappable, kind ``bad_product``, for a garment that the warehouse has no room for."""

    def write_setup(self, items: Sequence[GarmentItem], number: int, at: datetime) -> tuple[str, bytes]:
        """A set-up file's name, and its wire. Raises Unmappable."""

    def send_setup(self, wire: bytes) -> None:
        """Lay a set-up file into its folder. Harmless to repeat."""

    def read_setup_results(self, body: bytes) -> tuple[str, list[ItemResult], list[Unreadable]]:
        """The set-up file that is answered, and which garments may be named in orders now. Raises Unmappable."""
