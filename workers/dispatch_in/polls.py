"""The sweep of ``dispatch-in``: open orders are re-read at warehouses that show them."""

from __future__ import annotations

import json

from workers.dispatch_in import unknown_orders
from workers.domain import aliases
from workers.ports.sources import Source
from workers.spine.polling import call, chunks, receipt
from workers.spine.runtime import Runtime


def sweep(runtime: Runtime, warehouse: str) -> int:
    """Re-read a warehouse's open orders, in case a webhook was lost. Returns how many were new."""
    rows = runtime.store.rows(
        "select reference, their_id from fulfilment where warehouse = %s and their_id is not null"
        " and state in ('sent', 'part_dispatched', 'cancelling')"
        " and changed_at < now() - make_interval(secs => %s) order by sent_at",
        warehouse,
        min(runtime.configuration.fleet.intervals.sweep, 60.0),
    )
    side, facts, new = runtime.warehouse(warehouse).order_reads, runtime.facts(warehouse), 0
    for some in chunks(rows, 25):
        names = aliases.theirs(runtime.store.rows, warehouse, [row["reference"] for row in some])
        wanted = [(row["their_id"], names.get(row["reference"], row["reference"])) for row in some]
        shown = call(runtime, warehouse, "sweep", lambda wanted=wanted: side.fetch_orders(wanted, facts))
        for body in shown.values():
            new += int(runtime.store.receive(warehouse, Source.ORDER, receipt(body), body) is not None)
        gone = [pair for pair in wanted if pair[1] not in shown]
        if gone:
            body = json.dumps({"orders": gone}, sort_keys=True).encode()
            new += int(runtime.store.receive(warehouse, Source.SWEEP, receipt(body), body) is not None)
    unknown_orders.check(runtime, warehouse)
    return new
