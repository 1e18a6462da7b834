"""How SQLAlchemy reaches the ledger: by its address as Postgres reads it, so one that names several hosts as well."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine

from workers.ledger.pool import TCP


def new_engine(dsn: str, *, connect: dict[str, Any] | None = None, **options: Any) -> Engine:
    """Make an engine. ``connect`` are arguments of its connections, which notice a ledger that is gone."""
    arguments: dict[str, Any] = TCP | (connect or {})
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn, **arguments), **options)
