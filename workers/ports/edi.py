"""What the flows ask of a warehouse that speaks by files: beside ``port``, for systems that cannot be asked.

A file holds documents, and each document is told once. Whoever reads them needs no field of the partner's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from mappings.canonical import GoodsReceipt, PickLine, StockMovement
from mappings.canonical.advices import (
    Acknowledgement,
    EnvelopeReceipt,
    ItemResult,
    OrderAdvice,
    ShipmentAdvice,
    StockSnapshot,
)
from mappings.errors import Unreadable
from workers.ports.warehouse import Warehouse


class Kind(StrEnum):
    """What a document is; also the source of its record."""

    ACKNOWLEDGEMENT = "acknowledgement"
    ORDER_ADVICE = "order advice"
    SHIPMENT = "shipment advice"
    RECEIPT = "receipt advice"
    ADJUSTMENT = "adjustment"
    COUNT = "stock count"
    ITEM_RESULTS = "item results"
    ENVELOPE_RECEIPT = "envelope receipt"


@dataclass(frozen=True, slots=True)
class Lying:
    """A file that lies ready to be taken."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. ``key`` is the partner's own name of it: told again under that, it has no effect.

    ``body`` is what ``read_*`` take: the document as it stood in the file, with what the file says around it.
    """

    kind: Kind
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """Which file told a document: the facility whose folder it lay in, its name, its number (0: none), and when."""

    facility: str
    file: str
    number: int
    written: datetime


class Files(Protocol):
    """The files of one account. ``list_new``, ``fetch``, ``archive``, ``send_items`` go over the network."""

    poll_every: float  # seconds between two looks into the folders
    series: str  # whose numbers follow each other: each "facility"'s, or the whole "account"'s
    gap_patience: float  # seconds that a number which is left out may still come
    answer_patience: float  # seconds that an item file or a cancellation may stay without its answer

    def list_new(self, facility: str) -> list[Lying]:
        """What has stopped growing in a facility's folders, oldest first."""

    def fetch(self, path: str) -> bytes:
        """The whole file."""

    def archive(self, facility: str, path: str) -> None:
        """Moves it away, once its record is committed. Harmless to repeat."""

    def numbers_of(self, name: str, data: bytes) -> tuple[tuple[int, ...], bool]:
        """The file's numbers in their series (a file may hold several or none), and whether all of it can be read."""

    def open(self, facility: str, name: str, data: bytes) -> tuple[list[Document], list[Unreadable]]:
        """The documents of a file, and those that could not be made out. Raises Unmappable for the whole file."""

    def origin(self, body: bytes) -> Origin:
        """Where a document stood."""

    def snapshot_by(self, facility: str) -> tuple[time, ZoneInfo]:
        """By which local time the day's count is due."""

    def read_acknowledgement(self, body: bytes) -> Acknowledgement:
        """Raises Unmappable, as all of these."""

    def read_envelope_receipt(self, body: bytes) -> EnvelopeReceipt:
        """Whether an interchange of ours was taken as such; what stands in it is answered apart."""

    def read_order_advice(self, body: bytes) -> tuple[OrderAdvice, ...]:
        """What the warehouse says to orders and cancellations."""

    def read_shipment(self, body: bytes) -> ShipmentAdvice:
        """What left."""

    def with_absent(self, advice: ShipmentAdvice, still_open: Sequence[PickLine]) -> ShipmentAdvice:
        """The same with a line for each open one that it does not speak of."""

    def read_receipt(self, body: bytes) -> tuple[GoodsReceipt, list[Unreadable]]:
        """What came in."""

    def is_return(self, receipt: GoodsReceipt) -> bool:
        """Whether customers sent it back."""

    def read_adjustment(self, body: bytes) -> tuple[list[StockMovement], list[Unreadable]]:
        """What was lost, found, held or released."""

    def read_count(self, body: bytes) -> tuple[StockSnapshot, list[Unreadable]]:
        """Everything that a facility holds."""

    def read_item_results(self, body: bytes) -> tuple[str, list[ItemResult], list[Unreadable]]:
        """The item file that is answered, and which items were taken."""

    def write_items(self, facility: str, rows: Sequence[bytes], at: datetime) -> tuple[str, bytes]:
        """An item file's name, and its wire; ``rows`` are products as ``write_product`` wrote them."""

    def send_items(self, wire: bytes) -> None:
        """Lays an item file into its folder."""


class Telling(Warehouse, Protocol):
    """A warehouse that tells: it is sent files, and answers by files in its own time."""

    files: Files
