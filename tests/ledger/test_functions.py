"""Each function of the ledger stands once, and every way to the newest ledger ends in the same shape."""

from __future__ import annotations

import gzip
import itertools
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator

import psycopg
import pytest

from fleet_tests.places import ROOT, SAMPLES
from workers.embedded.binaries import postgres_tree
from workers.ledger.functions import SUBJECTS
from workers.ledger.migrate import is_current, migrate

WORKERS = ROOT / "workers"
FOLDER = WORKERS / "ledger" / "functions"
RELEASED = SAMPLES / "ledger" / "revision_0003.sql.gz"

_numbers = itertools.count(1)


@pytest.fixture
def empty(postgres: str) -> Iterator[Callable[[], str]]:
    """Databases without a ledger, by their DSN."""
    made: list[str] = []

    def make() -> str:
        made.append(f"empty_{next(_numbers)}")
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"create database {made[-1]}")
        return re.sub(r"/\w+(?=\?|$)", f"/{made[-1]}", postgres)

    yield make
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name in made:
            connection.execute(f"drop database {name} with (force)")


def at_release_0003(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(gzip.decompress(RELEASED.read_bytes()))
        connection.execute(
            "create table alembic_version (version_num varchar(32) constraint alembic_version_pkc primary key)"
        )
        connection.execute("insert into alembic_version values ('0003')")


def shape(dsn: str) -> list[str]:
    """Everything that pg_dump shows of a ledger but its rows."""
    done = subprocess.run(
        [str(postgres_tree() / "bin" / "pg_dump"), "--schema-only", "--no-owner", dsn],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def test_a_ledger_of_the_last_release_ends_in_the_same_tables_and_functions_as_a_new_one(
    empty: Callable[[], str],
) -> None:
    new, upgraded = empty(), empty()
    migrate(new)
    at_release_0003(upgraded)
    before = shape(upgraded)
    migrate(upgraded)
    assert shape(upgraded) == shape(new)
    assert len(before) > 3000  # the last release's ledger was whole


def test_a_ledger_with_the_last_releases_functions_is_not_current(empty: Callable[[], str]) -> None:
    dsn = empty()
    at_release_0003(dsn)
    assert not is_current(dsn)
    migrate(dsn)
    assert is_current(dsn)


def test_a_migration_that_is_run_twice_changes_nothing(empty: Callable[[], str]) -> None:
    dsn = empty()
    migrate(dsn)
    first = shape(dsn)
    migrate(dsn)
    assert shape(dsn) == first


def test_every_function_of_the_ledger_stands_in_exactly_one_place(database: str) -> None:
    sources = [*WORKERS.rglob("*.sql"), *WORKERS.rglob("*.py")]
    written = Counter(
        name
        for path in sources
        for name in re.findall(r"create (?:or replace )?function (\w+)\(", path.read_text(encoding="utf-8"))
    )
    with psycopg.connect(database) as connection:
        laid = connection.execute(
            "select proname from pg_proc where pronamespace = 'public'::regnamespace order by 1"
        ).fetchall()
    names = {name for (name,) in laid}
    # the simulator keeps functions of its own in a schema of its own; none has the name of the ledger's
    assert {name: written[name] for name in names} == dict.fromkeys(names, 1)


def test_every_file_of_functions_is_laid() -> None:
    assert sorted(SUBJECTS) == sorted(path.stem for path in FOLDER.glob("*.sql"))
