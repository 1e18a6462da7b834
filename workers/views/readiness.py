"""Whether the fleet is at work, and what keeps it from working, for a watchdog. Nothing here writes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from workers.broker.queues import CONTROL, FLOWS
from workers.views.snapshot import fetch, snapshot


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something of the fleet's own machinery that does not work: ``kind`` is a section of the runbook."""

    kind: str
    subject: str
    why: str


def troubles(engine: Engine, queue_wait: float) -> list[Trouble]:
    """List what keeps the fleet from its work; nothing when it is ready.

    ``queue_wait`` is how many seconds a message may wait for its turn. Raises sqlalchemy's OperationalError when the
    ledger is away.
    """
    with snapshot(engine) as reading:
        return troubles_in(reading, queue_wait)


def troubles_in(reading: Connection, queue_wait: float) -> list[Trouble]:
    """List the same over a connection that reads already."""
    argument = json.dumps({"queue_wait": queue_wait, "flows": [*FLOWS, CONTROL]})
    rows = fetch(reading, "select kind, subject, why from fleet_troubles(cast(:argument as jsonb))", argument=argument)
    return [Trouble(row["kind"], row["subject"], row["why"]) for row in rows]
