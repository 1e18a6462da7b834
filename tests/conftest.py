"""Real parts for every test: one embedded Postgres and one embedded Redis for the session, a fresh database each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.ledger.migrate import migrate
from workers.ledger.store import Store

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of an embedded Postgres, with a migrated template database."""
    with EmbeddedPostgres(Path(tmp_path_factory.mktemp("postgres"))) as server:
        dsn = server.start()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("create database template_fleet")
        migrate(_named(dsn, "template_fleet"))
        yield dsn
        server.discard()


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The DSN of a fresh, migrated ledger."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"create database {name} template template_fleet")
    yield _named(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A door to a fresh ledger."""
    opened = Store(database)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded Redis."""
    with EmbeddedRedis(Path(tmp_path_factory.mktemp("redis"))) as server:
        yield server.start()
        server.discard()


def _named(dsn: str, name: str) -> str:
    head, _, tail = dsn.rpartition("/")
    _, question, options = tail.partition("?")
    return f"{head}/{name}{question}{options}"
