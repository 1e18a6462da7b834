"""Where a word stands in a ledger: tests of personal data look everywhere."""

from __future__ import annotations

from workers.ledger.store import Store

TABLES = (
    "select relname as name from pg_class where relkind in ('r', 'p') and not relispartition"
    " and relnamespace = current_schema()::regnamespace order by relname"
)


def tables_that_hold(store: Store, word: str) -> list[str]:
    """The tables of the ledger of which any row holds ``word``, in text, JSON or bytes, in any case of its letters."""
    found = []
    for row in store.rows(TABLES):
        # a row as text shows bytes in hexadecimal
        hits = store.rows(
            f"select 1 from {row['name']} t where t::text ilike %s or t::text ilike %s limit 1",  # noqa: S608  a table of the catalogue
            f"%{word}%",
            f"%{word.encode().hex()}%",
        )
        if hits:
            found.append(row["name"])
    return found
