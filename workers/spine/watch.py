"""Trouble of the fleet itself that lasts: one exception each, which closes when it is well.

A queue that waits, a queue that nobody takes from, a schedule that fails again and again or does not end, a connection
that must wait for long, and nothing scheduled running at all. The heart of whichever process lives notices the last,
and what hangs: this look may be among it.
"""

from __future__ import annotations

import json

from workers.broker.queues import FLOWS
from workers.spine import alarms, exceptions
from workers.spine.exceptions import Once
from workers.spine.runtime import Runtime

KINDS = ("queue_waits", "no_worker", "schedule_failing", "schedule_hangs", "told_to_wait", "beat_away")


def look(runtime: Runtime) -> int:
    """File an exception for each trouble that has none, close those that are over. Returns how many troubles stand."""
    rows = runtime.store.rows(
        "select * from fleet_troubles(%s) where troubled",
        json.dumps({"queue_wait": runtime.configuration.fleet.limits.queue_wait, "flows": FLOWS}),
    )
    for row in rows:
        exceptions.file(
            runtime.store.run,
            row["kind"],
            subject=row["subject"],
            story=row["story"],
            flow=row["flow"],
            connection=row["connection"],
            why=row["why"],
            once=Once.WHILE_OPEN,
        )
    exceptions.close_all(
        runtime.store.run,
        "e.kind = any (%s) and e.kind || ' ' || e.subject <> all (%s)",
        list(KINDS),
        [f"{row['kind']} {row['subject']}" for row in rows],
        why="it is well again",
    )
    return len(rows)


def look_after_schedules(runtime: Runtime) -> bool:
    """File and alert where no schedule has run for a minute, or one hangs: nothing else might. True where so."""
    row = runtime.store.row(
        "select not exists (select 1 from schedule where last_start > now() - interval '1 minute')"
        " or exists (select 1 from schedule s where hangs(s)) as amiss"
    )
    if row is None or not row["amiss"]:
        return False
    look(runtime)
    alarms.send_alerts(runtime)
    return True
