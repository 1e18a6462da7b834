"""The route into Khaos Control's own ledger, where the merchant's service has an operation: one call an entry."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.canonical.journal import JournalEntry
from workers.journal.reasons import subject_of
from workers.ledger.store import Claimed, Effect, NewMessage, run_effects
from workers.spine import priority
from workers.spine.outcomes import Dead, Delivered, NotNeeded, Outcome
from workers.spine.runtime import Runtime

ROUTE = "soap_extension"
AT_A_TIME = 500


def post_ready(runtime: Runtime) -> int:
    """Post a message for each entry that may be booked by the extension. Returns how many.

    Not those whose quantity an adjust-by file moves: Khaos books their value when it loads the file.
    """
    if runtime.erp.journal_route() != ROUTE:
        return 0
    with runtime.store.transaction() as db:
        rows = db.execute(
            "update journal set route = %s where id in (select id from journal where state = 'ready' and route = ''"
            " and mover = 'level' order by id limit %s for update skip locked)"
            " returning id, connection, movement_id, sku, units, value",
            (ROUTE, AT_A_TIME),
        ).fetchall()
        for row in sorted(rows, key=lambda row: int(row["id"])):
            message = NewMessage(
                flow="stock-in",
                connection=runtime.configuration.erp.name,
                kind="journal",
                reference=f"{row['connection']}:{row['movement_id']}",
                subject=subject_of(row["connection"], row["movement_id"]),
                story=row["sku"],
                body={"entry": row["id"]},
                fingerprint=str(row["id"]),
                priority=priority.JOURNAL,
                note=f"journal entry {row['id']}: {row['units']:+d}, value {row['value']}",
            )
            run_effects(db, [message.as_effect()])
    return len(rows)


@dataclass(frozen=True, slots=True)
class JournalTo:
    """An entry into Khaos's ledger. The operation is idempotent on the movement, so after a doubt it is sent again."""

    runtime: Runtime
    repeatable: bool = True
    refused: str = "journal_refused"

    def write(self, message: Claimed) -> bytes | Outcome:
        """The bytes, from the entry as it stands now: a person may have mapped it anew."""
        row = self.runtime.store.row("select * from journal where id = %s", message.body["entry"])
        if row is None:
            return Dead("journal_refused", f"journal entry {message.body['entry']} is not in the ledger")
        if row["state"] != "ready":
            return NotNeeded(f"the entry is {row['state']}")
        entry = JournalEntry(
            movement=message.reference,
            sku=row["sku"],
            site=row["site"],
            units=row["units"],
            reason=row["reason"],
            account=row["account"],
            unit_cost=row["unit_cost"],
            event_at=row["event_at"],
        )
        return self.runtime.erp.write_journal(entry)

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Book it."""
        self.runtime.pace(message.connection)
        self.runtime.erp.post_journal(wire)
        booked = Effect(
            "update journal set state = 'posted', loaded_at = now(), loaded_by = %s where id = %s and state = 'ready'",
            (message.connection, message.body["entry"]),
        )
        return Delivered("booked", (booked,))
