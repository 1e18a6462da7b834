"""Where figures of stock do not agree: count against book, and levels that Khaos Control has not taken."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from workers.views.snapshot import Row, fetch, snapshot

DIFFERING = """
select t.home as site, t.sku, f.book, f.counted, nullif(t.counted_at, '-infinity') as counted_at
  from home h join told_sku t on t.home = h.site and t.differs
 cross join lateral told_figures(h.site, array[t.sku]) f where h.told
union all
select a.home, a.sku, jsonb_build_object('in all', a.book), jsonb_build_object('in all', a.counted), a.counted_at
  from asked_differences('') a
 order by 1, 2 limit :limit
"""
DUE = """
select l.site, l.sku, l.sent, l.sent_at, l.shown, l.shown_at, l.due_at, coalesce(l.refusal, '') as refusal
  from stock_site s join level l on l.site = s.site and l.due_at is not null
 where l.due_at < now() - interval '5 minutes' or l.refusal <> '' order by l.due_at limit :limit
"""
HOMES = """
select h.site, h.connection, h.facility, h.counted_at, h.told,
       case when h.told then (select count(*) from told_sku t where t.home = h.site and t.differs)
            else (select count(*) from asked_differences(h.site)) end as differing,
       (select max(taken_at) from told_count c where c.home = h.site) as told_count_at
  from home h order by h.site
"""


@dataclass(frozen=True, slots=True)
class Stock:
    """``homes``: each building and its last count. ``differing``: SKUs whose count and book differ,
    also of buildings that are asked (their book and count are of all conditions together). ``due``: levels.
    """

    homes: tuple[Row, ...]
    differing: tuple[Row, ...]
    due: tuple[Row, ...]


def stock(engine: Engine, limit: int = 200) -> Stock:
    """What of stock needs somebody."""
    with snapshot(engine) as reading:
        return Stock(
            tuple(fetch(reading, HOMES)),
            tuple(fetch(reading, DIFFERING, limit=limit)),
            tuple(fetch(reading, DUE, limit=limit)),
        )
