"""Which sub-commands there are, and how an error ends: one line on stderr and an exit code, never a traceback.

Exit codes: 0 done, 1 not done (the line says why), 2 wrong usage, wrong configuration or no ledger.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

import psycopg
import typer
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from workers.cli import (
    audit,
    exceptions,
    files,
    garments,
    going_live,
    journal,
    processes,
    received,
    recovery,
    restored,
    returns,
    status,
    stock,
    stock_differences,
    tagged,
    valuation,
    worklist,
)
from workers.cli.output import NotDone
from workers.config import Misconfigured
from workers.embedded.keeper import NotStarted
from workers.embedded.procfile import BadProcfile

CANNOT, WRONG = 1, 2

app = typer.Typer(
    name="fleet",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "The fleet of workers between Khaos Control and its warehouses.\n\n"
        "Start everything on this machine with `fleet up`; see how it does with `fleet status`; find an order with"
        " `fleet order SO02075`; work through what went wrong with `fleet exceptions list`.\n\n"
        "The ledger is found through DATABASE_URL, else through a fleet that runs here (var/run.json), else through"
        " the file that FLEET_CONFIG names (fleet.toml). Every command takes --json."
    ),
)
for module in (processes, status, files, stock, valuation, worklist, recovery, audit, going_live, restored):
    module.register(app)
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(journal.app, name="journal")
app.add_typer(returns.app, name="returns")
app.add_typer(received.app, name="received")
tagged.register(garments.app)
app.add_typer(garments.app, name="garments")
app.add_typer(stock_differences.app, name="stock-differences")
if find_spec("workers.demo"):  # left out of an operator's install
    import_module("workers.demo.command").register(app)


def main() -> None:
    """Run the command line and exit."""
    try:
        app()
    except NotDone as error:
        _end(str(error), CANNOT)
    except (Misconfigured, BadProcfile, NotStarted) as error:
        _end(str(error), WRONG)
    except (SQLAlchemyError, psycopg.Error, PoolTimeout) as error:
        _end(_ledger(error), WRONG)


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
    if isinstance(cause, (psycopg.OperationalError, PoolTimeout)):
        what = type(cause).__name__
        return f"the ledger cannot be reached ({what}): see whether Postgres is up and DATABASE_URL is right"
    return f"the ledger refused ({type(cause).__name__}): run `fleet check`"


def _end(line: str, code: int) -> None:
    sys.stderr.write("fleet: " + " ".join(line.split()) + "\n")
    sys.exit(code)
