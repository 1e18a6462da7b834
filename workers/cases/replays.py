"""A person has a partner's record read again, after a mapping was mended: nothing that it caused happens twice."""

from __future__ import annotations

from workers.ledger.store import Store
from workers.spine import acts
from workers.spine.people import CannotDo, Person


def replay(store: Store, record: int, person: Person, why: str = "") -> bool:
    """Put a record back among the unread, within seconds to be read. False where it waits to be read already.

    Raises CannotDo where there is no such record.
    """
    with store.transaction() as db:
        put = db.execute("select read_record_again(%s) as put", (record,)).fetchall()[0]["put"]
        if put is None:
            raise CannotDo(f"there is no record {record}: it was purged, or the number is wrong")
        if not put:
            return False
        acts.of_subject(db, f"record {record}", f"record:{record}", person, "read again", why.strip())
        acts.keep(db, person, "record replayed", f"record {record}", why=why.strip())
    return True
