"""The sweep of ``dispatch-in``: open orders are re-read at warehouses that show them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from workers.dispatch_in import unknown_orders
from workers.domain import aliases
from workers.ports.sources import Source
from workers.spine.polling import Units, receipt
from workers.spine.runtime import Runtime


def sweep(runtime: Runtime, warehouse: str) -> int:
    """Re-read a warehouse's open orders, in case a webhook was lost. Returns how many were new.

    One that cannot be shown stands in the exception table, and is asked for again each time.
    """
    rows = runtime.store.rows(
        "select reference, their_id from fulfilment where warehouse = %s and their_id is not null"
        " and state in ('sent', 'part_dispatched', 'cancelling')"
        " and changed_at < now() - make_interval(secs => %s) order by sent_at",
        warehouse,
        min(runtime.configuration.fleet.intervals.sweep, 60.0),
    )
    side, facts, new = runtime.warehouse(warehouse).order_reads, runtime.facts(warehouse), 0
    names = aliases.theirs(runtime.store.rows, warehouse, [row["reference"] for row in rows])
    their_ids: dict[str, str] = {names.get(row["reference"]) or row["reference"]: row["their_id"] for row in rows}
    units, unread = Units(runtime, warehouse, "dispatch-in", "order", side.a_call), set(their_ids)

    def ask(some: Sequence[str]) -> dict[str, bytes]:
        return side.fetch_orders([(their_ids[name], name) for name in some], facts)

    for some, shown in units.fetch(list(their_ids), ask):
        unread -= set(some)
        for body in shown.values():
            new += int(runtime.store.receive(warehouse, Source.ORDER, receipt(body), body) is not None)
        gone = [(their_ids[name], name) for name in some if name not in shown]
        if gone:
            body = json.dumps({"orders": gone}, sort_keys=True).encode()
            new += int(runtime.store.receive(warehouse, Source.SWEEP, receipt(body), body) is not None)
    units.only_these_fail(sorted(unread))
    unknown_orders.check(runtime, warehouse)
    return new
