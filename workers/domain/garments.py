"""Garments in the ledger: one word about one of them at a time, and the positions that are their sums.

The rules are those of ``mappings.garment_words``; whole files are taken by ``ledger/functions/garments.sql``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mappings.canonical import GarmentState, Grade
from mappings.garment_words import Garment, Word
from mappings.working_days import WorkingDays, bookable_from
from workers.domain.fulfilment import Rows
from workers.ledger.store import Store
from workers.spine.runtime import Runtime

ON_SALE = {GarmentState.SELLABLE, GarmentState.RESERVED}

LOAD = """
select g.*, garment_file_at(g.file_at, h.counted_at, g.named, g.sold_at) as file_spoke
  from garment g left join home h on h.site = g.home where g.connection = %s and g.tag = %s for update of g
"""
SAVE = """
insert into garment select r.* from jsonb_populate_record(null::garment, %s) r
on conflict (connection, tag) do update
   set sku = excluded.sku, unique_sku = excluded.unique_sku, file_state = excluded.file_state,
       file_at = excluded.file_at, file_grade = excluded.file_grade, file_order = excluded.file_order,
       named = excluded.named, event_state = excluded.event_state, event_at = excluded.event_at,
       event_grade = excluded.event_grade, event_order = excluded.event_order,
       missed = excluded.missed, missed_on = excluded.missed_on, sold_at = excluded.sold_at,
       retired = excluded.retired, hired = excluded.hired, back_by = excluded.back_by,
       condition_codes = excluded.condition_codes, place = excluded.place, state = excluded.state,
       state_at = excluded.state_at, bookable_at = excluded.bookable_at
