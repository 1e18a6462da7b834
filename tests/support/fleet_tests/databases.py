"""Databases of one Postgres server: a fresh ledger is a copy of one that was migrated, or of one with a past."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

MIGRATED = "template_fleet"
_numbers = itertools.count(1)
# The files are copied as they are: nobody pulls the plug of these servers, so no log of each page is needed.
COPY = "create database {new} template {old} strategy file_copy"


def named(dsn: str, name: str) -> str:
    """The address of another database of the same server."""
    head, _, tail = dsn.rpartition("/")
    _, question, options = tail.partition("?")
    return f"{head}/{name}{question}{options}"


def copied(postgres: str, name: str, template: str = MIGRATED) -> str:
    """Make a copy of a database that nobody is connected to; its address."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL(COPY).format(new=sql.Identifier(name), old=sql.Identifier(template)))
    return named(postgres, name)


def dropped(postgres: str, name: str) -> None:
    """Take a database away, whoever is connected to it."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def fresh(postgres: str, template: str = MIGRATED) -> Iterator[str]:
    """The address of a ledger of one's own, while the block lasts."""
    name = f"test_{next(_numbers)}"
    yield copied(postgres, name, template)
    dropped(postgres, name)
