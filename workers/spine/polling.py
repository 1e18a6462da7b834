"""Polls: calls that store records, and the cursors that say how far they got."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from workers.spine.limits import poll_slot
from workers.spine.runtime import Runtime
from workers.spine.turn import NotYet

ORDERS_A_CALL = 15


SHOWN_A_CALL = 50


class Busy(Exception):
    """The connection is shut, or had no call slot free in time: the next turn asks again."""


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Slices of ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def call(runtime: Runtime, connection: str, what: str, ask: Any) -> Any:
    """One call of a poll, at the connection's rate and inside one of its slots. Raises Busy, or what adapters raise.

    The rate is waited for first: nobody else's call waits meanwhile.
    """
    try:
        runtime.pace(connection)
    except NotYet as error:
        raise Busy(f"{connection} is too busy for {what}: {error}") from error
    with poll_slot(runtime.store, connection, what, runtime.lease) as taken:
        if not taken:
            runtime.tokens.give_back(connection)
            raise Busy(f"{connection} is shut or has no free slot for {what}")
        return ask()


def receipt(body: bytes) -> str:
    """The receipt key of a body that carries none: its hash."""
    return hashlib.sha256(body).hexdigest()
