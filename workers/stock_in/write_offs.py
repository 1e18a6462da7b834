"""A garment that left for good: its units by one mover and its value by one journal entry, both once and together.

A final end and, above a limit, a person's word come first. Until then the garment is held, off sale, under a word of
its own, so that no level writes it off as a side effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from mappings.canonical import RetiredFor, Retirement
from workers.ledger.store import Connection, Store, within
from workers.spine import exceptions
from workers.spine.people import CannotDo
from workers.spine.runtime import Runtime

KIND = "write_off_waits"
NAMED = 5
WORD = "written off"
UNEXPLAINED = "ex_hired"  # it ended, by a word that says no reason; take_garment_file writes the same
CODES = {RetiredFor.BEYOND_REPAIR.value: "BER"}  # finance's rows name the others as we do

OPEN = """
select w.*, a.value from write_off w
  left join lateral (select value from asset a where a.tag = w.tag and a.as_at <= (w.happened_at at time zone
                     merchant_zone())::date order by a.as_at desc limit 1) a on true
 where w.booked_at is null
"""


def wait(run: Callable[..., Any], connection: str, home: str, sku: str, end: Retirement, *, sold: bool = False) -> None:
    """Keep the end of a garment until it is written off.

    A later word may make it final, or be the first to say why; nothing makes it less so. Of one that was ``sold`` and
    that nobody told came back the end is not final: its sale has taken its value off the books, unless it was returned.
    """
    run(
        "insert into write_off as w (connection, tag, home, sku, grade, reason, disposition, final, happened_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (connection, tag) do update"
        " set disposition = coalesce(excluded.disposition, w.disposition), final = w.final or excluded.final,"
        " grade = coalesce(w.grade, excluded.grade),"
        " reason = case when w.reason = %s then excluded.reason else w.reason end where w.booked_at is null",
        *(connection, end.tag, home, sku, end.grade.value if end.grade else None, end.reason.value),
        *(end.disposition.value if end.disposition else None, end.write_off and not sold, end.happened_at, UNEXPLAINED),
    )


def wait_for_a_word(run: Callable[..., Any], connection: str, home: str, sku: str, tag: str, at: datetime) -> None:
    """Keep that a garment ended and nobody said why: a person, or a later event, does. ``at`` is when it was heard."""
    run(
        "insert into write_off (connection, tag, home, sku, reason, final, happened_at)"
        " values (%s, %s, %s, %s, %s, false, %s) on conflict do nothing",
        *(connection, tag, home, sku, UNEXPLAINED, at),
    )


def check(runtime: Runtime) -> int:
    """Book what may go without a person; file what waits for one, by building. Returns how many were booked."""
    booked = 0
    with runtime.store.transaction() as db:
        for home in sorted({row["home"] for row in db.execute(OPEN).fetchall()}):
            db.execute("select lock_home(%s)", (home,))
        rows = db.execute(OPEN + " order by w.home, w.tag").fetchall()
        by_home: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            garments = runtime.warehouse(row["connection"]).parts.garments
            limit = garments.rules.write_off_above if garments is not None else Decimal(0)
            if row["final"] and row["value"] is not None and row["value"] <= limit:
                _book(db, row, "fleet")
                booked += 1
            else:
                by_home.setdefault(row["home"], []).append(row)
        for home, open_rows in by_home.items():
            exceptions.file(
                within(db),
                KIND,
                subject=f"write_off:{home}",
                story=home,
                flow="stock-in",
                connection=open_rows[0]["connection"],
                why=_sentence(home, open_rows),
                once=exceptions.Once.OR_DISMISSED,
            )
        exceptions.close_all(
            within(db),
            "e.kind = %s and e.subject <> all (%s)",
            KIND,
            [f"write_off:{home}" for home in by_home],
            why="none waits any more",
        )
    return booked


def _sentence(home: str, rows: list[dict[str, Any]]) -> str:
    named = ", ".join(
        f"{row['tag']} {row['sku']} {row['reason']}"
        f"{'' if row['final'] else ', end not final'}, {row['value'] if row['value'] is not None else 'value unknown'}"
        for row in rows[:NAMED]
    )
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return f"{len(rows)} retired garments of {home} are still on the books: {named}{more}"


def waiting(store: Store) -> list[dict[str, Any]]:
    """Retired garments that are still on the books, with their value where the asset file has one."""
    return store.rows(OPEN + " order by w.home, w.tag")


def confirm(store: Store, tag: str, who: str) -> dict[str, Any]:
    """Write a retired garment off by a person's word, whatever its value. Raises CannotDo. Returns its row."""
    with store.transaction() as db:
        found = db.execute("select home from write_off where tag = upper(%s)", (tag.strip(),)).fetchone()
        if found is None:
            raise CannotDo(f"garment {tag} is not retired; `fleet garments write-offs` lists those that wait")
        db.execute("select lock_home(%s)", (found["home"],))
        row = db.execute(OPEN + " and w.tag = upper(%s) for update of w", (tag.strip(),)).fetchone()
        if row is None:
            raise CannotDo(f"garment {tag} is written off already: its entry stands in `fleet journal list`")
        _book(db, row, who)
        return row


def _book(db: Connection, row: dict[str, Any], who: str) -> None:
    """Book units and value together: by the mover's term or the level, and the movement that the journal enters."""
    movement = {
        "id": f"write-off {row['tag']}",
        "sku": row["sku"],
        "cause": "adjusted_down",
        "word": WORD,
        "units": 1,
        "reason": CODES.get(row["reason"], row["reason"].upper()),
        "location": "",
        "to_condition": "",
        "asset": row["tag"],
        "at": row["happened_at"].isoformat(),
    }
    argument = {"connection": row["connection"], "home": row["home"], "movements": [movement]}
    db.execute("select take_movements(%s)", (json.dumps(argument),))
    db.execute(
        "update write_off set booked_at = now(), confirmed_by = %s, confirmed_at = now()"
        " where connection = %s and tag = %s",
        (who, row["connection"], row["tag"]),
    )
    db.execute(
        "update garment set written_off_at = now() where connection = %s and tag = %s", (row["connection"], row["tag"])
    )
    db.execute("select hold_garments(%s, %s)", (row["home"], [row["sku"]]))
    db.execute(
        "insert into timeline (story, subject, flow, connection, step, note, who) values (%s, %s, 'stock-in', %s,"
        " 'written off', %s, %s)",
        (
            row["tag"],
            f"garment:{row['connection']}:{row['tag']}",
            row["connection"],
            f"{row['reason']}, {row['disposition'] or 'no disposition'}, one unit of {row['sku']}",
            who,
        ),
    )
