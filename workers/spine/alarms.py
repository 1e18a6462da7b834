"""Alerts on-call of exceptions, whoever filed them: one event each, grouped by flow, connection and kind."""

from __future__ import annotations

from workers.observability import alerts
from workers.spine.runtime import Runtime

AT_A_TIME = 100
OWN_ALERT = ("connection_shut", "suspect_release")  # the gate sends its own alerts, for its shutting and its opening


def send_alerts(runtime: Runtime) -> int:
    """Send an alert for each exception that has had none. A crash can repeat an alert, never lose one."""
    rows = runtime.store.rows(
        "select e.*, m.reference from exception e left join message m on m.id = e.message_id"
        " where not e.alerted and e.severity <> 'info' and e.kind <> all (%s) order by e.id limit %s",
        list(OWN_ALERT),
        AT_A_TIME,
    )
    for row in rows:
        alerts.died(
            flow=row["flow"],
            connection=row["connection"],
            kind=row["kind"],
            owner=row["owner"],
            severity=row["severity"],
            reference=row["reference"] or row["subject"],
            runbook=f"docs/runbook.md#{row['kind']}",
        )
    if rows:
        alerts.flush()
        runtime.store.run("update exception set alerted = true where id = any (%s)", [row["id"] for row in rows])
    return len(rows)
