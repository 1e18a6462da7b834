"""Live orders at a warehouse that the fleet never sent: noticed before they ship."""

from __future__ import annotations

from itertools import islice

from workers.ledger.store import within
from workers.spine import exceptions, restored
from workers.spine.polling import call
from workers.spine.runtime import Runtime

AT_ONCE = 100
WHY = "the warehouse has this order among those that it is to ship, and the fleet never sent it"


def check(runtime: Runtime, warehouse: str) -> int:
    """File every live order whose reference is no fulfilment's, and close what is gone. Returns how many stand."""
    live = iter(runtime.warehouse(warehouse).order_reads.live_orders(runtime.facts(warehouse)))
    subjects: list[str] = []
    while some := call(runtime, warehouse, "live orders", lambda: list(islice(live, AT_ONCE))):
        ours = runtime.store.rows(
            "select reference from fulfilment where reference = any (%s) union all"
            " select alias from reference_alias where connection = %s and alias = any (%s)",
            some,
            warehouse,
            some,
        )
        with runtime.store.transaction() as db:
            restored.look_at_references(within(db), warehouse, some, f"{warehouse}, among what it is to ship,")
        for reference in sorted(set(some) - {row["reference"] for row in ours}):
            subjects.append(f"order:{warehouse}:{reference}")
            exceptions.file(
                runtime.store.run,
                "unknown_at_warehouse",
                subject=subjects[-1],
                story=reference,
                flow="orders-out",
                connection=warehouse,
                why=WHY,
                once=exceptions.Once.OR_DISMISSED,
            )
    exceptions.close_all(
        runtime.store.run,
        "e.kind = 'unknown_at_warehouse' and e.connection = %s and e.subject <> all (%s)",
        warehouse,
        subjects,
        why="it is not among what the warehouse is to ship any more",
    )
    return len(subjects)
