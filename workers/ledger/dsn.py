"""How libraries want the ledger's address written."""

from __future__ import annotations


def sqlalchemy_url(dsn: str) -> str:
    """The DSN with SQLAlchemy's name for the psycopg 3 driver."""
    return dsn.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1)
