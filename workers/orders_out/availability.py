"""Orders that want more than lies there beside what is owed to others: a warning before they are sent."""

from __future__ import annotations

import json
from collections.abc import Iterable

from workers.domain.fulfilment import FulfilmentRow
from workers.spine.reading import Reading

NEAR = """
select w.reference, array_agg(w.sku) as skus
  from jsonb_to_recordset(%s) o (reference text, invoice_code text, site text, requested jsonb)
  join home h on h.site = o.site and h.counted_at is not null
 cross join lateral (select o.reference, r.key as sku, r.value::integer as units from jsonb_each_text(o.requested) r) w
  left join position p on p.home = h.site and p.sku = w.sku
 where w.units > coalesce(p.good, 0)
       - coalesce((select sum(d.units) from demand d where d.sku = w.sku and d.invoice_code <> o.invoice_code), 0)
 group by w.reference
"""
WANTED = ("reference", "invoice_code", "site", "requested")


def warn(reading: Reading, rows: Iterable[FulfilmentRow]) -> None:
    """File short_at_warehouse for each that wants more of a SKU than its site has free. Nothing is held back."""
    by_reference = {row.reference: row for row in rows}
    orders = [{name: getattr(row, name) for name in WANTED} for row in by_reference.values()]
    near = {row["reference"]: row["skus"] for row in reading.run(NEAR, json.dumps(orders))}
    for reference in sorted(near):
        _warn(reading, by_reference[reference], near[reference])


def _warn(reading: Reading, row: FulfilmentRow, near: list[str]) -> None:
    """Reckon what is free of some SKUs, which is costly, and file the exception where that is too little."""
    rows = reading.run(
        "select f.sku, f.good - f.demand + coalesce((select sum(d.units) from demand d where d.sku = f.sku"
        " and d.invoice_code = %s), 0) as free from figures(%s, %s, %s) f",
        row.invoice_code,
        row.site,
        near,
        reading.runtime.erp.issue_point,
    )
    short = {one["sku"]: max(0, one["free"]) for one in rows if row.requested[one["sku"]] > one["free"]}
    if short:
        shortages = ", ".join(f"{sku}: {row.requested[sku]} wanted, {free} free" for sku, free in sorted(short.items()))
        reading.file_exception(
            "short_at_warehouse",
            subject=row.subject,
            story=row.order_code,
            flow="orders-out",
            connection=reading.runtime.configuration.homes[row.site][0],
            why=shortages,
        )