"""
TELL = """
insert into timeline (story, subject, flow, connection, step, note, who)
values (%s, 'garment:' || %s || ':' || %s, 'stock-in', %s, 'garment ' || %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Building:
    """A building of garments: its connection, its Khaos site, and how long a hired one rests before its next hire."""

    connection: str
    home: str
    calendar: WorkingDays
    buffer_hours: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One word about one garment. ``change`` is a rule of ``mappings.garment_words``, ``at`` the word's own time.

    ``code`` is the warehouse's name of the style or of the garment, ``place`` its words for where it is. ``hired`` and
    ``back_by`` are set where it leaves on hire. ``who`` is the person whose word it is.
    """

    tag: str
    code: str
    at: datetime
    change: Callable[[Garment], Garment]
    place: str = ""
    condition_codes: tuple[str, ...] = ()
    hired: bool = False
    back_by: date | None = None
    who: str = "fleet"


@dataclass(frozen=True, slots=True)
class Moved:
    """A garment before and after a word; ``before`` is None for one that nobody spoke of yet."""

    before: Garment | None
    after: Garment


def building_of(runtime: Runtime, connection: str) -> Building:
    """The one building of a connection that keeps garments."""
    rules = runtime.warehouse(connection).garments.rules
    home = next(home for home, (whose, _) in runtime.configuration.homes.items() if whose == connection)
    return Building(connection, home, rules.calendar, rules.buffer_hours)


def move(run: Rows, building: Building, step: Step) -> Moved:
    """Take one word, in the caller's transaction; the position follows where the garment's state changed."""
    run("select lock_home(%s)", building.home)
    rows = run(LOAD, building.connection, step.tag)
    row = rows[0] if rows else None
    before = of_row(row) if row else None
    after = step.change(before or Garment(step.tag, stock_code(run, building.connection, step.code)))
    if after == before and not step.condition_codes:
        return Moved(before, after)
    _save(run, building, step, row, Moved(before, after))
    if before is None or before.state is not after.state or before.sku != after.sku:
        skus = sorted({after.sku} | ({before.sku} if before else set()))
        run("select hold_garments(%s, %s)", building.home, skus)
        words = f"{before.state if before else 'new'} -> {after.state}{', ' * bool(step.place)}{step.place}"
        story, connection = step.tag, building.connection
        run(TELL, story, connection, step.tag, connection, after.state.value, words, step.who)
    return Moved(before, after)


def leave_untagged(run: Rows, home: str, departure: str, units: Mapping[str, int], at: datetime) -> None:
    """Take units of a departure off the position of which nobody says which garments they were, until a later file.

    ``units`` are all of the departure's that still have no tag.
    """
    for sku, n in sorted(units.items()):
        run("delete from garment_left where home = %s and departure = %s and sku = %s", home, departure, sku)
        if n:
            run(
                "insert into garment_left (home, departure, sku, units, left_at) select %s, %s, %s, %s, %s"
                " where not exists (select 1 from home where site = %s and counted_at >= %s)",
                *(home, departure, sku, n, at, home, at),
            )
    run("select hold_garments(%s, %s)", home, sorted(units))


def end_rests(store: Store) -> int:
    """Count garments whose rest after a hire is over among what may be promised. Returns how many."""
    with store.transaction() as db:
        rows = db.execute(
            "update garment set bookable_at = null where bookable_at <= now() returning home, sku"
        ).fetchall()
        for home in sorted({row["home"] for row in rows}):
            skus = sorted({row["sku"] for row in rows if row["home"] == home})
            db.execute("select hold_garments(%s, %s)", (home, skus))
    return len(rows)


def stock_code(run: Rows, connection: str, code: str) -> str:
    """Khaos's stock code of a garment that was announced under a number of its own; else the code itself."""
    rows = run("select product_sku from garment_item where connection = %s and unique_sku = %s", connection, code)
    return str(rows[0]["product_sku"]) if rows else code


def find(run: Rows, connection: str, tag: str) -> Garment | None:
    """The garment as it stands; None for a tag that nobody spoke of."""
    rows = run(LOAD, connection, tag)
    return of_row(rows[0]) if rows else None


def of_row(row: Mapping[str, Any]) -> Garment:
    """The garment of a row of ``LOAD``."""
    return Garment(
        tag=row["tag"],
        sku=row["sku"],
        unique_sku=row["unique_sku"],
        file=_word(row, "file", row["file_spoke"]),
        event=_word(row, "event", row["event_at"]),
        missed=row["missed"],
        missed_on=row["missed_on"],
        sold_at=row["sold_at"],
        retired=row["retired"],
    )


def _word(row: Mapping[str, Any], source: str, at: datetime) -> Word | None:
    if row[f"{source}_state"] is None:
        return None
    grade = row[f"{source}_grade"]
    return Word(GarmentState(row[f"{source}_state"]), at, Grade(grade) if grade else None, row[f"{source}_order"])


def _save(run: Rows, building: Building, step: Step, row: Mapping[str, Any] | None, moved: Moved) -> None:
    after = moved.after
    same = moved.before is not None and moved.before.state is after.state
    hired = step.hired or (bool(row and row["hired"]) and after.state is not GarmentState.SOLD)
    values: dict[str, Any] = {
        "connection": building.connection,
        "tag": after.tag,
        "home": building.home,
        "sku": after.sku,
        "unique_sku": after.unique_sku,
        "named": moved.before is None or after.file != moved.before.file or bool(row and row["named"]),
        "missed": after.missed,
        "missed_on": after.missed_on,
        "sold_at": after.sold_at,
        "retired": after.retired,
        "hired": hired,
        "back_by": step.back_by or (row["back_by"] if row else None),
        "condition_codes": list(step.condition_codes) or (row["condition_codes"] if row else []),
        "place": step.place or (row["place"] if row else ""),
        "state": after.state.value,
        "state_at": row["state_at"] if row and same else step.at,
    }
    for source, word in (("file", after.file), ("event", after.event)):
        values[f"{source}_state"] = word.state.value if word else None
        values[f"{source}_at"] = word.at if word else None
        values[f"{source}_grade"] = word.grade.value if word and word.grade else None
        values[f"{source}_order"] = word.order_reference if word else ""
    values["bookable_at"] = _bookable(building, step, row, moved, hired=hired)
    run(SAVE, json.dumps(values, default=str))


def _bookable(
    building: Building, step: Step, row: Mapping[str, Any] | None, moved: Moved, *, hired: bool
) -> datetime | None:
    """When a garment that is ready again may be promised: a hired one rests first, where the connection says so."""
    if moved.after.state is not GarmentState.SELLABLE:
        return None
    if not hired or moved.before is None or moved.before.state in ON_SALE:
        return row["bookable_at"] if row else None
    if not building.buffer_hours:
        return None
    return bookable_from(step.at, row["back_by"] if row else None, building.calendar, building.buffer_hours)
