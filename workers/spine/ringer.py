"""The ringer: rings ready messages, keeps queues shallow, frees what dead processes held, rings lost bells again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from workers.broker.queues import DEAD, LANES
from workers.ledger.store import task_id
from workers.spine import dead_letters
from workers.spine.machine import machine
from workers.spine.runtime import Runtime

log = structlog.get_logger(__name__)

DEPTH = 32  # bells in one queue at the most: about twice the slots of a worker

# The head of each connection's backlog, by its index: never a sort of all that waits. As many as it has slots free,
# since every other bell would find nothing to claim; but one where it has none, so that its lane can book the next.
READY = (
    "select m.* from connection c cross join lateral ("
    "   select m.id, m.generation, m.flow, m.connection, m.reference, m.version, m.priority, m.due_at from message m"
    "    where m.lane = %(lane)s and m.connection = c.name and m.state in ('queued', 'waiting') and m.due_at <= now()"
    "      and m.behind is null and not exists (select 1 from message e where e.subject = m.subject and e.id < m.id)"
    "    order by m.priority, m.due_at, m.id limit least(%(room)s, greatest(1, (select count(*) from slot s"
    "           where s.connection = c.name and s.lane = '*' and s.holder is null)))) m"
    " where c.shut_kind is null and (c.rests_until is null or c.rests_until <= now())"
    " order by m.priority, m.due_at, m.id limit %(room)s"
)
LANES_WITH_WORK = (
    "select l.lane from unnest(%s::text[]) l (lane) where exists (select 1 from message m where m.lane = l.lane"
    " and m.state in ('queued', 'waiting') and m.behind is null and m.due_at <= now())"
)
UNFILED = (
    "select m.id, m.generation, m.flow, m.connection, m.reference, m.version,"
    " m.state_since < now() - interval '1 minute' as late from message m"
    " where m.state = 'dead' and not exists (select 1 from exception e where e.message_id = m.id and e.state = 'open')"
    " order by m.id limit 200"
)


@dataclass(frozen=True, slots=True)
class Bell:
    """A bell: which queue, which task id, and the (id, generation) that it carries."""

    queue: str
    task_id: str
    arguments: tuple[int, int]


def ring_ready(runtime: Runtime, ring: Callable[[Bell], None]) -> int:
    """Ring what may go, in the order in which it should go, until each queue is as deep as it may be."""
    rung = 0
    for lane in [row["lane"] for row in runtime.store.rows(LANES_WITH_WORK, list(LANES))]:
        room = DEPTH - runtime.depth.of(lane)
        if room <= 0:
            continue
        for row in runtime.store.rows_of(READY, {"lane": lane, "room": room}):
            name = task_id(row["flow"], row["connection"], row["reference"], row["version"])
            ring(Bell(lane, name, (row["id"], row["generation"])))
            rung += 1
    return rung


def ring_dead(runtime: Runtime, ring: Callable[[Bell], None]) -> int:
    """Ring dead messages that have no exception row yet: their bell was lost. After a minute they are filed here."""
    rung = 0
    for row in runtime.store.rows(UNFILED):
        if row["late"]:  # nobody takes from the dead-letter queue
            dead_letters.file_dead(runtime, row["id"], row["generation"])
            continue
        queue = DEAD[row["flow"]]
        if runtime.depth.of(queue) >= 10 * DEPTH:
            continue
        name = task_id(row["flow"], row["connection"], row["reference"], row["version"])
        ring(Bell(queue, f"{name}:dead", (row["id"], row["generation"])))
        rung += 1
    return rung


def mark_dead_processes(runtime: Runtime) -> int:
    """Mark processes of this machine that are gone; those of other machines count as dead after their silence."""
    gone = []
    for row in runtime.store.rows(
        "select id, pid from process where machine = %s and beat_at > '-infinity'", machine()
    ):
        try:
            os.kill(row["pid"], 0)
        except ProcessLookupError:
            gone.append(row["id"])
        except PermissionError:
            continue
    if gone:
        runtime.store.run("update process set beat_at = '-infinity' where id = any (%s)", gone)
    return len(gone)


def release_lost(runtime: Runtime) -> list[dict[str, object]]:
    """Free what dead processes and overrun leases held. Returns what was freed."""
    doubt = {name: c.doubt_wait for name, c in runtime.configuration.connections.items()}
    return runtime.store.rows(
        "select * from release_lost(make_interval(secs => %s), %s)",
        runtime.configuration.fleet.limits.process_silent,
        json.dumps(doubt),
    )


def convict(runtime: Runtime, released: list[dict[str, object]]) -> None:
    """End a message dead that was alone when its process died: it killed it."""
    for row in released:
        if row["convicted"]:
            runtime.store.run(
                "update message set state = 'dead', state_since = now(), error_kind = 'kills_worker',"
                " error = 'the process that worked on it alone died' where id = %s and state = 'waiting'",
                row["id"],
            )
