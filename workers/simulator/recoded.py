"""Goods of invoices that have another code by now, and that a person has in hand."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workers.simulator.stage import Stage

UNDER_THE_OLD_CODE = """
select f.invoice_code, f.site, r.key as sku, r.value::integer - coalesce((f.shipped->>r.key)::integer, 0) as units,
       split_part(e.subject, ':', 2) as recoded
  from fulfilment f cross join lateral jsonb_each_text(f.requested) r
  join exception e on e.story = f.order_code and e.kind = 'invoice_recoded' and e.state <> 'resolved'
 where f.state in ('sent', 'part_dispatched', 'cancelling')
"""


def fewer_by_now(stage: Stage, live: Collection[str]) -> Iterator[str]:
    """Each SKU, as ``<sku> at <site>:``, of which a recoded invoice holds fewer units than its warehouse was asked for.

    Until a person has settled it the level keeps back all that may leave. ``live`` are the invoices of Khaos Control.
    """
    for row in stage.store.rows(UNDER_THE_OLD_CODE):
        now = stage.books.invoices.get(row["recoded"])
        if row["invoice_code"] not in live and (now is None or now.lines.get(row["sku"], 0) < row["units"]):
            yield f"{row['sku']} at {row['site']}:"
