"""Differences between a warehouse's count and what moved since: an exception a building, until both agree."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workers.journal.totals import money
from workers.ledger.store import Connection, Store
from workers.spine import exceptions
from workers.spine.people import CannotDo

if TYPE_CHECKING:  # people's commands need not load every system
    from workers.spine.runtime import Runtime

KIND = "stock_differs"
NAMED = 5  # SKUs that an exception names
Moves = list[dict[str, Any]]  # {condition, units}, below zero for what is missing


# A warehouse by file tells each condition; of one that is asked, all units of a SKU are compared with what moved.
DIFFERENCES = """
select d.*, c.unit_cost, round(d.units * c.unit_cost, 2) as value, coalesce(c.indicative, true) as indicative
  from (select t.home, f.sku, f.book, f.counted, f.good as held,
               coalesce((select sum(e.value::integer) from jsonb_each_text(f.counted) e), 0)::integer
               - coalesce((select sum(e.value::integer) from jsonb_each_text(f.book) e), 0)::integer as units
          from told_sku t cross join lateral told_figures(t.home, array[t.sku]) f where t.differs
        union all
        select a.home, a.sku, jsonb_build_object('in all', a.book), jsonb_build_object('in all', a.counted),
               coalesce(p.good, 0), a.counted - a.book
          from asked_differences('') a left join position p on p.home = a.home and p.sku = a.sku) d
  cross join lateral cost_of(d.home, d.sku, now()) c
 where %s = '' or d.home = %s
 order by 1, 2
