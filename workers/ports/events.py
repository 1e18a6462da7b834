"""What the flows ask of a warehouse that posts events by itself: hints that are read again, or facts in themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from workers.ports.sources import Kind


class About(StrEnum):
    """The subject of a hint: the part of the warehouse that is asked for the fact."""

    ORDER = "order"
    STOCK = "stock"
    GOODS_IN = "goods in"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as it arrived: what stood in its address, its headers by their names in lower case, its raw body."""

    token: str
    event: str  # as the address names it; empty where it names none
    headers: Mapping[str, str]
    body: bytes = b""


class Refusal(StrEnum):
    """Why an event is not taken, for our log; whoever posted it gets the same answer for all reasons."""

    TOKEN = "token"  # noqa: S105  the word for the log
    HEADERS = "headers"
    SIGNATURE = "signature"


class Events(Protocol):
    """The events of one account. All of it is pure: storing and answering are the web process's."""

    tells: frozenset[About | Kind]  # what its events can be about

    def refuse_caller(self, delivery: Delivery) -> Refusal | None:
        """Why address and headers are not theirs; asked before the body is read, which is empty then."""

    def refuse_body(self, delivery: Delivery) -> Refusal | None:
        """Why a body is not theirs: its signature over the raw bytes, its age."""

    def name(self, delivery: Delivery) -> str:
        """The name of the event, wherever it stands: ``goods_out.completed``. Empty where it has none."""

    def their_id(self, delivery: Delivery) -> str:
        """Their own id of this event, from a header or the body; empty: its content identifies it."""

    def meaning(self, event: str) -> About | Kind:
        """The meaning of an event: a hint about something, or a document in itself. Raises Unmappable."""
