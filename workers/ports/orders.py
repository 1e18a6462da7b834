"""What the flows ask of a warehouse that takes orders, products and announced returns, by call or by file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Protocol, runtime_checkable

from mappings.canonical import Fulfilment, Product, ReturnAdvice

REFERENCE_LIMIT = 22  # characters of our number of an order, or of an RMA: the least that a warehouse takes (X12 W0502)


class Manner(StrEnum):
    """The way in which a warehouse takes or sends something."""

    CALL = "by call"
    EVENT = "by event"
    FILE = "by file"


@dataclass(frozen=True, slots=True)
class ControlNumber:
    """Our control number of what is written, and the moment that it is written for; both stay with the message."""

    number: int
    at: datetime


def no_control_number() -> ControlNumber:
    """For a warehouse whose documents carry no number of ours."""
    raise AssertionError("this warehouse is sent no control numbers")


@dataclass(frozen=True, slots=True)
class WriteContext:
    """The ledger's facts for writing to a warehouse: their id of each SKU, the catalogue, the number."""

    skus: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, Product] = field(default_factory=dict)
    stamp: Callable[[], ControlNumber] = no_control_number  # taken last: what cannot be written takes no number


@dataclass(frozen=True, slots=True)
class SentOrder:
    """An order that may be at a warehouse, as it was last sent there."""

    reference: str
    facility: str
    associated_ref: str
    order: Fulfilment | None  # None: its body was purged
    wire: bytes  # the bytes that were sent; empty where they were purged


class CancelResult(Enum):
    """The result of a cancellation call."""

    CANCELLED = "cancelled at the warehouse"
    NOT_THERE = "not at the warehouse (any more): cancelled"
    ASKED = "the warehouse was asked; its answer comes by itself"


class OrderRefused(Exception):
    """An order was refused, and not done. ``kind`` is the exception's; ``items`` are lines whose SKU is the reason."""

    def __init__(self, kind: str, why: str, items: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.kind, self.why, self.items = kind, why, items


class Orders(Protocol):
    """Takes orders, their changes and their cancellations. ``write_*`` are pure; the others go over the network."""

    manner: Manner
    numbered: bool  # what is written for it carries a control number: it is written only just before it is sent
    repeatable: bool  # the same bytes sent again have no second effect: a doubt needs no look-up
    replaces: bool  # a sent order can be replaced by a changed one under its reference
    ack_proof: str  # of an order: "2xx": the answer proves it; "get": read back before it counts
    answers: dict[str, float]  # what it says of an order later ("received", "accepted") -> within how many seconds
    answer_patience: float  # seconds that a change or a cancellation may stay without its answer

    def write_order(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        """The bytes of an order. Raises Unmappable."""

    def write_change(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        """The bytes of an order that replaces what was sent under its reference. Raises Unmappable."""

    def send_order(self, wire: bytes) -> str:
        """Send the order; their id. Raises OrderRefused where it says more than that it refuses."""

    def release_order(self, their_id: str) -> None:
        """Have an order picked, where the warehouse leaves that to us. Releasing twice is harmless."""

    def write_cancel(self, sent: SentOrder, context: WriteContext) -> bytes:
        """The bytes of a cancellation. Raises Unmappable."""

    def cancel_order(self, their_id: str, wire: bytes) -> CancelResult:
        """Cancel an order, or ask for it. Raises Rejected when they refuse."""


@runtime_checkable
class DrawsUp(Protocol):
    """Writes an order in two steps, so that several are given their control numbers at once."""

    def draw_up_order(
        self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext
    ) -> Callable[[ControlNumber], bytes]:
        """The order but for its control number, as what writes it with one. Pure; raises Unmappable."""

    def send_new_order(self, wire: bytes) -> str:
        """As ``send_order``, of an order that surely was never sent, under a number that was never given before."""


class Products(Protocol):
    """Takes products one by one, by call."""

    def write_product(self, product: Product, facts: dict[str, Any]) -> bytes:
        """The bytes of a product. Raises Unmappable."""

    def send_product(self, code: str, their_id: str | None, wire: bytes, facts: dict[str, Any]) -> str:
        """Create or update, and make it orderable for the account; their id. Pushing again is harmless."""


class Returns(Protocol):
    """Takes returns that are announced. ``write_*`` are pure."""

    manner: Manner
    repeatable: bool  # the same bytes sent again have no second effect: a doubt needs no look-up

    def write_return(self, advice: ReturnAdvice, facts: dict[str, Any], context: WriteContext) -> bytes:
        """The bytes of a return to be expected. Raises Unmappable."""

    def send_return(self, wire: bytes) -> str:
        """Announce it; their id."""
