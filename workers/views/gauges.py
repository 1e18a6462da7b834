"""What a monitoring system counts: gauges read from the ledger, the same whichever web process is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from workers.views.exception_counts import counted
from workers.views.overview import UNFILED, processes_alive
from workers.views.readiness import troubles_in
from workers.views.snapshot import Row, fetch, snapshot

RECENT = 300  # seconds that "recently" means

MESSAGES = "select flow, connection, state, count(*) as n from message group by 1, 2, 3 order by 1, 2, 3"
SETTLED = (
    "select flow, connection, state, count(*) as n from message_settled"
    " where settled_at > now() - make_interval(secs => :recent) group by 1, 2, 3 order by 1, 2, 3"
)
OLDEST_READY = (
    "select m.lane as queue, extract(epoch from now() - min(m.due_at)) as age from message m"
    " join connection c on c.name = m.connection where m.state in ('queued', 'waiting') and m.due_at <= now()"
    " and m.behind is null and c.shut_kind is null group by 1 order by 1"
)
GATES = (
    "select name, system, shut_kind is null as open, coalesce(shut_kind = 'paused', false) as paused,"
    " coalesce(extract(epoch from now() - shut_since), 0) as shut_for from connection order by 1"
)
SCHEDULES = (
    "select name as schedule, connection, extract(epoch from now() - coalesce(last_end, due_at)) as age from schedule"
    " where due_at > '-infinity' order by 1"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Rows of gauges. Ages are in seconds; ``settled`` counts what ended within the last five minutes."""

    messages: tuple[Row, ...]
    settled: tuple[Row, ...]
    oldest_ready: tuple[Row, ...]
    exceptions: tuple[Row, ...]
    unfiled: tuple[Row, ...]
    connections: tuple[Row, ...]
    processes: Mapping[str, int]
    unread: int
    schedules: tuple[Row, ...]
    troubles: tuple[Row, ...]


def figures(engine: Engine, queue_wait: float) -> Figures:
    """All gauges of one moment; ``queue_wait`` is how many seconds a message may wait for its turn.

    Raises sqlalchemy's OperationalError when the ledger is away.
    """
    with snapshot(engine) as reading:
        return Figures(
            messages=tuple(fetch(reading, MESSAGES)),
            settled=tuple(fetch(reading, SETTLED, recent=RECENT)),
            oldest_ready=tuple(fetch(reading, OLDEST_READY)),
            exceptions=tuple(counted(reading, "kind", "owner", "severity")),
            unfiled=tuple(fetch(reading, UNFILED)),
            connections=tuple(fetch(reading, GATES)),
            processes=processes_alive(reading),
            unread=fetch(reading, "select count(*) as n from record_unread")[0]["n"],
            schedules=tuple(fetch(reading, SCHEDULES)),
            troubles=tuple({"kind": one.kind, "subject": one.subject} for one in troubles_in(reading, queue_wait)),
        )
