"""Advisory locks: one number each, and all of them in two places."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from workers.ledger import locks

WORKERS = Path(__file__).parents[2] / "workers"


def test_every_lock_has_a_number_of_its_own() -> None:
    numbers = [value for name, value in vars(locks).items() if name.isupper() and isinstance(value, int)]
    assert len(numbers) == len(set(numbers)) > 0


def test_locks_are_taken_by_their_names_alone() -> None:
    taking = {
        path.name
        for path in (*WORKERS.rglob("*.py"), *WORKERS.rglob("*.sql"))
        if re.search(r"pg_(try_)?advisory|4_?201_?9\d\d", path.read_text(encoding="utf-8"))
    }
    assert taking == {"locks.py", "locks.sql"}


def test_nothing_in_the_ledger_happens_by_a_trigger(database: str) -> None:
    with psycopg.connect(database) as connection:
        triggers = connection.execute("select distinct tgname from pg_trigger where not tgisinternal").fetchall()
    # they do no business (docs/decisions.md): some refuse a change of the timeline and of what people did, some count
    refuse = {"audit_only_grows", "timeline_only_grows"}
    count = {"exceptions_changed", "exceptions_deleted", "exceptions_filed"}
    assert {name for (name,) in triggers} == refuse | count
