"""How many exceptions stand open, from running counts: what it takes does not grow with their number."""

from __future__ import annotations

from sqlalchemy import Connection as Reading
from sqlalchemy import Engine

from workers.views.snapshot import Row, fetch, snapshot

COLUMNS = "group_key, kind, flow, connection, owner, severity, assignee, tags, snoozed_until"
# One row for each difference that people filter by: what was folded, with what changed since.
CELLS = f"""
with changed as materialized (
    select exception_cell({COLUMNS}) as cell, {COLUMNS}, sum(n) as n, sum(valued) as valued, sum(value) as value
      from exception_change where true {{wanted}} group by {COLUMNS}),
folded as (select * from exception_count where true {{wanted}})
select {", ".join(f"f.{name}" for name in COLUMNS.split(", "))}, f.n + coalesce(c.n, 0) as n,
       f.valued + coalesce(c.valued, 0) as valued, f.value + coalesce(c.value, 0) as value
  from folded f left join changed c on c.cell = f.cell where f.n + coalesce(c.n, 0) > 0
union all
select {COLUMNS}, n, valued, value from changed c
 where n > 0 and not exists (select 1 from exception_count f where f.cell = c.cell)
"""  # noqa: S608  names of our own columns


def counted(reading: Reading, *by: str) -> list[Row]:
    """How many stand open (``n``) by these columns of ``COLUMNS``; one row in all where none is named."""
    names = ", ".join(by)
    grouped = f" group by {names} having sum(n) > 0 order by {names}" if by else ""
    chosen = f"{names}, " if by else ""
    return fetch(
        reading,
        f"select {chosen}cast(coalesce(sum(n), 0) as bigint) as n from (select {chosen}n from exception_count"  # noqa: S608  as above
        f" union all select {chosen}n from exception_change) c{grouped}",
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
