"""Filters that a person keeps under a name: each is the address of a page with its filters."""

from __future__ import annotations

from workers.ledger.store import Row, Store

MOST = 30  # of one person


def saved(store: Store, person: str) -> list[Row]:
    """A person's filters by name: ``name`` and ``address``."""
    return store.rows("select name, address from saved_filter where person = %s order by name limit %s", person, MOST)


def save(store: Store, person: str, name: str, address: str) -> None:
    """Keep an address under a name; one that is there already is replaced."""
    store.run(
        "insert into saved_filter (person, name, address) values (%s, %s, %s)"
        " on conflict (person, name) do update set address = excluded.address, saved_at = now()",
        person, name, address,
    )  # fmt: skip


def forget(store: Store, person: str, name: str) -> None:
    """Forget a filter."""
    store.run("delete from saved_filter where person = %s and name = %s", person, name)
