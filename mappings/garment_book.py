"""Which units of an order's lines are new, where events and read-backs both show them.

Pure: an order as a warehouse shows it and the book of what left before in, the new lines out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.canonical import GarmentLine, GarmentOrder, PickLine
from mappings.canonical.advices import LineOutcome
from mappings.errors import Unmappable


@dataclass(frozen=True, slots=True)
class Gone:
    """Units of one line that are booked already, and the tags among them."""

    units: int = 0
    tags: frozenset[str] = frozenset()


def line_of(line: GarmentLine, items: Mapping[str, PickLine]) -> PickLine:
    """Our line behind a line of the warehouse's. Raises Unmappable, kind ``dispatch_unknown_order``, for a stranger."""
    found = items.get(line.line_id)
    if found is None:
        why = "the order was sent without this line: ask the warehouse what it is"
        raise Unmappable("LineItemId", line.line_id, why, kind="dispatch_unknown_order")
    return found


def not_booked(order: GarmentOrder, book: Mapping[str, Gone], *, cumulative: bool) -> tuple[GarmentLine, ...]:
    """The lines that left and are not in the book yet, with the units that are new. ``book`` is by LineItemId.

    A read-back is ``cumulative``: it shows all that ever left. An event is one dispatch. A tag counts once,
    whichever route brought it first. A line without a tag counts as far as it goes beyond the book when it is read
    back, and whole when it comes by event.
    """
    fresh: list[GarmentLine] = []
    now = dict(book)
    for line in order.lines:
        if line.outcome is not LineOutcome.FILLED:
            continue
        booked = now.get(line.line_id, Gone())
        new = line.quantity
        if line.tag:
            # A unit that was booked without its tag is this one: it may not leave a second time.
            nameless = booked.units - len(booked.tags)
            new = 0 if line.tag in booked.tags else max(0, line.quantity - nameless)
        elif cumulative:
            new = max(0, line.quantity - booked.units)
        if new:
            fresh.append(line.model_copy(update={"quantity": new}))
        tags = booked.tags | ({line.tag} if line.tag else frozenset())
        now[line.line_id] = Gone(booked.units + new, tags)
    return tuple(fresh)
