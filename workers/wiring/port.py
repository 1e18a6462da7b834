"""What the flows ask of a system, in the trade's words. A new system is one more module beside this one.

A warehouse is asked or it tells: ``asked`` has what only a warehouse can do that answers questions, ``files`` what only
one can that speaks by files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from mappings.canonical import (
    CreditNote,
    Fulfilment,
    Invoice,
    Product,
    ReturnAdvice,
    SalesOrder,
    Shipment,
)
from mappings.canonical.journal import JournalEntry
from mappings.errors import Unreadable
from mappings.khaos import Parties, Promise
from mappings.khaos.consignments import Consigned
from workers.wiring.khaos_channel import KhaosChannel


@dataclass(frozen=True, slots=True)
class Stamp:
    """Our control number of what is written, and the moment that it is written for; both stay with the message."""

    number: int
    at: datetime


def no_stamp() -> Stamp:
    """For a warehouse whose documents carry no number of ours."""
    raise AssertionError("this warehouse is sent no control numbers")


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows that bytes for a warehouse may need: their id of each SKU, the catalogue, the number."""

    skus: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, Product] = field(default_factory=dict)
    stamp: Callable[[], Stamp] = no_stamp  # taken last: what cannot be written takes no number


class Cancelling(Enum):
    """What became of asking for a cancellation."""

    CANCELLED = "cancelled at the warehouse"
    NOT_THERE = "not at the warehouse (any more): cancelled"
    ASKED = "the warehouse was asked; its answer comes by itself"


class Warehouse(Protocol):
    """A warehouse system, as far as all are alike. ``write_*`` are pure; the others go over the network."""

    sites: dict[str, str]  # facility -> Khaos site
    numbered: bool  # what is written for it carries a control number: it is written only just before it is sent
    repeatable: bool  # the same bytes sent again have no second effect: a doubt needs no look-up
    replaces: bool  # a sent order can be replaced by a changed one under its reference
    ack_proof: str  # of an order: "2xx": the answer proves it; "get": read back before it counts
    answers: dict[str, float]  # what it says of an order later ("received", "accepted") -> within how many seconds

    def ping(self) -> None:
        """A harmless read."""

    def reference_data(self) -> dict[str, Any]:
        """Ids of the account, the buildings and the carriers."""

    def write_order(self, fulfilment: Fulfilment, facts: dict[str, Any], known: Known) -> bytes:
        """The bytes of an order. Raises Unmappable."""

    def write_change(self, fulfilment: Fulfilment, facts: dict[str, Any], known: Known) -> bytes:
        """The bytes of an order that replaces what was sent under its reference. Raises Unmappable."""

    def send_order(self, wire: bytes) -> str:
        """Send the order; their id."""

    def release_order(self, their_id: str) -> None:
        """Have an order picked, where the warehouse leaves that to us. Releasing twice is harmless."""

    def write_cancel(self, reference: str, facility: str, associated_ref: str, known: Known) -> bytes:
        """The bytes of a cancellation. Raises Unmappable."""

    def cancel_order(self, their_id: str, wire: bytes) -> Cancelling:
        """Cancel an order, or ask for it. Raises Rejected when they refuse."""

    def write_product(self, product: Product, facts: dict[str, Any]) -> bytes:
        """The bytes of a product. Raises Unmappable."""

    def write_return(self, advice: ReturnAdvice, facts: dict[str, Any], known: Known) -> bytes:
        """The bytes of a return to be expected. Raises Unmappable."""

    def send_return(self, wire: bytes) -> str:
        """Announce it; their id."""

    def courier(self, carrier: str, service: str) -> str:
        """Khaos's courier for a warehouse's carrier. Raises Unmappable."""


