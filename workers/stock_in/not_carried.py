"""Units whose condition has no Khaos site: listed with their value, never just gone (stock and money, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from workers.journal.totals import money
from workers.ledger.store import Store, within
from workers.spine import exceptions

if TYPE_CHECKING:  # people's commands list without loading every system
    from workers.spine.runtime import Runtime

KIND = "stock_not_carried"
NAMED = 5  # SKUs that an exception names

# What Khaos itself holds or will take in (its own quarantine, pending returns and goods in) is carried or will be.
ROWS = """
select p.home, o.key as condition, p.sku, u.units, c.unit_cost, round(u.units * c.unit_cost, 2) as value, c.indicative
  from position p join home h on h.site = p.home
  cross join lateral jsonb_each_text(p.other) o
  cross join lateral (
      select o.value::integer - coalesce((
          select sum(t.units) from term t where t.home = p.home and t.sku = p.sku and t.condition = o.key
             and t.kind <> 'pending_journal' and t.cleared_at is null), 0)::integer as units) u
  cross join lateral cost_of(p.home, p.sku, now()) c
 where o.key <> 'goods_in' and u.units > 0
   and not exists (select 1 from stock_site s where s.home = p.home and s.purpose = o.key)
 order by 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Uncarried:
    """Units of one SKU in a condition for which its home names no Khaos site."""

    home: str
    condition: str
    sku: str
    units: int
    unit_cost: Decimal | None
    value: Decimal | None
    indicative: bool


def not_carried(store: Store) -> list[Uncarried]:
    """Every such position, by home and condition. ``goods_in`` is not one of them: it is pending goods-in."""
    return [Uncarried(**row) for row in store.rows(ROWS)]


def check(runtime: Runtime) -> int:
    """One exception for each home and condition with such units, closed when they are gone. Returns how many stand.

    What a person dismissed stays so until its figures change.
    """
    found = {
        key: _sentence(*key, list(rows))
        for key, rows in groupby(not_carried(runtime.store), key=lambda row: (row.home, row.condition))
    }
    subjects = {(home, condition): f"not_carried:{home}:{condition}" for home, condition in found}
    connections = {home: name for home, (name, _) in runtime.configuration.homes.items()}
    with runtime.store.transaction() as db:
        for (home, condition), reason in found.items():
            exceptions.file(
                within(db),
                KIND,
                subject=subjects[home, condition],
                story=home,
                flow="stock-in",
                connection=connections.get(home, ""),
                why=reason,
                once=exceptions.Once.OR_DISMISSED,
            )
        exceptions.close_all(
            within(db),
            "e.kind = %s and e.subject <> all (%s)",
            KIND,
            list(subjects.values()),
            why="no such units stand there any more",
        )
    return len(found)


def _sentence(home: str, condition: str, rows: list[Uncarried]) -> str:
    values = [row.value for row in rows if row.value is not None]
    value = money(
        sum(values, Decimal("0.00")), indicative=len(values) < len(rows) or any(row.indicative for row in rows)
    )
    named = ", ".join(f"{row.sku} {row.units}" for row in rows[:NAMED])
    more = f" and {len(rows) - NAMED} more SKUs" if len(rows) > NAMED else ""
    units = sum(row.units for row in rows)
    return (
        f"{units} units of condition {condition} at {home}, value {value}, stand on no Khaos site ({named}{more}):"
        f' name one as {condition} under [stock.sites."{home}"]'
    )
