"""What the flows ask of the merchant's ERP, in the trade's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from mappings.canonical import CreditNote, CustomerReturn, Invoice, Product, SalesOrder, Shipment
from mappings.canonical.consignments import Consigned
from mappings.canonical.journal import JournalEntry
from mappings.canonical.parties import Parties
from mappings.canonical.promises import Promise
from mappings.errors import Unreadable


@dataclass(frozen=True, slots=True)
class Listed:
    """A product in the ERP's list: what to export it as (a variant's parent stands for it), and its last edit."""

    code: str
    export_as: str
    edited_at: datetime | None


class Channel(Protocol):
    """The ERP's own channel: pulls from us and posts to us. Pure: the network is the web process's."""

    @property
    def open(self) -> bool:
        """Whether anybody pulls: there are settings, and a password in them."""

    def write_returns(self, returns: Sequence[CustomerReturn], form: Literal["json", "xml"]) -> Any:
        """Write the answer for some returns: ``body``, texts cut (``notes``), returns left out (``refused``)."""

    def read_stock(self, body: bytes, codes: Mapping[str, str]) -> tuple[list[Product], list[str], list[Unreadable]]:
        """Products that changed, ids of those that were deleted; ``codes`` gives the code of a stock id."""

    def read_levels(self, body: bytes) -> tuple[list[Any], list[Unreadable]]:
        """Levels by item and site: ``code``, ``site_id``, ``available``."""

    def read_statuses(self, body: bytes) -> tuple[list[Any], list[Unreadable]]:
        """Orders that moved: ``order_code``."""


class Erp(Protocol):
    """The merchant's ERP: Khaos Control."""

    ready_stages: tuple[int, ...]
    withdraw_stages: tuple[int, ...]
    sites: tuple[str, ...]
    level_semantics: str  # what LEVEL means on the way in: "available" or "in_stock"
    issue_point: str  # when in-stock falls: "issue" or "confirmation"
    channel: Channel  # what it pulls from us and posts to us

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

    def split_orders(self, raw: bytes) -> dict[str, bytes]:
        """The document of each order of a reply, by order code or associated reference. Raises Garbled."""

    def join_orders(self, documents: Sequence[bytes]) -> bytes:
        """A reply of some orders only."""

    def steady(self, raw: bytes) -> bytes:
        """A status reply without what changes although nothing happened: for its receipt key."""

    def fetch_orders(self, orders: Sequence[str]) -> bytes:
        """Full orders, by code."""

    def fetch_changed_products(self, since: datetime | None) -> tuple[list[str], datetime | None]:
        """Codes to export again, and the time up to which that is complete."""

    def fetch_catalogue(self) -> list[Listed]:
        """Every product that there is, with the moment of its last edit."""

    def fetch_products(self, codes: Sequence[str]) -> bytes:
        """Product details."""

    def read_status(self, raw: bytes) -> tuple[list[Invoice], list[Unreadable]]:
        """Understand a status reply."""

    def read_order_sites(self, raw: bytes) -> dict[str, str]:
        """The site of each full order, by its code and by its associated reference, whatever else is wrong with it."""

    def read_orders(self, raw: bytes) -> tuple[list[SalesOrder], list[Unreadable]]:
        """Understand full orders."""

    def read_parties(self, raw: bytes, order: str) -> Parties | None:
        """The buyer of an order, from full orders; None where they do not show it. Raises Unmappable."""

    def read_products(self, raw: bytes) -> tuple[list[Product], list[Unreadable]]:
        """Understand products."""

    def dispatch_route(self) -> str:
        """The route of dispatches: ``soap_extension``, or ``none`` while nothing is set."""

    def write_shipment(self, shipment: Shipment) -> bytes:
        """The bytes of a dispatch for the route."""

    def send_shipment(self, wire: bytes) -> None:
        """Tell it of a dispatch. Idempotent on our shipment reference."""

    def journal_route(self) -> str:
        """The route of journal entries: ``soap_extension``, or ``none`` while people load files."""

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
        """Available units of a site, by SKU; one that it does not show is left out."""

    def set_levels(self, site: str, levels: Mapping[str, int]) -> frozenset[str]:
        """Set absolute levels; the SKUs that were updated. An unknown outcome: wait it out, then send current ones."""

    def fetch_credit_notes(self, customers: Sequence[str]) -> bytes:
        """The status of everything of some customers (URNs), credit notes among it."""

    def read_promises(self, raw: bytes) -> list[Promise]:
        """The promise of every invoice of a status reply, whatever else is wrong with it; by the ERP's own codes."""

    def lends(self, code: str) -> str:
        """The stock code of the garment that goes for a hire which is entered as a service; empty for other codes."""

    def read_line_sites(self, raw: bytes) -> dict[str, dict[str, str]]:
        """Site by SKU of the lines of full orders that are of another site than their order; empty: of several."""

    def read_ordered(self, raw: bytes) -> dict[str, dict[str, int]]:
        """Units by SKU of full orders, by code and by associated reference, whatever else is wrong with them."""

    def read_credit_notes(self, raw: bytes) -> tuple[list[CreditNote], list[Unreadable]]:
        """Understand the credit notes of a status reply."""
