"""The release step: bring the ledger's tables to the shape that this code expects."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from workers.ledger import locks
from workers.ledger.dsn import sqlalchemy_url
from workers.ledger.functions import are_laid, lay_functions

DROP_NO_MONTH = 1200  # here partitions are only made; what is old is dropped by its schedule, by the configuration


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(dsn: str) -> None:
    """Bring the ledger's tables and functions up to date, all or nothing.

    Gives way quickly (``lock_timeout``) rather than queue up behind traffic.
    """
    engine = create_engine(sqlalchemy_url(dsn))
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": locks.MIGRATION})
        connection.execute(text("set local lock_timeout = '5s'"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        lay_functions(connection)  # last: they are written for the newest tables
        connection.execute(text("select keep_partitions(:months)"), {"months": DROP_NO_MONTH})
    engine.dispose()


def is_current(dsn: str) -> bool:
    """True when the ledger has exactly the shape that this code expects."""
    engine = create_engine(sqlalchemy_url(dsn))
    try:
        with engine.connect() as connection:
            there = MigrationContext.configure(connection).get_current_revision()
            laid = are_laid(connection)
    finally:
        engine.dispose()
    return laid and there == ScriptDirectory.from_config(_config()).get_current_head()
