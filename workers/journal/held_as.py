"""The condition of held units, for the journal: judged by the same table as their stock records."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.canonical import Cause
from workers.ledger.store import Connection, Row
from workers.spine.runtime import Runtime

# Released units left the condition in which the SKU stands held: there is no question of which where it is one alone.
STANDS = """
select o.to_condition as condition
  from movement m join movement o on o.home = m.home and o.sku = m.sku and o.cause in ('held', 'released')
   and o.to_condition <> '' and (o.moved_at, o.movement_id) < (m.moved_at, m.movement_id)
 where m.connection = %s and m.movement_id = %s
 group by 1 having sum(case o.cause when 'held' then o.units else -o.units end) > 0
"""
NAME = "update movement set to_condition = %s where connection = %s and movement_id = %s"
# What a file has yet to move is carried at the site of that condition.
CARRY = """
with moved as (
    update term set condition = %s where kind = 'pending_journal' and subject = %s and condition <> 'good'
       and condition <> %s and cleared_at is null returning home, sku)
select touch_levels(home, array[sku]) from moved
"""


def name_conditions(db: Connection, runtime: Runtime, movements: Sequence[Row]) -> None:
    """Set the condition of holds and releases from their reason, for warehouses read by call.

    ``movements`` are rows of connection, movement_id, cause and reason, in the order in which they were booked. Where
    no reason is given it is the condition of units that are held without one.
    """
    for row in movements:
        name, number = row["connection"], row["movement_id"]
        if row["cause"] not in (Cause.HELD, Cause.RELEASED) or name not in runtime.configuration.connections:
            continue
        stock = runtime.warehouse(name).parts.stock
        if stock is None:  # its documents name the condition
            continue
        condition = _stands(db, name, number) if row["cause"] == Cause.RELEASED else ""
        if not condition:
            shown = stock.held_as(row["reason"], _facts(db, name))
            condition = shown.value if shown else ""
        if condition:
            db.execute(NAME, (condition, name, number))
            db.execute(CARRY, (condition, f"journal:{name}:{number}", condition))


def _stands(db: Connection, connection: str, movement_id: str) -> str:
    rows = db.execute(STANDS, (connection, movement_id)).fetchall()
    return str(rows[0]["condition"]) if len(rows) == 1 else ""


def _facts(db: Connection, connection: str) -> dict[str, object]:
    row = db.execute("select value from partner_fact where connection = %s", (connection,)).fetchone()
    return dict(row["value"]) if row else {}
