"""The queues ``<flow>.dead`` into the exception table; and what a person does there: retry, edit and retry, dismiss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workers.spine.policy import verdict

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
    told = verdict(kind)
    filed = runtime.store.row(
        "select file_exception(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) as new",
        kind,
        row["subject"],
        row["story"],
        row["flow"],
        row["connection"],
        told.owner,
        told.severity,
        row["error"] or kind,
        told.next_step,
        row["id"],
        row["record_id"],
    )
    return row if filed and filed["new"] else None


def file_poison(runtime: Runtime, queue: str, record_id: int, kind: str, reason: str) -> None:
    """File the exception of something in a queue that is no task of ours; the bytes are a record."""
    told = verdict(kind)
    runtime.store.row(
        "select file_exception(%s, %s, %s, %s, 'broker', %s, %s, %s, %s, null, %s) as new",
        kind,
        f"{queue}:{record_id}",
        f"record {record_id}",
        queue.removesuffix(".dead"),
        told.owner,
        told.severity,
        reason,
        told.next_step,
        record_id,
    )
