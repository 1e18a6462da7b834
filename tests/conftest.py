"""Real parts for every test: one embedded Postgres and one embedded Redis for the session, a fresh database each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sentry_sdk
from hypothesis import HealthCheck, settings

from fleet_tests.databases import MIGRATED, copied, fresh, named
from fleet_tests.sentry import Sentry
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.ledger.migrate import migrate
from workers.ledger.store import Store
from workers.observability import alerts

settings.register_profile("fleet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fleet")  # a busy machine is no failure
# What takes minutes begins first, so that no file runs alone at the end.
LONG = ("demo/test_demo.py", "bench/test_bench.py", "processes/", "simulator/", "browser/", "command/", "deployment/")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long form of tests that CI runs in a short one")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long forms, and begin with the files that take longest."""
    if not config.getoption("--full"):
        long = pytest.mark.skip(reason="the long form of what CI runs in a short one: `make full` runs it")
        for item in items:
            if item.get_closest_marker("full"):
                item.add_marker(long)
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    place = item.path.relative_to(Path(__file__).parent).as_posix()
    return next((rank for rank, begin in enumerate(LONG) if place.startswith(begin)), len(LONG))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of an embedded Postgres, with a migrated template database."""
    with EmbeddedPostgres(Path(tmp_path_factory.mktemp("postgres"))) as server:
        dsn = server.start()
        with psycopg.connect(dsn, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nobody pulls this one's plug
                connection.execute(f"alter system set {setting} = off")
            connection.execute("select pg_reload_conf()")
            connection.execute(f"create database {MIGRATED}")
        migrate(named(dsn, MIGRATED))
        yield dsn
        server.discard()


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The DSN of a fresh, migrated ledger."""
    with fresh(postgres) as made:
        yield made


@pytest.fixture(scope="session")
def _lasting_database(postgres: str) -> str:
    return copied(postgres, "lasting")


@pytest.fixture
def emptied_database(_lasting_database: str) -> str:
    """The DSN of a migrated ledger that earlier tests used and that is empty again: quicker than a fresh one."""
    with psycopg.connect(_lasting_database, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        tables = connection.execute(
            "select string_agg(format('delete from %I;', relname), ' ' order by relname desc) from pg_class"
            " where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relispartition"
            " and relname not in ('alembic_version', 'gate')"
        ).fetchone()
        assert tables is not None
        connection.execute(
            "begin; set local session_replication_role = replica; " + tables[0] + " delete from gate; commit"  # noqa: S608  names of our own tables
        )
    return _lasting_database


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


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    """A listening Sentry, and silence after the test."""
    server = Sentry()
    alerts.configure(server.dsn, environment="test", release="fleet@1", process="orders-out")
    with sentry_sdk.isolation_scope():  # breadcrumbs of one test are not the next one's
        yield server
    alerts.configure(None, environment="test", release="fleet@1", process="orders-out")
    server.close()
