"""What stands open for each team, and what finance and buying have before them, in a few figures."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from workers.views.exception_groups import groups
from workers.views.snapshot import Row, fetch, snapshot
from workers.views.worklists import WORKLISTS

JOURNAL = """
select count(*) filter (where state = 'unmapped') as unmapped, count(*) filter (where state = 'uncosted') as uncosted,
       count(*) filter (where state = 'ready') as ready, count(*) filter (where state = 'offered') as offered
  from journal where state in ('unmapped', 'uncosted', 'ready', 'offered')
"""
BUYING = """
select (select count(*) from sku where state = 'refused') as refused,
       (select count(*) from received_line where booked < received) as received,
       (select coalesce(sum(received - booked), 0) from received_line where booked < received) as units
"""


def exceptions_of(engine: Engine, owners: Iterable[str] = (), limit: int = 12) -> list[Row]:
    """The gravest groups of open exceptions, of these owners or (when none is named) of all; none that sleeps.

    They are rows of ``exception_groups``.
    """
    return groups(engine, owners=owners, limit=limit)


def money(engine: Engine) -> Row:
    """What finance has before it: entries ``unmapped``, ``uncosted``, ``ready`` to offer, ``offered`` to be loaded."""
    with snapshot(engine) as reading:
        return fetch(reading, JOURNAL)[0]


def buying(engine: Engine) -> Row:
    """What merchandising has before it: SKUs ``refused``, lines ``received`` and not booked, and their ``units``."""
    with snapshot(engine) as reading:
        return fetch(reading, BUYING)[0]


def worklist_titles(found: Row) -> list[Row]:
    """Worklists with something to do: ``name``, ``title``, ``n``."""
    return [{"name": name, "title": WORKLISTS[name].title, "n": n} for name, n in found.items() if n]
