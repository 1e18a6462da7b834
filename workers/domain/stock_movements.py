"""Movements of stock by document: each document once, into the positions of its home."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from mappings.errors import Unreadable
from workers.domain.clocks import not_later
from workers.ports.edi import DocumentSource
from workers.spine.reading import Reading


def tell_moves(
    reading: Reading,
    origin: DocumentSource,
    home: str,
    document: str,
    moves: Sequence[dict[str, Any]],
    why: tuple[str, str] | None = None,
) -> int:
    """Take movements of one document: [{sku, condition, units}], below zero for what left. Returns how many were new.

    ``why`` is their cause and the word for the story; None where finance has the movements already.
    """
    argument: dict[str, Any] = {
        "home": home,
        "document": document,
        "number": origin.number,
        "written": not_later(origin.written, reading.record.received_at).isoformat(),
        "moves": list(moves),
    }
    if why is not None:
        argument |= {"cause": why[0], "word": why[1]}
    new: int = reading.run("select tell_moves(%s) as n", json.dumps(argument))[0]["n"]
    return new


def file_unreadable(reading: Reading, home: str, bad: Iterable[Unreadable]) -> None:
    """File an exception for units in an unknown condition: they are held, and it names the missing row."""
    for entry in bad:
        reading.file_exception(
            entry.error.kind,
            subject=f"stock:{home}:{entry.subject}",
            story=entry.subject,
            flow="stock-in",
            connection=reading.record.connection,
            why=f"{entry.error.field} {entry.error.value!r}: {entry.error.why}",
        )
