"""Rows of tables and routing rules as people changed them: what stands, and every change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from workers.views.snapshot import LONGEST_LIST, Row, fetch, snapshot


def table_rows(engine: Engine, name: str = "") -> list[Row]:
    """The rows that were put here: ``table`` (``carriers.gxo``), ``word``, ``value``, ``who``, ``why``, ``at``."""
    with snapshot(engine) as reading:
        rows = fetch(
            reading,
            "select name, path, value, who, why, at from table_row where :name in ('', name) order by name, path",
            name=name,
        )
    return [_named(row) for row in rows]


def table_changes(engine: Engine, name: str = "", *, limit: int = 100) -> list[Row]:
    """Every change, the newest first: ``id``, ``table``, ``word``, ``before``, ``after``, ``who``, ``why``, ``at``."""
    with snapshot(engine) as reading:
        rows = fetch(
            reading,
            "select id, name, path, before, after, who, why, at from table_change where :name in ('', name)"
            " order by id desc limit :limit",
            name=name,
            limit=min(limit, LONGEST_LIST),
        )
    return [_named(row) for row in rows]


def _named(row: Row) -> Row:
    path: list[Any] = row.pop("path")
    return {"table": ".".join([row.pop("name"), *path[:-1]]), "word": path[-1], **row}
