"""What the flows ask of a system, in the trade's words. A new system is one more module beside this one.

A warehouse is asked or it tells: ``asked`` has what only a warehouse can do that answers questions, ``files`` what only
one can that speaks by files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from mappings.canonical import Fulfilment, Product, ReturnAdvice


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
