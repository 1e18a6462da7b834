"""Files the exceptions of dead messages and of poison, from the queues ``<flow>.dead``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workers.spine import exceptions

if TYPE_CHECKING:  # people's commands need not load every system
    from workers.spine.runtime import Runtime


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
