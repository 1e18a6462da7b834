"""What people see of journal entries: lists, and the whole story of one."""

from __future__ import annotations

from dataclasses import dataclass

from workers.ledger.store import Row, Store

TERMS = """
select condition, units, opened_at, cleared_at, cleared_by, cleared_why from term where subject = %s order by id
"""
EXCEPTIONS = """
select id, kind, owner, reason, next_step from exception where state = 'open' and subject in (%s, %s) order by id
"""
OFFERED = """
select f.name, f.route, f.entries, f.made_at, f.made_by,
       (select sum(j.value) from journal j where j.file = f.name and j.file <> '') as value
  from journal_file f where f.loaded_at is null order by f.made_at
"""
STATES = ("unmapped", "uncosted", "ready", "offered", "loaded", "posted")


def entries(store: Store, *, state: str = "", sku: str = "", limit: int = 50) -> list[Row]:
    """Entries, the newest first. An empty ``state`` or ``sku`` means any."""
    wanted = [text for text, word in (("state = %(state)s", state), ("sku = %(sku)s", sku)) if word]
    return store.rows_of(
        f"select * from journal where {' and '.join(wanted) or 'true'} order by id desc limit %(limit)s",  # noqa: S608  names of our own columns
        {"state": state, "sku": sku, "limit": limit},
    )


def offered(store: Store) -> list[Row]:
    """Files that were exported and that nobody confirmed yet, the oldest first, with the value of their entries."""
    return store.rows(OFFERED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, the terms that its levels carry for it, its open exceptions, and what happened."""

    entry: Row
    terms: tuple[Row, ...]
    exceptions: tuple[Row, ...]
    timeline: tuple[Row, ...]


def entry(store: Store, entry_id: int) -> Entry | None:
    """Everything about an entry; None when there is no such."""
    row = store.row("select * from journal where id = %s", entry_id)
    if row is None:
        return None
    subject = f"journal:{row['connection']}:{row['movement_id']}"
    reason = f"reason:{row['connection']}:{row['their_reason']}" if row["state"] == "unmapped" else subject
    return Entry(
        row,
        tuple(store.rows(TERMS, subject)),
        tuple(store.rows(EXCEPTIONS, subject, reason)),
        tuple(
            store.rows(
                "select at, step, note, who, os_user from timeline where story = %s and subject = %s order by at, id",
                row["sku"],
                subject,
            )
        ),
    )
