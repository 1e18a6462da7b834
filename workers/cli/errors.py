"""How an error ends a command: its exit code, and a line that says what to do."""

from __future__ import annotations

import psycopg
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from workers.cli.output import NotDone
from workers.config import Misconfigured
from workers.embedded.keeper import NotStarted
from workers.embedded.procfile import BadProcfile
from workers.ledger.ahead import LockedOut

CANNOT, WRONG = 1, 2


def ending(error: Exception) -> tuple[str, int] | None:
    """The line and the exit code of an error that people can mend; None for a fault of ours."""
    if isinstance(error, (NotDone, LockedOut)):
        return str(error), CANNOT
    if isinstance(error, (Misconfigured, BadProcfile, NotStarted)):
        return str(error), WRONG
    if isinstance(error, (SQLAlchemyError, psycopg.Error, PoolTimeout)):
        return _ledger(error), WRONG
    return None


def _ledger(error: Exception) -> str:
    """The ledger's error in a line, without the statement: its values may be a customer's."""
    cause = getattr(error, "orig", None) or error
    if isinstance(
        cause, (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction, psycopg.errors.UndefinedColumn)
    ):
        return "the ledger is not of this release's shape: run `fleet migrate`"
    if isinstance(cause, (psycopg.errors.InvalidPassword, psycopg.errors.InvalidAuthorizationSpecification)):
        return "the ledger refuses the user or the password: correct DATABASE_URL"
    if isinstance(cause, psycopg.OperationalError) and "password authentication failed" in str(cause):
        return "the ledger refuses the user or the password: correct DATABASE_URL"
    if isinstance(cause, ArgumentError) or (isinstance(cause, psycopg.ProgrammingError) and cause.sqlstate is None):
        return "DATABASE_URL cannot be read: write postgresql://user:password@host:port/database"
    if isinstance(cause, psycopg.errors.DeadlockDetected):
        return "the fleet was at the same thing, and nothing was changed: do it once more"
    if isinstance(cause, (psycopg.OperationalError, PoolTimeout)):
        what = type(cause).__name__
        return f"the ledger cannot be reached ({what}): see whether Postgres is up and DATABASE_URL is right"
    return f"the ledger refused ({type(cause).__name__}): run `fleet check`"
