"""The next records to read: several small ones together; alone a big one, and one whose reader died.

What is taken up is marked before it is read. When its reader dies, the batch is read one by one; a record that then
ends its reader a second time is what killed it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from workers.ledger.store import Connection, Store

BATCH = 25
AT_A_TIME = 40_000  # bytes read in one transaction: what was read holds locks that settling waits for

# each record by its key ("offset 0" keeps it a look-up): joined, a plan may scan the bodies of a whole month
DUE = (
    "select u.record_id, u.received_at, u.tries, u.deaths, u.alone, u.taken_by, r.size,"
    "       exists (select 1 from process p where p.id = u.taken_by and p.beat_at > now() - interval '20 seconds')"
    "       as in_hand"
    "  from record_unread u cross join lateral (select octet_length(r.body) as size from record r"
    "        where r.id = u.record_id and r.received_at = u.received_at offset 0) r"
    " where u.due_at <= now() order by u.record_id limit %s for update of u skip locked"
)


@dataclass(frozen=True, slots=True)
class Due:
    """A record that is due, and how its reading went before."""

    id: int
    received_at: datetime
    tries: int
    deaths: int


def take_up(store: Store) -> tuple[list[Due], list[Due]]:
    """Mark the next records, in a transaction of its own. Returns the batch, and records that killed their reader."""
    mine = store.process_id
    batch: list[Due] = []
    convicted: list[Due] = []
    size = 0
    with store.transaction() as db:
        for row in db.execute(DUE, (BATCH,)).fetchall():
            if row["in_hand"] and row["taken_by"] != mine:
                continue  # its reader lives, and is about to lock it
            died = row["taken_by"] is not None and row["taken_by"] != mine
            due = Due(row["record_id"], row["received_at"], row["tries"], row["deaths"] + died)
            if died and row["alone"]:
                convicted.append(due)
                continue
            if batch and (due.deaths or size + row["size"] > AT_A_TIME):
                break
            batch.append(due)
            size += row["size"]
            if due.deaths:
                break  # alone
        _mark(db, batch, mine)
    return batch, convicted


def _mark(db: Connection, batch: list[Due], mine: uuid.UUID) -> None:
    db.execute(
        "update record_unread u set taken_by = %s, alone = %s, deaths = d.deaths"
        " from unnest(%s::bigint[], %s::integer[]) d (id, deaths) where u.record_id = d.id",
        (mine, len(batch) == 1, [due.id for due in batch], [due.deaths for due in batch]),
    )
