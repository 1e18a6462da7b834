"""The places of the desk: what its navigation names, and the right that each needs."""

from __future__ import annotations

from dataclasses import dataclass

from workers.access.roles import Right
from workers.web.desk.door import Visitor


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation. A page belongs to the place whose path begins its own."""

    path: str
    label: str
    right: Right = Right.SEE


PLACES = (
    Place("/", "Today"),
    Place("/exceptions", "Exceptions"),
    Place("/orders", "Orders"),
    Place("/stock", "Stock"),
    Place("/returns", "Returns"),
    Place("/worklists", "Worklists"),
    Place("/journal", "Journal"),
    Place("/files", "Files"),
    Place("/flows", "Flows"),
    Place("/tables", "Tables"),
    Place("/record", "Record", Right.READ_AUDIT),
    Place("/access", "Access", Right.MANAGE_ACCESS),
)

INSIDE = {"/garments": "/stock", "/goods-in": "/returns"}  # pages of another place


def places_for(visitor: Visitor | None) -> tuple[Place, ...]:
    """The places that a visitor may open; none for somebody who has not logged in."""
    return tuple(place for place in PLACES if visitor is not None and visitor.may(place.right))


def here(path: str) -> str:
    """The path of the place that a page belongs to; empty for a page of none."""
    first = "/" + path.lstrip("/").partition("/")[0]
    first = INSIDE.get(first, first)
    return first if any(place.path == first for place in PLACES) else ""
