"""Polls of Khaos for ``sku-sync``: products that changed, and SKUs that orders wait for."""

from __future__ import annotations

import json
import time
from datetime import datetime

from workers.ports.sources import Source
from workers.spine.polling import call, chunks, receipt
from workers.spine.runtime import Runtime

PRODUCTS_A_CALL = 50


def poll_catalogue(runtime: Runtime) -> int:
    """Ask Khaos for products that changed. The cursor moves only when every chunk is stored."""
    erp, name = runtime.erp, runtime.configuration.erp.name
    row = runtime.store.row("select value from cursor where connection = %s and source = 'catalogue'", name)
    since = datetime.fromisoformat(row["value"]["until"]) if row else None
    codes, until = call(runtime, name, "catalogue", lambda: erp.fetch_changed_products(since))
    new = 0
    odd = [code for code in codes if "," in code]
    if odd:
        body = json.dumps(odd).encode()
        new += int(runtime.store.receive(name, Source.CODE_WITH_COMMA, receipt(body), body) is not None)
    for some in chunks([code for code in codes if "," not in code], PRODUCTS_A_CALL):
        body = call(runtime, name, "catalogue", lambda some=some: erp.fetch_products(some))
        key = receipt(body + str(until).encode())  # the same words after another edit are news: A, B and A again
        new += int(runtime.store.receive(name, Source.PRODUCTS, key, body) is not None)
    if until is not None:
        runtime.store.run(
            "insert into cursor (connection, source, value) values (%s, 'catalogue', %s)"
            " on conflict (connection, source) do update set value = excluded.value, moved_at = now()",
            name,
            json.dumps({"until": until.isoformat()}),
        )
    return new


def poll_asked(runtime: Runtime) -> int:
    """Export the SKUs that orders wait for and that the catalogue has not brought yet, many to a call."""
    name = runtime.configuration.erp.name
    wanted = runtime.store.rows(
        "update gate g set changed_at = now() where kind = 'sku' and not open and changed_at < now() - interval"
        " '10 seconds'"
        " and exists (select 1 from message_gate h where h.gate = g.name)"
        " and not exists (select 1 from product p where p.erp = %s and p.code = gated_sku(g.name)) returning"
        " gated_sku(g.name) as code",
        name,
    )
    codes = sorted({row["code"] for row in wanted if "," not in row["code"]})
    new = 0
    for some in chunks(codes, PRODUCTS_A_CALL):
        body = call(runtime, name, "asked", lambda some=some: runtime.erp.fetch_products(some))
        key = receipt(body + str(time.time_ns()).encode())  # asked because something waits: worth a reading each time
        new += int(runtime.store.receive(name, Source.PRODUCTS, key, body) is not None)
    return new
