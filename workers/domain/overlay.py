"""Rows of tables and routing that people laid over fleet.toml on the desk: every process has them within a second.

The ledger's last change is the version. A process looks at it when it works, at most once a second, and when it moved
it reads all rows and puts its configuration together anew; what is under way goes on with the old one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import structlog
from pydantic import ValidationError

from workers.config import Configuration, Rule
from workers.ledger.store import Row
from workers.spine import exceptions
from workers.spine.exceptions import Once
from workers.spine.runtime import Runtime

log = structlog.get_logger(__name__)

EVERY = 1.0  # seconds between two looks of a process
ROUTING = "routing"
ROWS = "select name, path, value from table_row order by at, name, path"
SUBJECT = "tables"


def refresh(runtime: Runtime) -> None:
    """Take over what people changed since the last look."""
    now = time.monotonic()
    if now < runtime.tables_looked_at + EVERY:
        return
    runtime.tables_looked_at = now
    row = runtime.store.row("select coalesce(max(id), 0) as version from table_change")
    version = row["version"] if row else 0
    if version == runtime.tables_version:
        return
    runtime.tables_version = version
    try:
        changed = merged(runtime.in_file, runtime.store.rows(ROWS))
    except (ValidationError, ValueError, TypeError, AttributeError) as error:
        log.warning("rows of tables cannot be used", error=type(error).__name__)
        exceptions.file(
            runtime.store.run, "tables_not_taken", subject=SUBJECT, story=SUBJECT, flow="", connection="",
            why=f"rows that were changed on the desk do not fit fleet.toml ({type(error).__name__}): the rows before"
            " count on", once=Once.WHILE_OPEN,
        )  # fmt: skip
        return
    runtime.adopt(changed)
    exceptions.close(runtime.store.run, "tables_not_taken", SUBJECT, "the rows are used")


def merged(configuration: Configuration, rows: Iterable[Row]) -> Configuration:
    """A configuration with rows (``name``, ``path``, ``value``) laid over it. Raises ValueError if one does not fit."""
    tables: dict[str, Any] = deepcopy(configuration.tables)
    routing = list(configuration.routing)
    for row in rows:
        if row["name"] == ROUTING:
            _rule(routing, row["path"], row["value"])
        else:
            _lay(tables, [row["name"], *row["path"]], row["value"])
    known = {name: getattr(configuration, name) for name in type(configuration).model_fields}
    return Configuration(**{**known, "tables": tables, "routing": tuple(routing)})


def _lay(tables: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *parents, last = path
    for part in parents:
        tables = tables.setdefault(part, {})
    tables[last] = value


def _rule(routing: list[Rule], path: Sequence[str], value: Mapping[str, Any]) -> None:
    """Replace the rule of this name; or put it before the rule that ``before`` names, or that takes everything."""
    rule = Rule(name=path[0], **{name: part for name, part in value.items() if name != "before"})
    names = [one.name for one in routing]
    if rule.name in names:
        routing[names.index(rule.name)] = rule
    elif value.get("before") in names:
        routing.insert(names.index(value["before"]), rule)
    else:
        takes_all = [number for number, one in enumerate(routing) if one.when == Rule.model_fields["when"].default]
        routing.insert(takes_all[0] if takes_all else len(routing), rule)
