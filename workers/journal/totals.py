"""Totals of entries by ledger account and reason; a total is indicative unless all of it is valued."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from workers.ledger.store import Row, Store

BY_ACCOUNT = """
select account, reason, site, count(*) as entries, sum(units) as units, coalesce(sum(value), 0) as value,
       count(*) filter (where value is null) as unvalued, bool_or(indicative or value is null) as indicative
  from journal where event_at >= %s::timestamp at time zone merchant_zone()
   and event_at < %s::timestamp at time zone merchant_zone() group by 1, 2, 3 order by 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Total:
    """So many entries, units (signed) and money; ``unvalued`` entries have no cost at all and count as nothing."""

    entries: int = 0
    units: int = 0
    value: Decimal = Decimal("0.00")
    unvalued: int = 0
    indicative: bool = False

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Total:
        """Add up rows of the table journal."""
        total = cls()
        for row in rows:
            value = row["value"]
            total += Total(1, row["units"], value or Decimal(0), int(value is None), value is None or row["indicative"])
        return total

    def __add__(self, other: Total) -> Total:
        return Total(
            self.entries + other.entries,
            self.units + other.units,
            self.value + other.value,
            self.unvalued + other.unvalued,
            self.indicative or other.indicative,
        )

    def __str__(self) -> str:
        return f"{self.entries} entries, {self.units:+d} units, value {money(self.value, indicative=self.indicative)}"


@dataclass(frozen=True, slots=True)
class Line:
    """The total of one account, reason and site; an entry that finance has not mapped has neither of the first two."""

    account: str
    reason: str
    site: str
    total: Total


def money(value: Decimal | None, *, indicative: bool) -> str:
    """An amount for people: marked ``indicative`` where it is no book value, ``unknown`` where there is none."""
    if value is None:
        return "unknown"
    return f"{value:.2f}" + (" indicative" if indicative else "")


def of_month(store: Store, month: str) -> list[Line]:
    """Totals of the entries whose event fell in a month (YYYY-MM) of the merchant's calendar."""
    year, number = (int(part) for part in month.split("-"))
    following = f"{year + number // 12:04}-{number % 12 + 1:02}"
    rows = store.rows(BY_ACCOUNT, f"{month}-01T00:00:00", f"{following}-01T00:00:00")
    return [
        Line(
            row["account"],
            row["reason"],
            row["site"],
            Total(row["entries"], int(row["units"]), row["value"], row["unvalued"], row["indicative"]),
        )
        for row in rows
    ]
