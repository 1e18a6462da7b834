"""The ledger's SQL functions: each once, in its current form, in the file of its subject.

``migrations/versions`` is the history of the tables; a function has no history there. ``fleet migrate`` brings the
tables to the newest revision and then lays all functions, in the same transaction, so a function is changed where it
stands and nowhere else. Only what ``create or replace`` cannot do needs a word in a migration: a function that goes,
or whose arguments or result change, is dropped there with ``drop_functions``, under its old arguments.

While a release is under way old and new workers call the same functions. So a function whose arguments or result
change becomes a new one beside it, with the suffix ``_v2``; the old one goes with the release after that.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files

from sqlalchemy import Connection

# In this order: a function in plain SQL is checked when it is laid, and what it calls must be there.
SUBJECTS = (
    "locks",
    "merchant",
    "timeline",
    "records",
    "months",
    "history",
    "exceptions",
    "exception_counts",
    "messages",
    "keys",
    "people",
    "queue",
    "scaling",
    "processes",
    "troubles",
    "edi",
    "orders",
    "stock_levels",
    "stock_counts",
    "stock_demand",
    "goods_in",
    "stock_books",
    "stock_movements",
    "inventory_advices",
    "garments",
    "products",
    "returns",
    "journal",
    "access",
)


def lay_functions(connection: Connection) -> None:
    """Create or replace every function, and note in the ledger which form of them it has.

    Raises what Postgres says of a function that cannot be replaced: name its old form in a migration.
    """
    for subject in SUBJECTS:
        _execute(connection, _text(subject))
    _execute(connection, f"comment on table alembic_version is 'functions {digest()}'")


def are_laid(connection: Connection) -> bool:
    """Tell whether the ledger has the functions of this code."""
    there = connection.exec_driver_sql("select obj_description(to_regclass('alembic_version'), 'pg_class')").scalar()
    return bool(there == f"functions {digest()}")


def drop_functions(connection: Connection, *signatures: str) -> None:
    """Drop functions by name and argument types, as in ``claim(text, uuid, interval)``, where they are there.

    For migrations. What still stands in a subject's file is laid again at the end.
    """
    for signature in signatures:
        _execute(connection, f"drop function if exists {signature}")


def digest() -> str:
    """Return what tells one form of all functions from another."""
    return hashlib.sha256("\n".join(map(_text, SUBJECTS)).encode()).hexdigest()[:16]


def sql_of(subject: str) -> str:
    """The functions of a subject, for a migration whose index asks one of them."""
    return _text(subject)


def _text(subject: str) -> str:
    return (files(__name__) / f"{subject}.sql").read_text(encoding="utf-8")


def _execute(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql.replace("%", "%%"))  # the driver looks for parameters