class Erp(Protocol):
    """The merchant's ERP: Khaos Control."""

    ready_stages: tuple[int, ...]
    withdraw_stages: tuple[int, ...]
    sites: tuple[str, ...]
    level_semantics: str  # what LEVEL means on the way in: "available" or "in_stock"
    issue_point: str  # when in-stock falls: "issue" or "confirmation"
    channel: KhaosChannel  # what it pulls from us and posts to us

    def reference_data(self) -> dict[str, Any]:
        """Ids of the stock sites: ``{"sites": {name: id}}``."""

    def ping(self) -> None:
        """A harmless read."""

    def fetch_status(self, orders: Sequence[str] = ()) -> bytes:
        """The status of invoices in the stages we watch, or of every invoice of some orders."""

    def split_status(self, raw: bytes) -> dict[str, bytes]:
        """The part of a status reply that speaks of each order, by order code."""

    def join_status(self, parts: Sequence[bytes]) -> bytes:
        """A status reply of some orders only."""

    def steady(self, raw: bytes) -> bytes:
        """A status reply without what changes although nothing happened: for its receipt key."""

    def fetch_orders(self, orders: Sequence[str]) -> bytes:
        """Full orders, by code."""

    def fetch_changed_products(self, since: datetime | None) -> tuple[list[str], datetime | None]:
        """Codes to export again, and the time up to which that is complete."""

    def fetch_products(self, codes: Sequence[str]) -> bytes:
        """Product details."""

    def read_status(self, raw: bytes) -> tuple[list[Invoice], list[Unreadable]]:
        """Understand a status reply."""

    def read_order_sites(self, raw: bytes) -> dict[str, str]:
        """The site of each full order, by its code and by its associated reference, whatever else is wrong with it."""

    def read_orders(self, raw: bytes) -> tuple[list[SalesOrder], list[Unreadable]]:
        """Understand full orders."""

    def read_parties(self, raw: bytes, order: str) -> Parties | None:
        """Who bought an order, from full orders; None where they do not show it. Raises Unmappable."""

    def read_products(self, raw: bytes) -> tuple[list[Product], list[Unreadable]]:
        """Understand products."""

    def dispatch_route(self) -> str:
        """How dispatches reach it: ``soap_extension``, or ``none`` while nothing is set."""

    def write_shipment(self, shipment: Shipment) -> bytes:
        """The bytes of a dispatch for the route."""

    def send_shipment(self, wire: bytes) -> None:
        """Tell it of a dispatch. Idempotent on our shipment reference."""

    def journal_route(self) -> str:
        """How journal entries reach it: ``soap_extension``, or ``none`` while people load files."""

    def write_journal(self, entry: JournalEntry) -> bytes:
        """The bytes of a journal entry for the extension."""

    def post_journal(self, wire: bytes) -> None:
        """Have an entry booked. Idempotent on the movement."""

    def name_consignments(self, number: int) -> str:
        """The name of the courier's file of that number."""

    def write_consignments(self, together: Sequence[Consigned]) -> bytes:
        """The bytes of a courier's file for the shipments of one invoice. Raises Unmappable."""

    def lay_consignments(self, name: str, body: bytes) -> bool:
        """Lay a courier's file into its folder; False when it lay there. Raises Occupied or OSError."""

    def fetch_open(self) -> bytes:
        """The status of every invoice in a stage that has stock assigned."""

    def fetch_levels(self, site: str, skus: Sequence[str], facts: dict[str, Any]) -> dict[str, int]:
        """What a site shows as available, by SKU; one that it does not show is left out."""

    def set_levels(self, site: str, levels: Mapping[str, int]) -> frozenset[str]:
        """Set absolute levels; the SKUs that were updated. An unknown outcome: wait it out, then send current ones."""

    def fetch_credit_notes(self, customers: Sequence[str]) -> bytes:
        """The status of everything of some customers (URNs), credit notes among it."""

    def read_promises(self, raw: bytes) -> list[Promise]:
        """What every invoice of a status reply promises, whatever else is wrong with it."""

    def read_line_sites(self, raw: bytes) -> dict[str, dict[str, str]]:
        """Site by SKU of the lines of full orders that are of another site than their order; empty: of several."""

    def read_ordered(self, raw: bytes) -> dict[str, dict[str, int]]:
        """Units by SKU of full orders, by code and by associated reference, whatever else is wrong with them."""

    def read_credit_notes(self, raw: bytes) -> tuple[list[CreditNote], list[Unreadable]]:
        """Understand the credit notes of a status reply."""
