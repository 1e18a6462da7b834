"""Whether the ledger is there, asked within seconds before something is stored; and what it raises when it is away."""

from __future__ import annotations

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

AWAY = (psycopg.Error, PoolTimeout, PoolClosed, SQLAlchemyError)
AGAIN = {"Retry-After": "30"}


def present(engine: Engine) -> None:
    """Raise one of ``AWAY`` within seconds when the ledger is away: a caller does not wait for a pool."""
    with engine.connect() as ledger:
        ledger.execute(text("select 1"))


def name_of(error: Exception) -> str:
    """The name of such an error for the log: its class alone, for its text may quote a body."""
    return type(getattr(error, "orig", None) or error).__name__
