"""Where a warehouse's count and what it told since differ: an exception a building, until both agree."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workers.ledger.store import Store
from workers.spine import exceptions
from workers.spine.people import CannotDo

if TYPE_CHECKING:  # people's commands need not load every system
    from workers.spine.runtime import Runtime

KIND = "stock_differs"
NAMED = 5  # SKUs that an exception names


def differences(store: Store, home: str = "") -> list[dict[str, Any]]:
    """Each SKU that differs: home, sku, book and count by condition, and what is held meanwhile."""
    return store.rows(
        "select t.home, f.sku, f.book, f.counted, f.good as held from told_sku t"
        " cross join lateral told_figures(t.home, array[t.sku]) f where t.differs and (%s = '' or t.home = %s)"
        " order by 1, 2",
        home,
        home,
    )


def check(runtime: Runtime) -> int:
    """File, renew or close the exception of each building. Returns how many SKUs differ."""
    store = runtime.store
    counts = {row["home"]: row["n"] for row in store.rows(
        "select home, count(*)::integer as n from told_sku where differs group by home")}  # fmt: skip
    for home, number in counts.items():
        exceptions.file(
            store.run,
            KIND,
            subject=f"differs:{home}",
            story=home,
            flow="stock-in",
            connection=runtime.configuration.homes.get(home, ("", ""))[0],
            why=_sentence(home, number, store),
            once=exceptions.Once.OR_DISMISSED,
        )
    standing = [f"differs:{home}" for home in counts]
    exceptions.close_all(
        store.run, "e.kind = %s and e.subject <> all (%s)", KIND, standing, why="count and movements agree"
    )
    return sum(counts.values())


def _sentence(home: str, number: int, store: Store) -> str:
    rows = store.rows(
        "select f.sku, f.book, f.counted from told_sku t cross join lateral told_figures(t.home, array[t.sku]) f"
        " where t.home = %s and t.differs order by f.sku limit %s",
        home,
        NAMED,
    )
    named = "; ".join(f"{row['sku']}: told {_units(row['book'])}, counted {_units(row['counted'])}" for row in rows)
    more = f" and {number - len(rows)} more" if number > len(rows) else ""
    return f"{number} SKUs of {home} differ: {named}{more}. The lower figure of good units is sold"


def _units(held: dict[str, int]) -> str:
    return ", ".join(f"{units} {condition}" for condition, units in sorted(held.items())) or "nothing"


def adopt(store: Store, home: str, sku: str, who: str) -> list[dict[str, Any]]:
    """A person takes the count for true: it is the book from now on, and what differed is a movement for finance.

    Raises CannotDo where nothing differs. Returns what was booked, by condition.
    """
    with store.transaction() as db:
        row = db.execute(
            "select t.counted_number as number, t.adopted, h.connection, h.facility, adopt_count(%s, %s) as moves"
            " from told_sku t"
            " join home h on h.site = t.home where t.home = %s and t.sku = %s and t.differs",
            (home, sku, home, sku),
        ).fetchone()
        if row is None:
            raise CannotDo(f"{sku} at {home}: count and movements agree; `fleet stock {sku}` shows both")
        moves: list[dict[str, Any]] = row["moves"]
        turn = f" {row['adopted'] + 1}" if row["adopted"] else ""
        movements = _movements(sku, f"count {row['facility']} {row['number']}{turn}", moves)
        argument = {"connection": row["connection"], "home": home, "movements": movements}
        db.execute("select take_movements(%s)", (json.dumps(argument),))
        db.execute(
            "insert into timeline (story, subject, flow, connection, step, note, who) values (%s, %s, 'stock-in', %s,"
            " 'count adopted', %s, %s)",
            (sku, f"stock:{home}:{sku}", row["connection"], json.dumps(moves), who),
        )
    return moves


def _movements(sku: str, document: str, moves: list[dict[str, Any]]) -> list[dict[str, Any]]:
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
