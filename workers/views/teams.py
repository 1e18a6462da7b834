"""What stands open for each team, and what finance and buying have before them, in a few figures."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from workers.views.snapshot import Row, fetch, snapshot
from workers.views.worklists import WORKLISTS

# One row for each group of a cause: a refused SKU at four buildings is one.
OPEN = """
select coalesce(group_key, kind) as group_key, min(kind) as kind, min(owner) as owner, count(*) as n,
       min(first_at) as oldest, min(respond_by) as respond_by, sum(value) as value, min(id) as first_id,
       (array['critical', 'error', 'warning', 'info'])[min(array_position(array['critical', 'error', 'warning', 'info'],
       severity))] as severity
  from exception where state = 'open' {owners}
 group by 1 order by min(array_position(array['critical', 'error', 'warning', 'info'], severity)), n desc, oldest
 limit :limit
"""
REASONS = "select id, reason from exception where id = any (:ids)"
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
    """The gravest groups of open exceptions, of these owners or (when none is named) of all.

    Each has ``kind``, ``owner``, ``n``, ``oldest``, ``respond_by``, ``value`` (the goods at risk; None: not known) and
    the ``reason`` of its first.
    """
    named = list(owners)
    with snapshot(engine) as reading:
        sql = OPEN.format(owners="and owner = any (:owners)" if named else "")
        rows = fetch(reading, sql, limit=limit, **({"owners": named} if named else {}))
        reasons = {row["id"]: row["reason"] for row in fetch(reading, REASONS, ids=[row["first_id"] for row in rows])}
    return [{**row, "reason": reasons.get(row["first_id"], "")} for row in rows]


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
