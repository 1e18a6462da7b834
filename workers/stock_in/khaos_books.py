"""Khaos Control's own book of a level: what is in stock there as it was last seen, and what may have changed it since.

Sales only assign, so that what is shown and what open invoices hold are the in-stock together. It falls when Khaos
issues, and invoices that are over say by how much at the most; it rises by goods that Khaos books, for which a term
stands; all else is our own setting, or somebody's hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from workers.spine.runtime import Runtime

# nothing is assigned where nothing is sold
ASSIGNED = """
select sku, assigned, gone, sure from assigned_units(%(home)s, %(skus)s, %(issue)s, %(erp)s) where %(sells)s
union all select s, 0, 0, true from unnest(%(skus)s::text[]) s where not %(sells)s
"""
EXPLAINED = """
with b as (
    select sku, assigned, gone, sure from assigned_units(%(home)s, %(skus)s, %(issue)s, %(erp)s) where %(sells)s
    union all select s, 0, 0, true from unnest(%(skus)s::text[]) s where not %(sells)s)
select l.sku, l.in_stock - b.assigned as most, l.in_stock - b.assigned - (b.gone - l.gone) as least
  from level l join b on b.sku = l.sku
 where l.site = %(site)s and l.in_stock is not null and b.sure
   and not exists (select 1 from term t where t.home = l.home and t.sku = l.sku
                      and (t.cleared_at is null or t.cleared_at >= l.in_stock_at))
   and not exists (select 1 from received_line r where r.home = l.home and r.sku = l.sku and r.booked < r.received)
"""
# locked in the order in which everybody locks levels
KEEP = """
with mine as materialized (select sku from level where site = %(site)s and sku = any (%(skus)s) order by sku for update)
update level l set in_stock = d.in_stock, in_stock_at = now(), gone = d.gone
  from mine m join unnest(%(skus)s::text[], %(in_stock)s::integer[], %(gone)s::bigint[]) d (sku, in_stock, gone)
    on d.sku = m.sku
 where l.site = %(site)s and l.sku = m.sku
"""


class Looking(Protocol):
    """What a flush or a comparison of a site looks with."""

    runtime: Runtime
    site: str
    home: str

    @property
    def sells(self) -> bool:
        """True where customers buy."""


Taken = tuple[int, int, bool]  # units assigned, units ever gone from open invoices, whether the orders' sites are known


def taken(look: Looking, skus: Sequence[str]) -> dict[str, Taken]:
    """Read what open invoices hold of some SKUs, by the newest reply of Khaos Control's that was stored."""
    rows = look.runtime.store.rows_of(ASSIGNED, _arguments(look, skus))
    return {row["sku"]: (row["assigned"], row["gone"], row["sure"]) for row in rows}


def explained(look: Looking, skus: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Read the least and the most that Khaos may show of some SKUs if nobody changed a level by hand.

    Left out are those whose book was not seen, and those of which goods wait to be booked or were booked since.
    """
    rows = look.runtime.store.rows_of(EXPLAINED, _arguments(look, skus))
    return {row["sku"]: (row["least"], row["most"]) for row in rows}


def unseen(look: Looking, skus: Sequence[str]) -> bool:
    """Tell whether the book of one of some SKUs is not known."""
    return bool(
        look.runtime.store.rows(
            "select 1 as one from level where site = %s and sku = any (%s) and in_stock is null limit 1",
            look.site,
            list(skus),
        )
    )


def keep(look: Looking, shown: Mapping[str, int], before: Mapping[str, Taken]) -> None:
    """Keep the book of those SKUs that nobody bought, and whose invoices nobody ended, while their levels were read.

    ``before`` is what ``taken`` was before ``shown`` was read; the open invoices must have been read since.
    """
    after = taken(look, list(before))
    steady = {sku: one for sku, one in after.items() if one == before[sku] and one[2] and sku in shown}
    _write(look, {sku: (shown[sku] + assigned, gone) for sku, (assigned, gone, _) in steady.items()})


def forget(look: Looking, skus: Sequence[str]) -> None:
    """Forget the book of SKUs whose levels are about to be set: whether that had its effect may stay unknown."""
    _write(look, dict.fromkeys(skus, (None, None)))


def _write(look: Looking, books: Mapping[str, tuple[int | None, int | None]]) -> None:
    values: dict[str, Any] = {"site": look.site, "skus": list(books)}
    values |= {"in_stock": [one for one, _ in books.values()], "gone": [gone for _, gone in books.values()]}
    look.runtime.store.run_named(KEEP, values)


def _arguments(look: Looking, skus: Sequence[str]) -> dict[str, Any]:
    return {
        "site": look.site,
        "home": look.home,
        "skus": list(skus),
        "sells": look.sells,
        "issue": look.runtime.erp.issue_point,
        "erp": look.runtime.configuration.erp.name,
    }
