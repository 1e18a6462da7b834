"""What a dispatch does to garments: hired out they are still the merchant's, sold they are not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from mappings.canonical import LineKind
from mappings.garment_words import dispatch
from workers.domain import garments
from workers.domain.fulfilment import FulfilmentRow
from workers.domain.garments import Step
from workers.spine.reading import Reading

TAGGED = """
select d.tag, d.left_at, o.sku, o.kind, o.back_by from departed_item d
  join order_item o on o.fulfilment = d.fulfilment and o.item = d.item
 where d.fulfilment = %s and d.tag = any (%s) order by d.tag
"""
UNTAGGED = """
select o.sku, sum(d.units) filter (where d.tag = '')::integer as units, max(d.left_at) as left_at
  from departed_item d join order_item o on o.fulfilment = d.fulfilment and o.item = d.item
 where d.fulfilment = %s and d.item = any (%s) group by o.sku order by o.sku
"""
# Garments of a dispatch that came back before it was heard of, and after the order was sent.
CAME_BACK = """
select tag, min(at) as at from garment_waiting where connection = %s and tag = any (%s) and at > %s group by tag
"""
# Words about garments that came back before their dispatch was heard of; of one without tags, those of its SKUs.
AGAIN = """
with heard as (
    delete from garment_waiting w where w.connection = %s and (w.tag = any (%s) or exists (
        select 1 from garment g where g.connection = w.connection and g.tag = w.tag and g.sku = any (%s)))
    returning record_id)
select read_record_again(record_id) from heard group by record_id
"""


def left_before(reading: Reading, row: FulfilmentRow, tags: Collection[str]) -> dict[str, datetime]:
    """The latest moment at which garments of an order left that is read back, where they have come back since.

    An order that is read back tells the moment of its last dispatch, if any: an earlier part may be back by then.
    """
    if row.sent_at is None:
        return {}
    rows = reading.run(CAME_BACK, row.warehouse, sorted(tags), row.sent_at)
    return {one["tag"]: one["at"] - timedelta(seconds=1) for one in rows}


def leave(reading: Reading, row: FulfilmentRow, tags: Collection[str], items: Collection[str], at: datetime) -> None:
    """Take what left off the positions, in the transaction that books it: by tag, or else by units of a SKU."""
    if reading.runtime.warehouse(row.warehouse).parts.garments is None:
        return
    building = garments.building_of(reading.runtime, row.warehouse)
    for one in reading.run(TAGGED, row.reference, sorted(tags)):
        kind, left_at = LineKind(one["kind"]), one["left_at"]
        step = Step(
            one["tag"],
            one["sku"],
            left_at,
            lambda garment, kind=kind, left_at=left_at: dispatch(garment, kind, left_at, row.reference),  # type: ignore[misc]
            place=f"left with {row.reference}",
            hired=kind is LineKind.HIRE,
            back_by=one["back_by"],
        )
        garments.move(reading.run, building, step)
    untagged = reading.run(UNTAGGED, row.reference, sorted(items))
    skus = [one["sku"] for one in untagged if one["units"]]
    reading.run(AGAIN, row.warehouse, sorted(tags), skus)
    for one in untagged:
        garments.leave_untagged(
            reading.run, building.home, f"{row.reference}/{one['sku']}", {one["sku"]: one["units"] or 0}, at
        )
