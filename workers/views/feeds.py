"""Which feeds and counts of each facility were due, and which came: files, whole counts, stock files, polls.

What is asked of partners runs on schedules; what they lay into folders comes by itself, and missing numbers are named.
"""

from __future__ import annotations

from sqlalchemy import Engine

from workers.views.snapshot import Row, fetch, snapshot

# A schedule whose turn is past by more than its interval, or whose last run failed, is late.
SCHEDULES = """
select s.name, s.every, s.last_end, s.due_at, coalesce(s.last_error, '') as error,
       s.last_end is null or s.last_error is not null
           or s.due_at < now() - greatest(s.every, interval '1 minute') as late
  from schedule s where s.every >= interval '5 minutes' order by s.name
"""
COUNTED = """
select site, connection, facility, told, counted_at,
       counted_at is null or counted_at < now() - interval '26 hours' as late
  from home order by site
"""
FILES = """
select h.site, h.connection, h.facility, f.name, f.taken_at, f.effect, coalesce(m.missing, 0) as missing
  from home h
  left join lateral (select name, taken_at, effect from partner_file
                      where connection = h.connection and facility = h.facility
                      order by taken_at desc limit 1) f on true
  left join lateral (select count(*) as missing from expectation e where e.kind = 'file_gap'
                      and e.missed_at is not null and e.connection = h.connection
                      and split_part(e.subject, ':', 3) = h.facility) m on true
 where h.told or f.name is not null order by h.site
"""
STOCK_FILES = """
select distinct on (connection) connection, name, written_at, rows, verdict, why,
       day < current_date as late from garment_file order by connection, written_at desc
"""


def feeds(engine: Engine) -> list[Row]:
    """Each feed of each facility: ``what``, ``place``, ``last`` (a time or None), ``note``, and if it is ``late``."""
    with snapshot(engine) as reading:
        counted = fetch(reading, COUNTED)
        files = fetch(reading, FILES)
        stock_files = fetch(reading, STOCK_FILES)
        schedules = [row for row in fetch(reading, SCHEDULES) if row["late"]]
    return [
        *(
            {
                "what": "whole count",
                "place": row["site"],
                "last": row["counted_at"],
                "note": "never counted: nothing of it is for sale" if row["counted_at"] is None else "",
                "late": row["late"],
            }
            for row in counted
        ),
        *(
            {
                "what": "files",
                "place": row["site"],
                "last": row["taken_at"],
                "note": f"{row['missing']} numbers are missing" if row["missing"] else (row["name"] or "none came yet"),
                "late": bool(row["missing"]),
            }
            for row in files
        ),
        *(
            {
                "what": "stock file",
                "place": row["connection"],
                "last": row["written_at"],
                "note": row["why"] or f"{row['name']}, {row['rows']} garments",
                "late": row["late"] or row["verdict"] in {"refused", "stale"},
            }
            for row in stock_files
        ),
        *(
            {
                "what": row["name"].partition(":")[0].replace("-", " ").replace("_", " "),
                "place": row["name"].partition(":")[2],
                "last": row["last_end"],
                "note": "its last run failed" if row["error"] else "its turn is past",
                "late": True,
            }
            for row in schedules
        ),
    ]
