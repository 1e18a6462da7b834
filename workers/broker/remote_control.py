"""What may be asked of a worker over the broker: how it is, and to report. Nobody ends or changes one that way.

Whoever can write to the broker could otherwise shut every worker down, or take its queues away. Processes are ended by
their supervisor, and what they take from stands in the Procfile.
"""

from __future__ import annotations

from celery.worker.control import Panel

# What Flower and `celery inspect` ask for, and what keeps their picture of the workers alive.
ALLOWED = frozenset(
    (
        *("active", "active_queues", "clock", "conf", "ping", "query_task", "registered", "report", "reserved"),
        *("revoked", "scheduled", "stats", "enable_events", "heartbeat", "hello"),
        *("dump_active", "dump_conf", "dump_reserved", "dump_revoked", "dump_schedule", "dump_tasks"),  # old names
    )
)


def limit() -> None:
    """Forget every other command; a worker that is told one says that it does not know it."""
    for name in set(Panel.data) - ALLOWED:
        del Panel.data[name]
