"""Files of warehouses that speak by files: those that came, and the numbers that are missing among them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from workers.views.snapshot import LONGEST_LIST, Row, fetch, snapshot

FILES = """
select f.connection, f.facility, coalesce(h.site, '') as site, f.name, f.number, f.taken_at, f.effect,
       case when f.effect = 'repeated' then 'came before: no second effect'
            when f.effect = 'kept' then 'not read: its name came before, with other content'
            when u.record_id is not null then 'waits to be read'
            when d.record_id is not null then 'could not be read'
            else 'read' end as reading,
       f.size, f.record_id
  from partner_file f
  left join home h on h.connection = f.connection and h.facility = f.facility
  left join record_unread u on u.record_id = f.record_id
  left join (select distinct record_id from message where state = 'dead' and kind = 'read') d
    on d.record_id = f.record_id
 where (:connection = '' or f.connection = :connection) and (:facility = '' or f.facility = :facility)
   and (:name = '' or position(lower(:name) in lower(f.name)) > 0)
 order by f.facility, f.id desc limit :limit
"""
# subject: file:<connection>:<facility>:<number>
MISSING = """
select m.connection, m.facility, m.number, m.due_at as may_come_until,
       case when x.state = 'dismissed' then 'dismissed' when m.missed_at is null then 'may still come'
            else 'missing' end as state
  from (select e.connection, split_part(e.subject, ':', 3) as facility, e.due_at, e.missed_at, e.subject,
               cast(split_part(e.subject, ':', 4) as bigint) as number
          from expectation e where e.kind = 'file_gap') m
  left join lateral (select state from exception where kind = 'file_gap' and subject = m.subject
                      order by id desc limit 1) x on true
 where (:connection = '' or m.connection = :connection) and (:facility = '' or m.facility = :facility)
 order by m.connection, m.facility, m.number limit :limit
"""


@dataclass(frozen=True, slots=True)
class Files:
    """``files``: the newest first, by facility. ``missing``: numbers that were left out, by facility."""

    files: tuple[Row, ...]
    missing: tuple[Row, ...]


def files(engine: Engine, *, connection: str = "", facility: str = "", name: str = "", limit: int = 50) -> Files:
    """Files that were taken, and missing numbers. ``name`` is a part of a file's name; empty words mean any."""
    with snapshot(engine) as reading:
        return Files(
            tuple(fetch(reading, FILES, connection=connection, facility=facility, name=name, limit=limit)),
            tuple(fetch(reading, MISSING, connection=connection, facility=facility, limit=LONGEST_LIST)),
        )


RECENT = """
select f.connection, f.facility, coalesce(h.site, '') as site, f.name, f.number, f.taken_at, f.effect,
       case when f.effect = 'repeated' then 'came before: no second effect'
            when f.effect = 'kept' then 'not read: its name came before, with other content'
            when u.record_id is not null then 'waits to be read'
            when exists (select 1 from message d
                          where d.record_id = f.record_id and d.state = 'dead' and d.kind = 'read')
            then 'could not be read' else 'read' end as reading, f.size, f.record_id
  from (select * from partner_file {where} order by id desc limit :limit) f
  left join home h on h.connection = f.connection and h.facility = f.facility
  left join record_unread u on u.record_id = f.record_id order by f.id desc
"""


def recent_files(engine: Engine, *, name: str = "", limit: int = 200) -> Files:
    """The files that came last, or all of one whole ``name``; and missing numbers."""
    with snapshot(engine) as reading:
        sql = RECENT.format(where="where name = :name" if name else "")
        return Files(
            tuple(fetch(reading, sql, limit=limit, **({"name": name} if name else {}))),
            tuple(fetch(reading, MISSING, connection="", facility="", limit=LONGEST_LIST)),
        )


def speaking_by_files(engine: Engine) -> list[str]:
    """The connections whose warehouse speaks by files."""
    with snapshot(engine) as reading:
        return [
            row["connection"] for row in fetch(reading, "select distinct connection from home where told order by 1")
        ]
