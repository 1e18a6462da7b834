"""What the flows ask of a system, in the trade's words. A new system is one more module beside this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from mappings.canonical import (
    CreditNote,
    Fulfilment,
    Invoice,
    Product,
    SalesOrder,
    Shipment,
    StockLine,
    StockMovement,
    WarehouseOrder,
)
from mappings.canonical.journal import JournalEntry
from mappings.errors import Unreadable
from mappings.khaos import Parties
from mappings.khaos.consignments import Consigned
from workers.wiring.khaos_channel import KhaosChannel

if TYPE_CHECKING:
    from workers.wiring.goods_in import GoodsIn


@dataclass(frozen=True, slots=True)
class Found:
    """A reference looked up at a warehouse: how often it is there alive, and whether as we wrote it."""

    their_ids: tuple[str, ...]
    same: bool
    what: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """A warehouse's word that something happened to an order; never the fact itself."""

    their_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class StockHint:
    """A warehouse's word about stock: which SKUs to count again, whether movements or receipts are to be read.

    ``reasons`` are (movement id, reason code) pairs: the one thing that a hint may know and a re-read not.
    """

    skus: tuple[str, ...] = ()
    receipts: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # (their id, reference, line ids)
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a count read: lines that are good, and entries that could not be understood."""

    lines: tuple[StockLine, ...]
    unreadable: tuple[Unreadable, ...] = ()


class WarehouseStock(Protocol):
    """What a warehouse holds. ``read_*`` are pure; the others go over the network."""

    snapshot_consistent: bool  # a count of the building is one moment's picture, not pages read one by one
    absent_after: int  # complete counts in a row without a SKU that mean it is gone

    def count(self, facility: str, skus: Sequence[str], facts: dict[str, Any]) -> Counted:
        """Count some SKUs, whole: what is not shown is not there."""

    def pages(self, facility: str, facts: dict[str, Any]) -> Iterator[Counted]:
        """Count a building, page by page. It is complete only when the iterator ends by itself."""

    def fetch_movements(self, facility: str, since: datetime | None, facts: dict[str, Any]) -> bytes:
        """What was booked since a moment of their clock; None: the last hour."""

    def read_movements(self, raw: bytes) -> tuple[list[StockMovement], list[Unreadable]]:
        """Understand movements."""

    def read_hint(self, source: str, body: bytes) -> StockHint:
        """Understand a webhook about stock. Raises Unmappable."""


class Warehouse(Protocol):
    """A warehouse system. ``write_*`` and ``read_*`` are pure; the others go over the network."""

    ack_proof: str  # "2xx": the answer proves it; "get": read back before it counts
    sites: dict[str, str]  # facility -> Khaos site
    stock: WarehouseStock
    goods_in: GoodsIn  # receipts: suppliers' and returns

    def ping(self) -> None:
        """A harmless read."""

    def reference_data(self) -> dict[str, Any]:
        """Ids of the account, the buildings and the carriers."""

    def write_order(self, fulfilment: Fulfilment, facts: dict[str, Any], skus: dict[str, str]) -> bytes:
        """The bytes of an order; ``skus`` gives their id of each code. Raises Unmappable."""

    def send_order(self, wire: bytes) -> str:
        """Create the order; their id."""

    def release_order(self, their_id: str) -> None:
        """Have an order picked, where the warehouse leaves that to us. Releasing twice is harmless."""

    def find_order(self, reference: str, wire: bytes, facts: dict[str, Any]) -> Found | None:
        """Look a reference up after a doubt. None when it is provably absent."""

    def cancel_order(self, their_id: str) -> bool:
        """Cancel; False when there is no such order (any more). Raises Rejected when they refuse."""

    def write_product(self, product: Product, facts: dict[str, Any]) -> bytes:
        """The bytes of a product. Raises Unmappable."""

    def send_product(self, code: str, their_id: str | None, wire: bytes, facts: dict[str, Any]) -> str:
        """Create or update, and make it orderable for the account; their id. Pushing again is harmless."""

    def fetch_orders(self, wanted: Sequence[tuple[str, str]], facts: dict[str, Any]) -> dict[str, bytes]:
        """Re-read orders, given as (their id, reference); the raw body by reference. Missing ones are left out."""

    def read_order(self, raw: bytes, read_at: datetime) -> WarehouseOrder:
        """Understand a re-read order. Raises Unmappable."""

    def read_hint(self, source: str, body: bytes) -> Hint:
        """Understand a webhook. Raises Unmappable."""

    def refuse_webhook(self, token: str, source: str, headers: dict[str, str]) -> str | None:
        """Why an incoming webhook is not theirs; None when it is."""

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

    def read_credit_notes(self, raw: bytes) -> tuple[list[CreditNote], list[Unreadable]]:
        """Understand the credit notes of a status reply."""
