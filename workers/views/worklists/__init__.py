"""What people must do by hand in other systems, as lists that are ready to copy and empty themselves.

A worklist is a room here (a title, columns, a query) and a row of ``WORKLISTS``; command and desk know no more of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Engine

from workers.views.order_lists import MANY
from workers.views.snapshot import Row, fetch, snapshot
from workers.views.worklists import charges, dispatch, publish, quarantine, received, refunds, returns
from workers.views.worklists.worklist import Worklist

WORKLISTS: Mapping[str, Worklist] = {
    room.WORKLIST.name: room.WORKLIST for room in (dispatch, publish, returns, refunds, charges, quarantine, received)
}

COUNT = "select count(*) as n from (select 1 from ({}) entry limit :many) listed"

__all__ = ["WORKLISTS", "Worklist", "counts", "entries"]


def entries(engine: Engine, worklist: Worklist, limit: int | None = None) -> list[Row]:
    """Entries to be done, the oldest first; the keys of a row are the worklist's columns. ``limit`` bounds them."""
    with snapshot(engine) as reading:
        return fetch(reading, f"{worklist.query} limit :limit", limit=limit)


def counts(engine: Engine, names: Iterable[str] = WORKLISTS) -> dict[str, int]:
    """Numbers of entries to be done, by the worklists' names; no further than ``MANY``, one more means more."""
    with snapshot(engine) as reading:
        return {name: fetch(reading, COUNT.format(WORKLISTS[name].query), many=MANY + 1)[0]["n"] for name in names}
