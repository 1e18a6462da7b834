"""How many exceptions stand open, from running counts: what it takes does not grow with their number."""

from __future__ import annotations

from sqlalchemy import Connection as Reading
from sqlalchemy import Engine

from workers.views.snapshot import Row, fetch, snapshot

COLUMNS = "group_key, kind, flow, connection, owner, severity, assignee, tags, snoozed_until"
# One row for each difference that people filter by: what was folded, and what changed since.
CELLS = f"""
select {COLUMNS}, sum(n) as n, sum(valued) as valued, sum(value) as value
  from (select {COLUMNS}, n, valued, value from exception_count where true {{wanted}}
        union all
        select {COLUMNS}, n, valued, value from exception_change where true {{wanted}}) c
 group by {COLUMNS} having sum(n) > 0
"""  # noqa: S608  names of our own columns


def counted(reading: Reading, *by: str) -> list[Row]:
    """How many stand open (``n``) by these columns of ``COLUMNS``; one row in all where none is named."""
    names = ", ".join(by)
    grouped = f" group by {names} order by {names}" if by else ""
    chosen = f"{names}, " if by else ""
    return fetch(
        reading,
        f"select {chosen}cast(coalesce(sum(n), 0) as bigint) as n"  # noqa: S608  names of our own columns
        f" from ({CELLS.format(wanted='')}) cell{grouped}",
    )


def how_many(engine: Engine) -> int:
    """How many exceptions stand open."""
    with snapshot(engine) as reading:
        return int(counted(reading)[0]["n"])


def choices(engine: Engine) -> tuple[list[str], list[str]]:
    """The kinds and the owners of open exceptions, for filters."""
    with snapshot(engine) as reading:
        rows = counted(reading, "kind", "owner")
    return sorted({row["kind"] for row in rows}), sorted({row["owner"] for row in rows})
