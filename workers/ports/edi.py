"""What the flows ask of a warehouse that speaks by files or in whole documents, each sent once.

A file holds documents; an event that is a fact in itself is a document too. Whoever reads them needs no field of the
partner's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from mappings.canonical import GoodsReceipt, PickLine, Product, StockMovement
from mappings.canonical.advices import (
    Acknowledgement,
    EnvelopeReceipt,
    ItemResult,
    OrderAdvice,
    ShipmentAdvice,
    StockSnapshot,
)
from mappings.errors import Unreadable
from workers.ports.sources import Kind


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that lies ready to be taken."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. ``key`` is the partner's own name of it: a repeat under the same key has no effect.

    ``body`` is what ``read_*`` take: the document as it stood in the file, behind one line with what the file says
    around it.
    """

    kind: Kind
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """Where a document stood: the facility that it speaks of, the file's or the event's name, its number (0: none), and
    when it was written. ``parts`` is how many documents of its file are parts of one count with it.
    """

    facility: str
    file: str
    number: int
    written: datetime
    parts: int = 1


class Files(Protocol):
    """The folders of one account. ``list_new``, ``fetch``, ``archive`` go over the network."""

    tells: frozenset[Kind]  # what its files can hold
    poll_every: float  # seconds between two looks into the folders
    series: str  # whose numbers follow each other: each "facility"'s, or the whole "account"'s
    gap_patience: float  # seconds that a number which is left out may still come

    def list_new(self, facility: str) -> list[RemoteFile]:
        """Files that have stopped growing in a facility's folders, oldest first."""

    def fetch(self, path: str) -> bytes:
        """The whole file."""

    def archive(self, facility: str, path: str) -> None:
        """Moves it away, once its record is committed. Harmless to repeat."""

    def numbers_of(self, name: str, data: bytes) -> tuple[tuple[int, ...], bool]:
        """The file's numbers in their series (a file may hold several or none), and whether all of it can be read."""

    def open(self, facility: str, name: str, data: bytes) -> tuple[list[Document], list[Unreadable]]:
        """The documents of a file, and those that could not be made out. Raises Unmappable for the whole file."""


class EnvelopeAnswers(Protocol):
    """What a partner's translator says to the envelope of a file of ours. Raises Unmappable."""

    def read_envelope_receipt(self, body: bytes) -> EnvelopeReceipt:
        """Whether an interchange of ours was taken as such; what stands in it is answered apart."""


class Documents(Protocol):
    """The part that documents of every kind share."""

    def origin(self, body: bytes) -> DocumentSource:
        """Where a document stood."""


class OrderAnswers(Protocol):
    """A warehouse's answers to orders, changes and cancellations. Raises Unmappable, as all readers of documents."""

    def read_acknowledgement(self, body: bytes) -> Acknowledgement:
        """Understand whether a document of ours could be read."""

    def read_order_advice(self, body: bytes) -> tuple[OrderAdvice, ...]:
        """Understand an answer to an order or a cancellation."""


class Shipments(Documents, Protocol):
    """Shipments, each sent once."""

    def read_shipment(self, body: bytes) -> ShipmentAdvice:
        """Understand a shipment."""

    def with_absent(self, advice: ShipmentAdvice, still_open: Sequence[PickLine]) -> ShipmentAdvice:
        """The same with a line for each open one that it does not speak of."""


class Receipts(Documents, Protocol):
    """Receipts, each complete."""

    def read_receipt(self, body: bytes) -> tuple[GoodsReceipt, list[Unreadable]]:
        """Understand a receipt."""

    def is_return(self, receipt: GoodsReceipt) -> bool:
        """Whether customers sent it back."""


class StockDocuments(Documents, Protocol):
    """Movements and counts that a building sends by itself."""

    def snapshot_by(self, facility: str) -> tuple[time, ZoneInfo]:
        """By which local time the day's count is due."""

    def read_adjustment(self, body: bytes) -> tuple[list[StockMovement], list[Unreadable]]:
        """Understand an adjustment: units lost, found, held or released."""

    def read_count(self, body: bytes) -> tuple[StockSnapshot, list[Unreadable]]:
        """Understand a whole count of a facility. Its lines may raise; what could not be read is there after them."""


class ItemFiles(Documents, Protocol):
    """Takes products by file, many at a time, and answers item by item. ``send_items`` goes over the network."""

    post_every: float  # seconds between two item files
    answer_patience: float  # seconds that an item file may stay without its answer

    def write_product(self, product: Product, facts: dict[str, Any]) -> bytes:
        """The row of a product. Raises Unmappable."""

    def write_items(self, facility: str, rows: Sequence[bytes], at: datetime) -> tuple[str, bytes]:
        """An item file's name, and its wire; ``rows`` are products as ``write_product`` wrote them."""

    def send_items(self, wire: bytes) -> None:
        """Lays an item file into its folder."""

    def read_item_results(self, body: bytes) -> tuple[str, list[ItemResult], list[Unreadable]]:
        """The item file that is answered, and which items were taken."""
