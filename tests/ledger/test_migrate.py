"""A release changes a large ledger while the fleet writes: nothing waits for it, and no row is copied."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from psycopg.rows import dict_row

from workers.ledger import ahead
from workers.ledger import migrate as release
from workers.ledger.ahead import LockedOut
from workers.ledger.dsn import new_engine
from workers.ledger.migrate import is_current, migrate

STEP = "insert into timeline (story, subject, step) values ('SO1', 'order:SO1-1', 'test')"
SETTLED = """
insert into message_settled (id, flow, connection, kind, reference, version, subject, story, state, attempt, generation,
                             created_at, settled_at)
select n, 'orders-out', 'leeds', 'order', 'SO' || n, 1, 'order:SO' || n, 'SO' || n, 'delivered', 1, 1,
       now() - n * interval '1 day', now() - n * interval '1 day' from generate_series(1, 400) n
"""
EXCEPTION = """
insert into exception (kind, subject, story, flow, connection, owner, severity, reason, next_step)
values ('x', 'x', 'x', '', '', 'operations', 'error', '', '')
"""
WAITS = """
select count(*) as it from pg_stat_activity where query like 'create index concurrently%' and wait_event_type = 'Lock'
"""
FILES = """
select relname as name, relfilenode as file from pg_class
 where relkind = 'r' and relname ~ '^(timeline|message_settled)' order by 1
"""


@pytest.fixture
def old(postgres: str) -> Iterator[str]:
    """A ledger of the last release but one, with history in it."""
    head, _, tail = postgres.rpartition("/")
    dsn = f"{head}/old_ledger?{tail.partition('?')[2]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database old_ledger")
    engine = new_engine(dsn)
    with engine.begin() as migrating:
        config = release._config()
        config.attributes["connection"] = migrating
        command.upgrade(config, "0017")
    engine.dispose()
    with door(dsn) as connection:
        connection.execute(SETTLED)
        connection.execute(STEP)
    yield dsn
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("drop database old_ledger with (force)")


def door(dsn: str) -> psycopg.Connection[dict[str, Any]]:
    return psycopg.connect(dsn, autocommit=True, row_factory=dict_row)


def one(dsn: str, sql: str) -> Any:
    with door(dsn) as connection:
        row = connection.execute(sql).fetchone()
    return row["it"] if row else None


def test_history_becomes_the_first_part_of_its_table_as_it_lies_on_disk(old: str) -> None:
    with door(old) as connection:
        before = [row["file"] for row in connection.execute(FILES).fetchall()]
        migrate(old)
        after = {row["name"]: row["file"] for row in connection.execute(FILES).fetchall()}
        assert [after["message_settled_old"], after["timeline_old"]] == before
        connection.execute(STEP)
        ids = [row["id"] for row in connection.execute("select id from timeline order by id").fetchall()]
        assert len(set(ids)) == len(ids) == 2
        assert one(old, "select count(*) as it from message_settled") == 400
        # the next months are there, and the proof that was made for the old part is gone
        assert one(old, "select count(*) as it from months_of('timeline')") >= 2
        assert (
            one(
                old, "select count(*) as it from pg_constraint where conname in ('timeline_old', 'message_settled_old')"
            )
            == 0
        )
        with pytest.raises(psycopg.errors.RaiseException):
            connection.execute("delete from timeline")
    assert is_current(old)


def test_rows_are_written_while_an_index_waits_for_a_long_transaction(old: str) -> None:
    with psycopg.connect(old) as long, door(old) as other:
        long.execute(STEP)
        long.execute(EXCEPTION)
        release_step = threading.Thread(target=migrate, args=(old,))
        release_step.start()
        while not one(old, WAITS):
            assert release_step.is_alive()
        other.execute("set lock_timeout = '1s'")
        other.execute("update exception set reason = 'written'")
        other.execute(STEP)
        long.commit()
        release_step.join(120)
    assert is_current(old)
    assert one(old, "select count(*) as it from pg_index where not indisvalid") == 0


def test_a_table_that_stays_locked_leaves_the_ledger_as_it_was(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ahead, release):
        monkeypatch.setattr(module, "TRIES", 2)
        monkeypatch.setattr(module, "PAUSE", 0.1)
        monkeypatch.setattr(module, "LOCK", "200ms")
    with psycopg.connect(old) as backup:
        backup.execute("lock table message_settled in access share mode")
        with pytest.raises(LockedOut, match="nothing was changed; run `fleet migrate` again"):
            migrate(old)
    assert one(old, "select version_num as it from alembic_version") == "0017"
    assert (
        one(old, "select count(*) as it from pg_constraint where conname in ('timeline_old', 'message_settled_old')")
        == 0
    )
    migrate(old)
    assert is_current(old)


def test_a_check_that_cannot_be_taken_back_is_named(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ahead, release):
        monkeypatch.setattr(module, "TRIES", 2)
        monkeypatch.setattr(module, "PAUSE", 0.1)
        monkeypatch.setattr(module, "LOCK", "200ms")
    with door(old) as killed:  # an earlier try died here
        killed.execute("alter table timeline add constraint timeline_old check (at < '2126-01-01') not valid")
    with psycopg.connect(old) as backup:
        backup.execute("lock table timeline in access share mode")
        with pytest.raises(LockedOut, match="timeline_old still stands"):
            migrate(old)
    migrate(old)
    assert is_current(old)
    assert one(old, "select count(*) as it from pg_constraint where conname = 'timeline_old'") == 0
