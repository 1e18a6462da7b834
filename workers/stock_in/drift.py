"""Levels that somebody else changed in Khaos Control: written down before they are set right, and told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from workers.ledger.store import within
from workers.spine import exceptions
from workers.spine.runtime import Runtime
from workers.stock_in import khaos_books

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


class Target(Protocol):
    """A level as it should be."""

    @property
    def shows(self) -> int:
        """What Khaos then shows as available."""


class Looking(khaos_books.Looking, Protocol):
    """A flush, or a comparison, of one site."""

    def read(self, skus: Sequence[str]) -> dict[str, int]:
        """What the site shows."""

    def read_demand(self) -> None:
        """Read the open invoices anew."""

    def targets(self, skus: Sequence[str]) -> Mapping[str, Target]:
        """What should be."""


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


def find(look: Looking, shown: Mapping[str, int], odd: Sequence[str]) -> list[Drift]:
    """Find those of some odd levels that nobody known has changed, and write each into the story of its SKU.

    A sale may have come between the reading of the invoices and that of the levels: both are read once more.
    """
    if not (still := _still(look, odd)):
        return []
    look.read_demand()
    again = look.read(still)
    targets = look.targets(still)
    found = [
        Drift(sku, targets[sku].shows, again.get(sku, 0))
        for sku in _still(look, still)
        if again.get(sku, 0) != targets[sku].shows and again.get(sku, 0) == shown.get(sku, 0)
    ]
    _write(look, found)
    return found


def find_due(look: Looking, shown: Mapping[str, int], due: Sequence[str]) -> None:
    """Find levels that fell due for another reason and that somebody changed as well, before they are set.

    What is not explained is read once more between two readings of the invoices; a SKU that is bought meanwhile is
    looked at another time.
    """
    if not (odd := sorted(_unexplained(look, shown, due))):
        return
    look.read_demand()
    before = khaos_books.taken(look, odd)
    again = look.read(odd)
    look.read_demand()
    after = khaos_books.taken(look, odd)
    found = [one for sku, one in _unexplained(look, again, odd).items() if after[sku] == before[sku]]
    _write(look, found)
    khaos_books.keep(look, again, {one.sku: before[one.sku] for one in found})
    tell(look.runtime, look.site, found, every_level=False)


def _unexplained(look: Looking, shown: Mapping[str, int], skus: Sequence[str]) -> dict[str, Drift]:
    found = {}
    for sku, (least, most) in khaos_books.explained(look, skus).items():
        shows = shown.get(sku, 0)
        if not least <= shows <= most:
            found[sku] = Drift(sku, most if shows > most else least, shows)
    return found


def _write(look: Looking, found: Sequence[Drift]) -> None:
    if found:
        look.runtime.store.run(
            WRITE,
            look.site,
            look.runtime.configuration.erp.name,
            look.site,
            [one.sku for one in found],
            [one.before for one in found],
            [one.after for one in found],
        )


def _still(look: Looking, skus: Sequence[str]) -> list[str]:
    return [row["sku"] for row in look.runtime.store.rows(STILL, look.site, list(skus))]


def tell(runtime: Runtime, site: str, found: Iterable[Drift], *, every_level: bool) -> None:
    """File one exception a site for what is off by more than ``drift_tolerance``.

    Close it where nothing is, if ``every_level`` of the site was looked at.
    """
    tolerance = runtime.configuration.stock.drift_tolerance
    large = sorted((one for one in found if abs(one.units) > tolerance), key=lambda one: -abs(one.units))
    subject = f"drift:{site}"
    with runtime.store.transaction() as db:
        if not large:
            if every_level:
                exceptions.close(within(db), KIND, subject, "every level shows what was set")
            return
        named = ", ".join(f"{one.sku} {one.before} -> {one.after} ({one.units:+d})" for one in large[:NAMED])
        more = f" and {len(large) - NAMED} more" if len(large) > NAMED else ""
        exceptions.file(
            within(db),
            KIND,
            subject=subject,
            story=large[0].sku if len(large) == 1 else site,
            flow="stock-in",
            connection=runtime.configuration.erp.name,
            why=f"{len(large)} levels of {site} were changed in Khaos Control, by more than {tolerance} units"
            f" and by nothing that the fleet did: {named}{more}",
        )
