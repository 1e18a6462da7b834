"""Writes the messages of one claim together where their handler can: a few trips to the ledger for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Protocol, runtime_checkable

import structlog

from workers.ledger.store import Claimed, Store

log = structlog.get_logger(__name__)


@runtime_checkable
class WritesTogether(Protocol):
    """A handler that writes several messages at once. Pushing one of them twice must have the effect of once."""

    def write_together(self, messages: Sequence[Claimed]) -> Mapping[int, bytes]:
        """The bytes of those of ``messages``, of one connection, that are simply written, by id. No network.

        What would be another outcome is left out, and comes when the message is written by itself.
        """


def write_together(store: Store, handler: Callable[[str, str, str], Any], claimed: Sequence[Claimed]) -> list[Claimed]:
    """Return the messages that were claimed, with their bytes frozen where their handlers write them together.

    Raises nothing: what goes wrong here goes wrong again when the message is written by itself, and is judged there.
    """
    written: dict[int, bytes] = {}
    new = [message for message in claimed if message.wire is None]
    for kind, some in groupby(new, key=lambda message: (message.flow, message.connection, message.kind)):
        try:
            written |= _frozen(store, handler(*kind), list(some))
        except Exception as error:  # noqa: BLE001  whatever it is, each message meets it in its own attempt
            log.info("messages are written one by one", flow=kind[0], connection=kind[1], why=type(error).__name__)
    return [replace(message, wire=written.get(message.id, message.wire)) for message in claimed]


def _frozen(store: Store, handler: object, messages: list[Claimed]) -> dict[int, bytes]:
    if not isinstance(handler, WritesTogether):
        return {}
    written = handler.write_together(messages)
    if not written:
        return {}
    ours = store.freeze_some([(one, written[one.id]) for one in messages if one.id in written])
    return {one: wire for one, wire in written.items() if one in ours}
