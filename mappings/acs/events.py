"""The envelope of an event: its subject, its time and its kind. Unknown kinds are kept.

Source: acs.md 2.5.2. Events come at least once and in any order: each counts once, by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mappings.acs.json_words import moment, needed, read_body, text
from mappings.errors import Unmappable

VERSION = "1"


class EventKind(StrEnum):
    """The kinds of ACS's events."""

    ORDER_ACCEPTED = "order.accepted"
    ORDER_REJECTED = "order.rejected"
    ORDER_CANCELLED = "order.cancelled"
    CANCEL_REJECTED = "order.cancel_rejected"
    ORDER_DISPATCHED = "order.dispatched"
    ITEM_RECEIVED = "item.received"
    ITEM_GRADED = "item.graded"
    ITEM_CHANGED = "item.disposition_changed"
    ITEM_RETIRED = "item.retired"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``kind`` is None for one that we do not know: it stays in the record, and stands as ``unknown_event``.

    ``subject`` is the order's number or the garment's tag, empty where neither is named.
    """

    id: str
    kind: EventKind | None
    kind_word: str
    at: datetime
    account: str
    data: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """The order of an order's event, the garment of a garment's."""
        first, second = ("RFID", "OrderNumber") if self.kind_word.startswith("item.") else ("OrderNumber", "RFID")
        return text(self.data, first) or text(self.data, second)


def read_event(body: bytes, account: str) -> Event:
    """Read the envelope.

    Raises:
        Unmappable: ``garbled_hint`` for what is no event, ``unknown_facility`` for another account's,
            ``unknown_event`` for a version that we do not know, else ``unmappable``.
    """
    envelope = read_body(body, "event")
    event_id, word = needed(envelope, "EventId"), needed(envelope, "EventType")
    version = text(envelope, "EventVersion") or VERSION
    if version != VERSION:
        why = f"only version {VERSION} of events is agreed: ask ACS what changed"
        raise Unmappable("EventVersion", version, why, kind="unknown_event")
    if (whose := needed(envelope, "AccountCode")) != account:
        why = "this event is for another account: have ACS correct the address of its events"
        raise Unmappable("AccountCode", whose, why, kind="unknown_facility")
    data = envelope.get("Data")
    if not isinstance(data, dict):
        raise Unmappable("Data", type(data).__name__, "ask ACS for the event's Data", kind="garbled_hint")
    kind = EventKind(word) if word in set(EventKind) else None
    return Event(id=event_id, kind=kind, kind_word=word, at=moment(envelope, "OccurredAt"), account=whose, data=data)


def unknown_event(event: Event) -> Unmappable:
    """The exception for an event of a kind that we do not know."""
    why = "ask ACS what it means; it is stored whole, and is read when the release knows it"
    return Unmappable("EventType", event.kind_word, why, kind="unknown_event")
