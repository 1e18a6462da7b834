"""What people must do by hand in other systems, as lists that are ready to copy and empty themselves.

A worklist is a room here (a title, columns, a query) and a row of ``WORKLISTS``; command and desk know no more of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine

from workers.views.snapshot import Row, fetch, snapshot
from workers.views.worklists import charges, dispatch, publish, quarantine, received, refunds, returns
from workers.views.worklists.worklist import Worklist

WORKLISTS: Mapping[str, Worklist] = {
    room.WORKLIST.name: room.WORKLIST for room in (dispatch, publish, returns, refunds, charges, quarantine, received)
}

__all__ = ["WORKLISTS", "Worklist", "counts", "entries"]


def entries(engine: Engine, worklist: Worklist) -> list[Row]:
    """Entries to be done, the oldest first; the keys of a row are the worklist's columns."""
    with snapshot(engine) as reading:
        return fetch(reading, worklist.query)


def counts(engine: Engine) -> dict[str, int]:
    """Numbers of entries to be done, by the worklists' names."""
    with snapshot(engine) as reading:
        return {
            name: fetch(reading, f"select count(*) as n from ({one.query}) listed")[0]["n"]  # noqa: S608  our own query
            for name, one in WORKLISTS.items()
        }
