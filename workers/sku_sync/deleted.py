"""Items that Khaos Control has no more: discontinued at every warehouse, and merchandising's where one holds units."""

from __future__ import annotations

import json

from mappings.canonical import Product
from workers.sku_sync.readers import facts_of, post
from workers.spine.reading import Reading


def read_vanished(reading: Reading) -> None:
    """Reader of codes that Khaos Control neither lists nor exports any more."""
    for code in json.loads(reading.record.body):
        delete(reading, code=code)


def delete(reading: Reading, *, stock_id: str | None = None, code: str | None = None) -> None:
    """Mark an item, by Khaos's id or by its code, as deleted and discontinued, unless it was read anew since.

    Where a warehouse still holds it, merchandising has an exception.
    """
    erp = reading.runtime.configuration.erp.name
    rows = reading.run(
        "update product set deleted_at = coalesce(deleted_at, now()),"
        " body = jsonb_set(body, '{discontinued}', 'true') where erp = %s"
        " and (code = %s or body->>'stock_id' = %s) and record_id <= %s returning code, body, for_warehouse",
        erp,
        code,
        stock_id,
        reading.record.id,
    )
    for row in rows:
        if row["for_warehouse"]:
            post(reading, Product.model_validate(row["body"]), facts_of(reading))
        held = reading.run(
            "select home, good + coalesce((select sum(o.value::integer) from jsonb_each_text(other) o), 0) as units"
            " from position where sku = %s order by home",
            row["code"],
        )
        there = [f"{one['units']} at {one['home']}" for one in held if one["units"]]
        if there:
            reading.file_exception(
                "deleted_in_khaos",
                subject=f"sku:{row['code']}",
                story=row["code"],
                flow="sku-sync",
                connection=erp,
                why=f"{row['code']} was deleted in Khaos Control, and warehouses hold {', '.join(there)}",
            )
