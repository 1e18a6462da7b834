"""The story of a SKU's stock, home by home."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from workers.views.exceptions import LISTED
from workers.views.snapshot import Row, fetch, snapshot

LATEST = 20
LISTED_ROWS = 100  # open invoices, shipments and terms that are named; the figures count all

FIGURES = """
select h.site, h.connection, h.facility, h.counted_at as building_counted_at, h.semantics, h.issue_point, h.adjustments,
       f.confirmed, f.good, f.other, f.assigned, f.demand, f.dispatched, f.pending, f.buffer, f.available,
       p.began_at as counted_at,
       (select asked_at from recount r where r.home = h.site and r.sku = f.sku) as recount_asked_at
  from home h cross join lateral figures(h.site, array[cast(:sku as text)], h.issue_point) f
  left join position p on p.home = h.site and p.sku = f.sku order by h.site
"""
# Of a warehouse that speaks by files: its movements since both last agreed, its last count with what moved after it.
ADVISED = """
select h.site, f.book, f.counted, f.differs,
       nullif(case when t.follows then h.followed_at else t.agreed_at end, '-infinity') as agreed_at,
       nullif(n.at, '-infinity') as counted_at, c.document as count, c.taken_at as count_taken_at
  from home h join told_sku t on t.home = h.site and t.sku = :sku
 cross join lateral (select case when t.follows then h.followed_number else t.counted_number end as number,
                            case when t.follows then h.followed_at else t.counted_at end as at) n
 cross join lateral told_figures(h.site, array[cast(:sku as text)]) f
  left join told_count c on c.home = h.site and c.number = n.number and c.at = n.at
 where h.told order by h.site
"""
LEVELS = """
select s.site, s.home, s.purpose, t.level as target, t.shows as should_show, l.sent, l.sent_at, l.shown, l.shown_at,
       l.due_at, l.collisions, coalesce(l.refusal, '') as refusal
  from stock_site s join home h on h.site = s.home
 cross join lateral targets(s.site, array[cast(:sku as text)], h.semantics, h.issue_point) t
  left join level l on l.site = s.site and l.sku = :sku
 where s.purpose = 'sell' or l.sku is not null order by s.home, s.purpose <> 'sell', s.site
"""
DEMAND = """
select d.invoice_code, d.order_code, d.units, d.stage, d.shipped, coalesce(n.site, o.site, '') as site
  from demand d left join order_site o on o.erp = d.erp and o.order_code = d.order_code
  left join line_site n on n.erp = d.erp and n.order_code = d.order_code and n.sku = d.sku
 where d.sku = :sku order by d.order_code, d.invoice_code limit :listed
"""
LEFT = """
select shipment, order_code, home, units, left_at, counted from shipped_line where sku = :sku
 order by left_at limit :listed
"""
TERMS = """
select kind, home, condition, units, subject, opened_at from term
 where sku = :sku and cleared_at is null order by opened_at, id limit :listed
"""
MOVEMENTS = """
select m.moved_at, m.home, m.cause, m.cause_word, m.units, m.reason, m.location, m.movement_id,
       j.state as journal, j.account, j.value, j.indicative
  from movement m left join journal j on j.connection = m.connection and j.movement_id = m.movement_id
 where m.sku = :sku order by m.moved_at desc, m.movement_id desc limit :latest
"""


@dataclass(frozen=True, slots=True)
class StockStory:
    """A SKU's stock in the ledger. Units are whole; ``levels`` are the target and what Khaos shows.

    ``told`` is of warehouses that speak by files, by site: ``book`` and ``counted`` by condition, and from when.
    """

    sku: str
    homes: tuple[Row, ...]
    told: tuple[Row, ...]
    levels: tuple[Row, ...]
    demand: tuple[Row, ...]
    left: tuple[Row, ...]
    terms: tuple[Row, ...]
    movements: tuple[Row, ...]
    exceptions: tuple[Row, ...]


def stock_story(engine: Engine, sku: str) -> StockStory | None:
    """The story of a SKU; None for an unknown one. A code is looked for as it is written, then in capitals."""
    with snapshot(engine) as reading:
        for spelt in dict.fromkeys((sku.strip(), sku.strip().upper())):
            found = fetch(
                reading,
                "select 1 as one where exists (select 1 from position where sku = :sku)"
                " or exists (select 1 from product where code = :sku)"
                " or exists (select 1 from demand where sku = :sku)"
                " or exists (select 1 from told_sku where sku = :sku)",
                sku=spelt,
            )
            if found:
                return StockStory(
                    sku=spelt,
                    homes=tuple(fetch(reading, FIGURES, sku=spelt)),
                    told=tuple(fetch(reading, ADVISED, sku=spelt)),
                    levels=tuple(fetch(reading, LEVELS, sku=spelt)),
                    demand=tuple(fetch(reading, DEMAND, sku=spelt, listed=LISTED_ROWS)),
                    left=tuple(fetch(reading, LEFT, sku=spelt, listed=LISTED_ROWS)),
                    terms=tuple(fetch(reading, TERMS, sku=spelt, listed=LISTED_ROWS)),
                    movements=tuple(fetch(reading, MOVEMENTS, sku=spelt, latest=LATEST)),
                    exceptions=tuple(
                        fetch(
                            reading,
                            LISTED + " where state = 'open' and story = :sku order by id limit :listed",
                            sku=spelt,
                            listed=LATEST,
                        )
                    ),
                )
    return None
