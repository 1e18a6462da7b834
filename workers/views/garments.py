"""One garment: where it is, what each source said of it last, and the orders that it left with."""

from __future__ import annotations

from sqlalchemy import Engine

from workers.views.snapshot import Row, fetch, snapshot

GARMENT = """
select connection, tag, home, sku, unique_sku, state, state_at, place, file_state, file_at, event_state, event_at,
       hired, back_by, retired, condition_codes, missed, bookable_at
  from garment where connection in (select name from connection) and tag = :tag
"""
LEFT = """
select f.order_code, d.fulfilment, d.left_at, r.received_at, r.grade from departed_item d
  join fulfilment f on f.reference = d.fulfilment
  left join garment_return r on r.connection = f.warehouse and r.fulfilment = d.fulfilment and r.item = d.item
       and r.tag = d.tag
 where d.tag = :tag and d.tag <> '' order by d.left_at desc limit 100
"""
UNANNOUNCED = """
select connection, home, sku, count(*) as n, min(tag) as tag from garment
 where unannounced group by connection, home, sku order by home, sku
 limit :limit
"""


def garment(engine: Engine, tag: str) -> tuple[Row, list[Row]] | None:
    """A garment and the orders that it left with, the newest first; None for a tag that nobody knows."""
    with snapshot(engine) as reading:
        found = fetch(reading, GARMENT, tag=tag)
        return (found[0], fetch(reading, LEFT, tag=tag)) if found else None


def unannounced(engine: Engine, limit: int = 200) -> list[Row]:
    """Garments that a warehouse counts and that nobody announced, by SKU: how many (``n``), and one ``tag`` of them."""
    with snapshot(engine) as reading:
        return fetch(reading, UNANNOUNCED, limit=limit)
