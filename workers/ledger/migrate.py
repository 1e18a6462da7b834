"""The release step: bring the ledger's tables to the shape that this code expects."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.rows import dict_row
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from workers.ledger import locks, roles
from workers.ledger.ahead import LOCK, PAUSE, TRIES, WHY, LockedOut
from workers.ledger.dsn import new_engine
from workers.ledger.functions import are_laid, lay_functions
from workers.ledger.store import Connection

TURN = 0.5  # seconds until another release's migration is looked for again


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(dsn: str) -> None:
    """Bring the ledger's tables and functions up to date: indexes first, beside the fleet's work, then all or nothing.

    Waits for another migration. Gives way quickly (``lock_timeout``) rather than queue up behind traffic, and tries
    again; raises LockedOut where a table stays locked.
    """
    with _alone(dsn) as connection:
        modules = _to_come(dsn)
        try:
            for module in modules:
                if hasattr(module, "ahead"):
                    module.ahead(connection)
            _upgrade(dsn)
            roles.give_again(dsn)  # new tables, and functions that were laid anew
        except BaseException as error:
            _tidy(modules, connection, error)
            raise


def _tidy(modules: Sequence[ModuleType], connection: Connection, error: BaseException) -> None:
    """Take back what was prepared, each module's by itself. Raises LockedOut where something stands all the same."""
    stands: LockedOut | None = None
    for module in modules:
        try:
            if hasattr(module, "tidy"):
                module.tidy(connection)
        except LockedOut as locked:
            stands = locked
    if stands:
        raise stands from error


@contextmanager
def _alone(dsn: str) -> Iterator[Connection]:
    """A connection that holds the lock of migrations; it asks in turns: a statement that waits holds up indexes."""
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        while not locks.keep_if_free(connection, locks.MIGRATION):
            time.sleep(TURN)
        yield connection


def _to_come(dsn: str) -> list[ModuleType]:
    """The migrations that the ledger has not had, in their order."""
    engine = new_engine(dsn)
    with engine.connect() as connection:
        there = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    scripts = ScriptDirectory.from_config(_config())
    return [script.module for script in scripts.iterate_revisions("head", there or "base")][::-1]


def _upgrade(dsn: str) -> None:
    engine = new_engine(dsn)
    try:
        for left in reversed(range(TRIES)):
            try:
                _upgrade_once(engine)
            except OperationalError as error:
                if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                    raise
                if not left:
                    raise LockedOut(WHY) from error
                time.sleep(PAUSE)
            else:
                return
    finally:
        engine.dispose()


def _upgrade_once(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"set local lock_timeout = '{LOCK}'"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        lay_functions(connection)  # last: they are written for the newest tables
        connection.execute(text("select add_months()"))


def is_current(dsn: str) -> bool:
    """True when the ledger has exactly the shape that this code expects."""
    engine = new_engine(dsn)
    try:
        with engine.connect() as connection:
            there = MigrationContext.configure(connection).get_current_revision()
            laid = are_laid(connection)
    finally:
        engine.dispose()
    return laid and there == newest()


def newest() -> str | None:
    """The newest revision. Raises alembic's MultipleHeads where two migrations follow one: `make check` asks for it."""
    return ScriptDirectory.from_config(_config()).get_current_head()
