"""What a person says of one entry: which reason of Khaos's it has, and on which account it is booked."""

from __future__ import annotations

from workers.journal import costs
from workers.journal.reasons import close_settled, subject_of
from workers.ledger.store import Row, Store


class CannotMap(Exception):
    """An entry that cannot be mapped (any more). The message says why, and what to do instead."""


def give_reason(store: Store, entry_id: int, reason: str, account: str, who: str) -> Row:
    """Give an entry its reason and account; with a cost it is ready then. Returns its row.

    Also for one that Khaos Control refused: its bytes are written anew when its message is retried, and other content
    under a movement that was booked after all is refused there. Not for what is on its way, or was handed out.
    """
    with store.transaction() as db:
        entry = db.execute("select * from journal where id = %s for update", (entry_id,)).fetchone()
        if entry is None:
            raise CannotMap(f"there is no journal entry {entry_id}; `fleet journal list` shows those that stand")
        if entry["state"] not in ("unmapped", "uncosted", "ready"):
            raise CannotMap(f"journal entry {entry_id} is {entry['state']} already: correct it where it was booked")
        subject = subject_of(entry["connection"], entry["movement_id"])
        message = db.execute(
            "select id, state from message where subject = %s and kind = 'journal' for update",
            (subject,),
        ).fetchone()
        if message is not None and message["state"] != "dead":
            raise CannotMap(f"journal entry {entry_id} is on its way to Khaos Control: see in a moment where it stands")
        if message is not None:
            db.execute("update message_body set wire = null where message_id = %s", (message["id"],))
        mapped = db.execute(
            "update journal set state = case when unit_cost is null then 'uncosted' else 'ready' end, reason = %s,"
            " account = %s where id = %s returning *",
            (reason, account, entry_id),
        ).fetchone()
        assert mapped is not None
        db.execute(
            "insert into timeline (story, subject, flow, connection, step, note, who)"
            " values (%s, %s, 'stock-in', %s, 'mapped by hand', %s, %s)",
            (entry["sku"], subject, entry["connection"], f"{reason}, account {account}", who),
        )
        close_settled(db, who)
        costs.find(db)
    return mapped
