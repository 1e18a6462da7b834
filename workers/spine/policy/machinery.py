"""The fleet's own machinery: queues, schedules, processes, faults of its code."""

from __future__ import annotations

from workers.spine.policy.rows import ENGINEERING, RETRY, SUPPORT, Verdict

VERDICTS = {
    "poison": Verdict(
        ENGINEERING,
        "error",
        "Something that is no task was put into a queue; it is kept as a record. Find out who put it there,"
        " then dismiss.",
    ),
    "task_unknown": Verdict(
        ENGINEERING,
        "error",
        "A task that this release does not know: an older or newer release still publishes. Then dismiss.",
    ),
    "kills_worker": Verdict(
        ENGINEERING,
        "critical",
        f"Working on this message alone ended the process: see its log. After a mend, `{RETRY}`.",
    ),
    "crashed": Verdict(
        ENGINEERING, "critical", f"A fault in the fleet's own code: see the log. After a mend, `{RETRY}`.", retries=2
    ),
    "schedule_failed": Verdict(
        ENGINEERING, "error", "Something that runs on a schedule fails: see the reason; it is tried again by itself."
    ),
    "schedule_failing": Verdict(
        SUPPORT,
        "error",
        "One poll fails again and again while its connection works: see the reason, and ask the partner; it is tried"
        " again by itself.",
    ),
    "schedule_hangs": Verdict(
        SUPPORT,
        "error",
        "One run of it does not end: restart the process that runs it (`control`), and give engineering its log.",
    ),
    "bodies_leave": Verdict(
        SUPPORT,
        "warning",
        "Retry or dismiss the oldest exceptions: what nobody ends in time is dismissed, and its customers' data"
        " forgotten.",
    ),
    "month_not_made": Verdict(
        ENGINEERING,
        "error",
        "Set Postgres's clock right if it is ahead, then move the rows into their month: the runbook has the line.",
    ),
    "queue_waits": Verdict(
        SUPPORT,
        "error",
        "Messages of this queue may go and do not: see `fleet status` for its speed; raise concurrency or rate, or add"
        " a worker.",
    ),
    "no_worker": Verdict(
        SUPPORT,
        "critical",
        "Start the worker of this queue (`fleet up`, or its line of the Procfile), and see why it ended.",
    ),
    "beat_away": Verdict(
        SUPPORT,
        "critical",
        "Start the `control` worker: until then nothing is polled, probed or tried again.",
    ),
    "tables_not_taken": Verdict(
        SUPPORT,
        "error",
        "Rows that were changed on the desk do not fit fleet.toml any more: see `fleet tables list`, and take back or"
        " replace the one that does not.",
    ),
    "owner_not_told": Verdict(
        SUPPORT,
        "error",
        "A notice to an owner is not taken: put the address, webhook or [mail] of fleet.toml right and restart; it is"
        " tried again by itself.",
    ),
    "outcome_not_stored": Verdict(
        ENGINEERING,
        "critical",
        f"What came of a call could not be stored: see the log for the value. After a mend, `{RETRY}` looks it up.",
    ),
}
