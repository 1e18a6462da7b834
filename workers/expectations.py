"""What should have come by now: missed expectations become exceptions, owned and with a next step."""

from __future__ import annotations

from workers import alerts
from workers.policy import verdict
from workers.runtime import Runtime

SAID = {
    "sku_confirmed": "the warehouse has not confirmed every SKU of it: {missing}",
    "dispatch": "sent to the warehouse and not dispatched in time",
}


def check(runtime: Runtime) -> int:
    """File an exception for each expectation that is overdue. Returns how many."""
    missed = runtime.store.rows(
        "update expectation set missed_at = now() where missed_at is null and due_at < now() returning *"
    )
    for row in missed:
        told = verdict(row["kind"])
        message = runtime.store.row("select id from message where subject = %s order by id limit 1", row["subject"])
        missing = runtime.store.rows(
            "select distinct g.gate from message_gate g join message m on m.id = g.message_id where m.subject = %s order by 1 limit 5",
            row["subject"],
        )
        reason = SAID.get(row["what"], row["what"]).format(
            missing=", ".join(r["gate"].split(":", 2)[2] for r in missing) or "-"
        )
        filed = runtime.store.row(
            "select file_exception(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, null) as new",
            row["kind"],
            row["subject"],
            row["story"],
            row["flow"],
            row["connection"],
            told.owner,
            told.severity,
            reason,
            told.next_step,
            message["id"] if message else None,
        )
        if filed is not None and filed["new"]:
            alerts.died(
                flow=row["flow"],
                connection=row["connection"],
                kind=row["kind"],
                owner=told.owner,
                severity=told.severity,
                reference=row["subject"],
                runbook=f"docs/runbook.md#{row['kind']}",
            )
    return len(missed)
