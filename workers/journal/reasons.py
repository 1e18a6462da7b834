"""What finance says of a warehouse's reason, and the exceptions that stand while it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.adjustments import AdjustmentReason, read_adjustment, reason_unmapped
from mappings.errors import Unmappable
from workers.ledger.store import Connection, within
from workers.spine import exceptions


def read_reason(tables: Mapping[str, Any], system: str, reason: str) -> AdjustmentReason:
    """Khaos's reason and the ledger account. Raises Unmappable, kind ``reason_unmapped``, while either is missing."""
    found = read_adjustment(system, reason, tables.get("adjustment_reasons", {}).get(system))
    if not found.account:
        raise reason_unmapped(system, reason)
    return found


def subject_of(connection: str, movement_id: str) -> str:
    """An entry's subject in exceptions, terms and stories."""
    return f"journal:{connection}:{movement_id}"


def file_unknown(db: Connection, entry: Mapping[str, Any]) -> None:
    """File an exception for a movement without a reason: a person gives one."""
    exceptions.file(
        within(db),
        "reason_unknown",
        subject=subject_of(entry["connection"], entry["movement_id"]),
        story=entry["sku"],
        flow="stock-in",
        connection=entry["connection"],
        why=f"journal entry {entry['id']}: {entry['connection']} gave no reason for {entry['units']:+d} {entry['sku']}"
        f" ({entry['cause']}); `fleet journal map {entry['id']}` gives it one",
    )


def file_unmapped(db: Connection, connection: str, reason: str, why: Unmappable) -> None:
    """File one exception for a reason without a row or account, however many entries wait for it."""
    exceptions.file(
        within(db),
        "reason_unmapped",
        subject=f"reason:{connection}:{reason}",
        story=reason,
        flow="stock-in",
        connection=connection,
        why=f"{connection} adjusts for reason {reason!r}: {why.why}",
    )


def close_settled(db: Connection, who: str) -> None:
    """Close the exceptions about reasons that no entry waits for any more."""
    exceptions.close_all(
        within(db),
        "(e.kind = 'reason_unknown' and not exists (select 1 from journal j where j.state = 'unmapped'"
        "   and j.their_reason = '' and e.subject = 'journal:' || j.connection || ':' || j.movement_id))"
        " or (e.kind = 'reason_unmapped' and e.subject like 'reason:%%' and not exists (select 1 from journal j"
        "   where j.state = 'unmapped' and e.subject = 'reason:' || j.connection || ':' || j.their_reason))",
        why="no journal entry waits for it any more",
        who=who,
    )
