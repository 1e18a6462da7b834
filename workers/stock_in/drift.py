"""Levels that somebody else changed in Khaos Control: written down before they are set right, and told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workers.ledger.store import within
from workers.spine import exceptions
from workers.spine.runtime import Runtime
from workers.stock_in.flush import Flush

KIND = "level_drift"
NAMED = 5  # SKUs that an exception names

# A level that was well, and that nothing has touched since: no count, no movement, no sale, and no goods that Khaos
# Control itself will book.
STILL = """
select l.sku from level l
 where l.site = %s and l.sku = any (%s) and l.due_at is null and l.shown_at is not null and l.refusal = ''
   and not exists (select 1 from term t where t.home = l.home and t.sku = l.sku and t.cleared_at is null)
   and not exists (select 1 from recount r where r.home = l.home and r.sku = l.sku)
"""
WRITE = """
insert into timeline (story, subject, flow, connection, step, note)
select d.sku, 'level:' || %s::text || ':' || d.sku, 'stock-in', %s::text, 'level drift',
       %s::text || ': ' || d.before || ' should show, ' || d.after || ' does ('
       || to_char(d.after - d.before, 'FMSG999999990') || ')'
  from unnest(%s::text[], %s::integer[], %s::integer[]) d (sku, before, after)
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """A level that shows another figure than the one that was set, and nothing that the fleet knows explains it."""

    sku: str
    before: int
    after: int

    @property
    def units(self) -> int:
        """Return how far it is off, above or below zero."""
        return self.after - self.before


def find(flush: Flush, shown: Mapping[str, int], odd: Sequence[str]) -> list[Drift]:
    """Find those of some odd levels that nobody known has changed, and write each into the story of its SKU.

    A sale may have come between the reading of the invoices and that of the levels: both are read once more.
    """
    if not (still := _still(flush, odd)):
        return []
    flush.read_demand()
    again = flush.read(still)
    targets = flush.targets(still)
    found = [
        Drift(sku, targets[sku].shows, again.get(sku, 0))
        for sku in _still(flush, still)
        if again.get(sku, 0) != targets[sku].shows and again.get(sku, 0) == shown.get(sku, 0)
    ]
    if found:
        flush.runtime.store.run(
            WRITE,
            flush.site,
            flush.runtime.configuration.erp.name,
            flush.site,
            [one.sku for one in found],
            [one.before for one in found],
            [one.after for one in found],
        )
    return found


def _still(flush: Flush, skus: Sequence[str]) -> list[str]:
    return [row["sku"] for row in flush.runtime.store.rows(STILL, flush.site, list(skus))]


def tell(runtime: Runtime, site: Mapping[str, Any], found: Iterable[Drift]) -> None:
    """File one exception a site for what is off by more than ``drift_tolerance``, or close it where nothing is."""
    tolerance = runtime.configuration.stock.drift_tolerance
    large = sorted((one for one in found if abs(one.units) > tolerance), key=lambda one: -abs(one.units))
    subject = f"drift:{site['site']}"
    with runtime.store.transaction() as db:
        if not large:
            exceptions.close(within(db), KIND, subject, "every level shows what was set")
            return
        named = ", ".join(f"{one.sku} {one.before} -> {one.after} ({one.units:+d})" for one in large[:NAMED])
        more = f" and {len(large) - NAMED} more" if len(large) > NAMED else ""
        exceptions.file(
            within(db),
            KIND,
            subject=subject,
            story=large[0].sku if len(large) == 1 else site["site"],
            flow="stock-in",
            connection=runtime.configuration.erp.name,
            why=f"{len(large)} levels of {site['site']} were changed in Khaos Control, by more than {tolerance} units"
            f" and by nothing that the fleet did: {named}{more}",
        )
