"""Files the exceptions of dead messages and of poison, from the queues ``<flow>.dead``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workers.broker.queues import DEAD
from workers.ledger.store import Store, task_id
from workers.spine import exceptions

if TYPE_CHECKING:  # people's commands need not load every system
    from workers.spine.runtime import Runtime

MOST = 500  # letters of one flow that are told one by one; all are counted

STANDING = """
select * from (
    select *, count(*) over (partition by flow) as standing,
           row_number() over (partition by flow order by id desc) as place
      from (select m.flow, m.connection, m.reference, m.version, e.id, e.kind, e.first_at
              from message m join exception e on e.message_id = m.id and e.state = 'open'
             where m.state = 'dead'
             union all
            select flow, connection, subject, 1, id, kind, first_at
              from exception where state = 'open' and connection = 'broker' and flow = any (%(flows)s)) letter) placed
 where place <= %(most)s order by id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """The dead letters that stand: how many in each dead-letter queue, and the newest of each."""

    counts: dict[str, int]
    letters: tuple[dict[str, Any], ...]  # ``id``, ``queue``, ``exception``, ``kind``, ``died`` (seconds since 1970)


def standing(store: Store) -> Standing:
    """Read which dead letters stand: dead messages whose exception is open."""
    rows = store.rows_of(STANDING, {"flows": list(DEAD), "most": MOST})
    letters = tuple(
        {
            "id": f"{task_id(row['flow'], row['connection'], row['reference'], row['version'])}:dead-{row['id']}",
            "queue": DEAD[row["flow"]],
            "exception": row["id"],
            "kind": row["kind"],
            "died": row["first_at"].timestamp(),
        }
        for row in rows
    )
    counts = dict.fromkeys(DEAD.values(), 0) | {DEAD[row["flow"]]: row["standing"] for row in rows}
    return Standing(counts, letters)


def file_dead(runtime: Runtime, message_id: int, generation: int) -> dict[str, Any] | None:
    """File the exception row of a dead message. Its row, or None when it is not dead (any more) or was filed before."""
    row = runtime.store.row(
        "select * from message where id = %s and state = 'dead' and generation = %s", message_id, generation
    )
    if row is None:
        return None
    kind = row["error_kind"] or "crashed"
    effect = exceptions.filing(
        kind,
        subject=row["subject"],
        story=row["story"],
        flow=row["flow"],
        connection=row["connection"],
        why=row["error"] or kind,
        message=row["id"],
        record=row["record_id"],
    )
    filed = runtime.store.row(effect.sql, *effect.values)
    return row if filed and filed["new"] else None


def file_poison(runtime: Runtime, queue: str, record_id: int, kind: str, reason: str) -> None:
    """File the exception of something in a queue that is no task of ours; the bytes are a record."""
    exceptions.file(
        runtime.store.run,
        kind,
        subject=f"{queue}:{record_id}",
        story=f"record {record_id}",
        flow=queue.removesuffix(".dead"),
        connection="broker",
        why=reason,
        record=record_id,
    )
