"""Rows of tables and routing rules that people change while the fleet works: checked, kept with who and why."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from workers.cases import group_retries
from workers.config import Configuration
from workers.domain import overlay
from workers.ledger.store import Connection, Row, Store
from workers.spine import acts
from workers.spine.people import CannotDo, Person
from workers.wiring.table_checks import NotUsable, check

ROUTED = ("route_unmapped", "route_site_conflict")
SETTLES = 2.0  # seconds until every process has the row: what waits for it is replayed then
TABLE = re.compile(r"\[tables\.([\w.]+)\]")
WORD = re.compile(r"add a row `?\"([^\"]+)\"|^[^=\s]+[= ]'([^']*)'")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: ``carriers``, ``("gxo", "RM-48")``; or ``routing``, and the rule's name."""

    name: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        """As people write it."""
        return f"{'.'.join([self.name, *self.path[:-1]])} {self.path[-1]!r}"


def read_place(table: str, word: str) -> Place:
    """Read ``carriers.gxo`` and a word. Raises CannotDo."""
    name, *path = table.strip().split(".")
    if not name or (name == overlay.ROUTING and path) or (name == overlay.ROUTING and not word.strip()):
        raise CannotDo("name the table as fleet.toml does: carriers.gxo, stock_conditions.clarus, routing")
    return Place(name, (*path, word.strip()))


def read_value(text: str) -> Any:
    """Read a row's value: a word, or a JSON object. Raises CannotDo."""
    if not text.strip().startswith("{"):
        return text.strip()
    try:
        return json.loads(text)
    except ValueError as error:
        raise CannotDo(f"the value is not JSON ({error}): write a word, or an object in JSON") from None


def put(store: Store, configuration: Configuration, person: Person, place: Place, value: Any, why: str) -> None:
    """Add a row or replace it; every process has it within a second. ``configuration`` is that of fleet.toml.

    Raises CannotDo, with nothing written, where its reader would not understand it.
    """
    why = acts.reason_of(why, "a change of a table")
    with store.transaction() as db:
        before = _lock(db, place)
        _check(db, configuration, place, value)
        db.execute(
            "insert into table_row (name, path, value, who, why) values (%s, %s, %s, %s, %s)"
            " on conflict (name, path) do update set value = excluded.value, who = excluded.who, why = excluded.why,"
            " at = now()",
            (place.name, list(place.path), json.dumps(value), person.name, why),
        )
        _changed(db, person, place, before, value, why)


def remove(store: Store, configuration: Configuration, person: Person, place: Place, why: str) -> None:
    """Take a row back that was put here: what fleet.toml says of it holds again. Raises CannotDo where none was."""
    why = acts.reason_of(why, "a change of a table")
    with store.transaction() as db:
        before = _lock(db, place)
        if before is None:
            raise CannotDo(f"{place} was not put here: change it in fleet.toml, or lay another row over it")
        db.execute("delete from table_row where name = %s and path = %s", (place.name, list(place.path)))
        _merged(db, configuration, [])
        _changed(db, person, place, before, None, why)


def _lock(db: Connection, place: Place) -> Any:
    """One change at a time: each is checked with all that stands. Returns the value that the row has, if any."""
    db.execute("lock table table_row in share row exclusive mode")
    row = db.execute(
        "select value from table_row where name = %s and path = %s", (place.name, list(place.path))
    ).fetchone()
    return row["value"] if row else None


def _check(db: Connection, configuration: Configuration, place: Place, value: Any) -> None:
    row = {"name": place.name, "path": list(place.path), "value": value}
    if place.name == overlay.ROUTING:
        if not isinstance(value, dict):
            raise CannotDo('write a rule as JSON: {"to": "leeds", "facility": "LDS1", "when": {"country": ["GB"]}}')
        _merged(db, configuration, [row])
        return
    changed = _merged(db, configuration, [row])
    try:
        check(changed, place.name, place.path)
    except NotUsable as error:
        raise CannotDo(str(error)) from None


def _merged(db: Connection, configuration: Configuration, more: Sequence[Row]) -> Configuration:
    try:
        return overlay.merged(configuration, [*db.execute(overlay.ROWS).fetchall(), *more])
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        at = ".".join(str(part) for part in first["loc"])
        raise CannotDo(f"{at}{': ' if at else ''}{first['msg'].removeprefix('Value error, ')}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise CannotDo(f"the row has not the form of its table ({error}): see deploy/fleet.example.toml") from None


def _changed(db: Connection, person: Person, place: Place, before: Any, after: Any, why: str) -> None:
    db.execute(
        "insert into table_change (name, path, before, after, who, why) values (%s, %s, %s, %s, %s, %s)",
        (place.name, list(place.path), _json(before), _json(after), person.name, why),
    )
    step = "table row removed" if after is None else "table row put"
    acts.of_subject(db, f"table {place.name}", f"table:{place}", person, step, f"{_json(after) or ''} {why}".strip())
    db.execute("select wake()")
    acts.keep(db, person, step, f"table {place}", why=why, before=before, after=after)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def waiting(store: Store, place: Place) -> list[Row]:
    """The groups of open exceptions that wait for a row: ``key``, how many (``n``), and how many of them are replayed.

    The others (``retryable`` does not count them) see the row by themselves. A rule may be any order's.
    """
    if place.name == overlay.ROUTING:
        return store.rows(
            "select group_key as key, count(*)::integer as n,"
            " count(coalesce(message_id, record_id))::integer as retryable from exception where state = 'open'"
            " and kind = any (%s) group by 1 order by 1",
            list(ROUTED),
        )
    named, word = f"[tables.{'.'.join([place.name, *place.path[:-1]])}", place.path[-1].upper()
    rows = store.rows(
        "select group_key as key, count(*)::integer as n, count(coalesce(message_id, record_id))::integer as retryable,"
        " min(reason) as reason from exception where state = 'open'"
        " and strpos(reason, %s) > 0 group by 1 order by 1",
        named,
    )
    return [row for row in rows if (said := wanted_row(row["reason"])) and said.path[-1].upper() == word]


def wanted_row(reason: str) -> Place | None:
    """The row that an exception's reason asks for; None where it asks for none."""
    table, word = TABLE.search(reason), WORD.search(reason)
    if table is None or word is None:
        return None
    name, *path = table[1].split(".")
    return Place(name, (*path, word[1] or word[2]))


def replay(store: Store, place: Place, person: Person, why: str, *, per_minute: int) -> list[int]:
    """Retry all that waits for a row, group by group, once every process has it. Returns the retries' numbers."""
    begun = []
    for row in waiting(store, place):
        if not row["retryable"]:
            continue
        try:
            begun.append(
                group_retries.retry_group(store, row["key"], person, why, per_minute=per_minute, after=SETTLES)
            )
        except CannotDo:  # it is being retried already, or the last of it has gone
            continue
    return begun