"""


def differences(store: Store, home: str = "") -> list[dict[str, Any]]:
    """Each SKU that differs: home, sku, book and count by condition, what is held meanwhile, and the units' value.

    ``units`` is below zero for what is missing; ``version`` names the figures for ``adopt``.
    ``value`` is None without a cost, ``indicative`` without a valuation.
    """
    rows = store.rows(DIFFERENCES, home, home)
    return [{**row, "version": version(row["book"], row["counted"])} for row in rows]


def check(runtime: Runtime) -> int:
    """File, renew or close the exception of each building. Returns how many SKUs differ."""
    store = runtime.store
    found: dict[str, list[dict[str, Any]]] = {}
    for row in differences(store):
        found.setdefault(row["home"], []).append(row)
    for home, rows in found.items():
        exceptions.file(
            store.run,
            KIND,
            subject=f"differs:{home}",
            story=home,
            flow="stock-in",
            connection=runtime.configuration.homes.get(home, ("", ""))[0],
            why=_sentence(home, rows),
            once=exceptions.Once.OR_DISMISSED,
        )
    standing = [f"differs:{home}" for home in found]
    exceptions.close_all(
        store.run, "e.kind = %s and e.subject <> all (%s)", KIND, standing, why="count and movements agree"
    )
    return sum(map(len, found.values()))


def _sentence(home: str, rows: list[dict[str, Any]]) -> str:
    named = "; ".join(
        f"{row['sku']}: told {_units(row['book'])}, counted {_units(row['counted'])}" for row in rows[:NAMED]
    )
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    values = [row["value"] for row in rows if row["value"] is not None]
    unsure = len(values) < len(rows) or any(row["indicative"] for row in rows)
    value = money(sum(values, Decimal("0.00")), indicative=unsure)
    return f"{len(rows)} SKUs of {home} differ, value {value}: {named}{more}. The lower figure of good units is sold"


def _units(held: dict[str, int]) -> str:
    return ", ".join(f"{units} {condition}" for condition, units in sorted(held.items())) or "nothing"


def version(book: dict[str, int], counted: dict[str, int]) -> str:
    """Name two figures as somebody saw them: other figures have another name."""
    told = json.dumps([book, counted], sort_keys=True).encode()
    return hashlib.sha256(told).hexdigest()[:12]


def adopt(store: Store, home: str, sku: str, who: str, seen: str = "") -> Moves:
    """Take the count for true, by a person: it is the book from now on, and the difference goes to finance.

    ``seen`` is the version that they looked at; empty takes what stands. Raises CannotDo where nothing differs, or
    where book or count have changed since. Returns what was booked, by condition.
    """
    with store.transaction() as db:
        db.execute("select lock_home(%s)", (home,))
        row = db.execute(
            "select t.counted_number as number, t.adopted, h.connection, h.facility, f.book, f.counted"
            " from told_sku t join home h on h.site = t.home"
            " cross join lateral told_figures(t.home, array[t.sku]) f where t.home = %s and t.sku = %s and t.differs",
            (home, sku),
        ).fetchone()
        if row is None and (moves := _adopt_asked(db, home, sku, who, seen)):
            return moves
        if row is None:
            raise CannotDo(f"{sku} at {home}: count and movements agree; `fleet stock {sku}` shows both")
        _check_seen(row["book"], row["counted"], seen, sku, home)
        adopted = db.execute("select adopt_count(%s, %s) as moves", (home, sku)).fetchone()
        moves = list(adopted["moves"]) if adopted else []
        turn = f" {row['adopted'] + 1}" if row["adopted"] else ""
        movements = _movements(sku, f"count {row['facility']} {row['number']}{turn}", moves)
        _book(db, row["connection"], home, movements)
        _add_to_timeline(db, row["connection"], home, sku, moves, who)
    return moves


def _check_seen(book: dict[str, int], counted: dict[str, int], seen: str, sku: str, home: str) -> None:
    if seen and seen != version(book, counted):
        raise CannotDo(
            f"{sku} at {home} has changed since you looked: told {_units(book)}, counted {_units(counted)} now; look at"
            " it again, and take the count for true if it still is"
        )


def recount(store: Store, home: str, sku: str, who: str) -> None:
    """Have the warehouse asked within seconds what it holds of a SKU. Raises CannotDo where it cannot be asked."""
    with store.transaction() as db:
        row = db.execute("select connection, told from home where site = %s", (home,)).fetchone()
        if row is None:
            raise CannotDo(f"no building serves the site {home!r}: write the site as Khaos Control does")
        if row["told"]:
            raise CannotDo(f"{home} sends its counts in files and cannot be asked: ask the warehouse for a count")
        if db.execute("select 1 from position where home = %s and sku = %s", (home, sku)).fetchone() is None:
            raise CannotDo(f"nothing is known of {sku} at {home}: `fleet stock {sku}` shows where it is held")
        db.execute("select want_recount(%s, %s, %s)", (home, [sku], f"asked for by {who}"))
        db.execute("select wake()")
        db.execute(
            "insert into timeline (story, subject, flow, connection, step, note, who) values (%s, %s, 'stock-in', %s,"
            " 'recount asked for', '', %s)",
            (sku, f"stock:{home}:{sku}", row["connection"], who),
        )


def _adopt_asked(db: Connection, home: str, sku: str, who: str, seen: str) -> Moves:
    """The same at a warehouse that is asked: what is missing or too much is a movement of good units."""
    db.execute("select 1 from asked_book where home = %s and sku = %s for update", (home, sku))
    row = db.execute(
        "select d.book, d.counted, d.counted - d.book as units, d.adopted, h.connection, h.facility"
        " from asked_differences(%s) d"
        " join home h on h.site = d.home where d.sku = %s",
        (home, sku),
    ).fetchone()
    if row is None:
        return []
    _check_seen({"in all": row["book"]}, {"in all": row["counted"]}, seen, sku, home)
    moves: Moves = [{"condition": "good", "units": row["units"]}]
    document = f"count {row['facility']} asked {row['adopted'] + 1}"
    _book(db, row["connection"], home, _movements(sku, document, moves))
    db.execute("select adopt_asked(%s, %s)", (home, sku))
    _add_to_timeline(db, row["connection"], home, sku, moves, who)
    return moves


def _book(db: Connection, connection: str, home: str, movements: list[dict[str, Any]]) -> None:
    argument = {"connection": connection, "home": home, "movements": movements}
    db.execute("select take_movements(%s)", (json.dumps(argument),))


def _add_to_timeline(db: Connection, connection: str, home: str, sku: str, moves: Moves, who: str) -> None:
    db.execute(
        "insert into timeline (story, subject, flow, connection, step, note, who) values (%s, %s, 'stock-in', %s,"
        " 'count adopted', %s, %s)",
        (sku, f"stock:{home}:{sku}", connection, json.dumps(moves), who),
    )


def _movements(sku: str, document: str, moves: Moves) -> list[dict[str, Any]]:
    """Held or released by condition, and what is left of it lost or found."""
    now = {move["condition"]: move["units"] for move in moves}
    elsewhere = sum(units for condition, units in now.items() if condition != "good")
    steps = [
        ("held" if units > 0 else "released", abs(units), condition)
        for condition, units in sorted(now.items())
        if condition != "good"
    ]
    if net := now.get("good", 0) + elsewhere:
        steps.append(("adjusted_up" if net > 0 else "adjusted_down", abs(net), ""))
    moment = datetime.now(UTC).isoformat()
    return [
        {"id": f"{document}/{sku}/{cause} {condition}".strip(), "sku": sku, "cause": cause, "word": "count",
         "units": units, "reason": "COUNT", "location": "", "to_condition": condition, "at": moment}
        for cause, units, condition in steps
    ]  # fmt: skip
