"""ACS's events as the web process and the readers see them: signed over the raw body, each a fact in itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from adapters.acs import signature
from adapters.acs.settings import Settings
from mappings.acs import EventKind
from mappings.errors import Unmappable
from workers.ports.events import About, Delivery, Refusal
from workers.ports.sources import Kind

MEANINGS: dict[EventKind, Kind] = {
    EventKind.ORDER_ACCEPTED: Kind.ORDER_ADVICE,
    EventKind.ORDER_REJECTED: Kind.ORDER_ADVICE,
    EventKind.CANCEL_REJECTED: Kind.ORDER_ADVICE,
    EventKind.ORDER_CANCELLED: Kind.GARMENT_DISPATCH,  # the word that nothing more leaves
    EventKind.ORDER_DISPATCHED: Kind.GARMENT_DISPATCH,
    EventKind.ITEM_RECEIVED: Kind.GARMENT_RETURN,
    EventKind.ITEM_GRADED: Kind.GARMENT_RETURN,
    EventKind.ITEM_CHANGED: Kind.GARMENT_MOVE,
    EventKind.ITEM_RETIRED: Kind.GARMENT_END,
}
NEEDED = (signature.TIMESTAMP, signature.SIGNATURE)


class AcsEvents:
    """The events of one account. ``clock`` gives Unix time: a signature is not believed for ever."""

    tells: frozenset[About | Kind] = frozenset(MEANINGS.values())

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock

    def refuse_caller(self, delivery: Delivery) -> Refusal | None:
        """Without the headers of a signature there is nothing to check."""
        return None if all(delivery.headers.get(name) for name in NEEDED) else Refusal.HEADERS

    def refuse_body(self, delivery: Delivery) -> Refusal | None:
        """By either of our keys, and not older than the window; a repeated delivery is signed anew."""
        why = signature.check(
            self._settings.webhook_secrets,
            delivery.headers,
            delivery.body,
            now=self._clock(),
            window=self._settings.event_window,
        )
        return None if why is None else Refusal.SIGNATURE

    def name(self, delivery: Delivery) -> str:
        """The body names it."""
        return _member(delivery.body, "EventType")

    def their_id(self, delivery: Delivery) -> str:
        """The signed body's id; the header's is not signed."""
        return _member(delivery.body, "EventId")

    def meaning(self, event: str) -> Kind:
        """By its kind. Raises Unmappable, kind ``unknown_event``: the record keeps it whole."""
        try:
            return MEANINGS[EventKind(event)]
        except (ValueError, KeyError):
            why = "ask ACS what it means; it is stored whole, and `fleet replay` reads it once a release knows it"
            raise Unmappable("EventType", event, why, kind="unknown_event") from None


def _member(body: bytes, name: str) -> str:
    try:
        envelope: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    value = envelope.get(name) if isinstance(envelope, dict) else None
    return value.strip() if isinstance(value, str) else ""
