"""One flush of one Khaos site: what it shows is read, set and read again, and sales in between are not overwritten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mappings.errors import Unmappable
from workers.spine import exceptions
from workers.spine.polling import chunks
from workers.spine.runtime import Runtime
from workers.stock_in import drift, khaos_books
from workers.stock_in.delivery_notes import booked, uncounted
from workers.stock_in.demand import refresh

LEVELS_A_CALL = 50
LEVELS_A_FLUSH = 100  # set in one flush; it holds Khaos's one slot meanwhile
LOOKED_AT = 1000  # in one flush: one reading of the open invoices serves so many
SHOWN_A_CALL = 500  # reading only
COLLISIONS = 3
SOON = "1 second"


@dataclass(frozen=True, slots=True)
class Target:
    """What LEVEL should be, and what Khaos then shows as available."""

    level: int
    shows: int


@dataclass
class Flush:
    """One flush of one Khaos site."""

    runtime: Runtime
    site: str
    home: str
    purpose: str
    calling: Callable[[Callable[[], Any]], Any]
    touched: dict[str, datetime] = field(default_factory=dict)
    before: dict[str, int | None] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    updated: set[str] = field(default_factory=set)

    @property
    def sells(self) -> bool:
        """True for a site that customers buy from: sales move its levels while we look."""
        return self.purpose == "sell"

    def run(self) -> str:
        """Read, set, read again. Returns what was done, in a sentence. Raises what adapters raise."""
        due = self._due()
        if not due:
            return ""
        skus = self._without_level(due)
        if not self._demand_is_newer():
            self.read_demand()
        while self.sells and booked(self, skus):
            pass
        taken = khaos_books.taken(self, skus)
        for some in chunks(skus, SHOWN_A_CALL):
            self.shown |= self.read(some)
        drift.find_due(self, self.shown, skus)
        odd = self._odd(skus)
        self._well([sku for sku in skus if sku not in odd])
        if any(self.shown.get(sku, 0) < target.shows for sku, target in odd.items()):
            self.read_demand()  # it may have sold since the invoices were read: nothing is raised over a sale
        some = list(odd)[:LEVELS_A_FLUSH]
        for few in chunks(some, LEVELS_A_CALL):
            self._set(few)
        if self.written or khaos_books.unseen(self, skus):
            self.read_demand()
            khaos_books.keep(self, self.shown, taken)
        self._judge(some)
        return f"{len(self.written)} of {len(skus)} levels set at {self.site}"

    def _odd(self, skus: Sequence[str]) -> dict[str, Target]:
        """The targets of those that do not show what they should."""
        return {sku: target for sku, target in self.targets(skus).items() if self.shown.get(sku, 0) != target.shows}

    def read_demand(self) -> None:
        """Read the open invoices anew, where customers buy."""
        if self.sells:
            refresh(self.runtime, self.calling)

    def _demand_is_newer(self) -> bool:
        """The open invoices were read after the last of these SKUs was touched: a later sale shows in its level."""
        row = self.runtime.store.row(
            "select (value->>'began')::timestamptz as began from cursor where connection = %s and source = 'demand'",
            self.runtime.configuration.erp.name,
        )
        return row is not None and row["began"] > max(self.touched.values())

    def _due(self) -> list[str]:
        rows = self.runtime.store.rows(
            "select sku, touched_at from level where site = %s and due_at <= now() + %s::interval"
            " order by due_at, sku limit %s",
            self.site,
            SOON,
            LOOKED_AT,
        )
        self.touched = {row["sku"]: row["touched_at"] for row in rows}
        late = uncounted(self.runtime, self.home, list(self.touched)) if self.sells else set()
        return [sku for sku in self.touched if sku not in late]  # the others stay due until they are counted

    def _without_level(self, skus: Sequence[str]) -> list[str]:
        """Parents of variants, pack headers, what is not stock-controlled and codes with a comma get no level."""
        rows = self.runtime.store.rows(
            "select code from product where erp = %s and code = any (%s) and not for_warehouse",
            self.runtime.configuration.erp.name,
            list(skus),
        )
        none = {row["code"] for row in rows}
        self._done(sorted(none), "has no level of its own")
        unspeakable = [sku for sku in skus if "," in sku and sku not in none]
        for sku, target in self.targets(unspeakable).items():
            self._explained(sku, target, "no call of Khaos Control takes a code with a comma: set it there by hand")
        return [sku for sku in skus if sku not in none and "," not in sku]

    def targets(self, skus: Sequence[str]) -> dict[str, Target]:
        """What should be, by all that the ledger knows now."""
        rows = self.runtime.store.rows(
            "select * from targets(%s, %s, %s, %s)",
            self.site,
            list(skus),
            self.runtime.erp.level_semantics,
            self.runtime.erp.issue_point,
        )
        return {row["sku"]: Target(row["level"], row["shows"]) for row in rows}

    def read(self, skus: Sequence[str], site: str = "") -> dict[str, int]:
        """What a site (this one, unless another is named) shows as available.

        A site that our reference data lacks may be younger: it is read anew before an exception is filed.
        """
        name, site = self.runtime.configuration.erp.name, site or self.site
        try:
            return self._read(site, skus, self.runtime.facts(name))
        except Unmappable as error:
            if error.kind != "wrong_site":
                raise
        return self._read(site, skus, self.calling(lambda: self.runtime.read_facts(name)))

    def _read(self, site: str, skus: Sequence[str], facts: dict[str, Any]) -> dict[str, int]:
        shown: dict[str, int] = self.calling(lambda: self.runtime.erp.fetch_levels(site, skus, facts))
        return shown

    def _set(self, skus: Sequence[str]) -> None:
        self.shown |= self.read(skus)
        levels = {sku: target.level for sku, target in self._odd(skus).items()}
        if levels:
            khaos_books.forget(self, list(levels))
            self.updated |= self.calling(lambda: self.runtime.erp.set_levels(self.site, levels))
            self.written |= levels
            self.before |= {sku: self.shown.get(sku) for sku in levels}
            self.shown |= self.read(skus)

    def _judge(self, skus: Sequence[str]) -> None:
        """Judge each SKU: done as shown, due again as it moved in between, or refused by Khaos and filed."""
        odd = self._odd(skus)
        self._well([sku for sku in skus if sku not in odd])
        for sku, target in odd.items():
            if sku in self.written and sku not in self.updated and self.shown.get(sku) == self.before[sku]:
                self._refused(sku, target)
            else:
                self._collided(sku, target)

    def _well(self, skus: Sequence[str]) -> None:
        self._done(skus, "")
        exceptions.close_all(
            self.runtime.store.run,
            "e.kind in ('level_race', 'level_not_taken') and e.subject = any (%s)",
            [self._subject(sku) for sku in skus],
            why="Khaos Control shows it",
        )

    def _done(self, skus: Sequence[str], refusal: str) -> None:
        self.runtime.store.run(
            # locked in the order in which everybody locks levels
            "with mine as materialized"
            " (select sku from level where site = %s and sku = any (%s) order by sku for update)"
            " update level l set collisions = 0,"
            " due_at = case when l.touched_at = d.touched then null else l.due_at end,"
            " sent = coalesce(d.sent, l.sent), sent_at = case when d.sent is null then l.sent_at else now() end,"
            " shown = d.shown, shown_at = now(), refusal = %s"
            " from mine m"
            " join unnest(%s::text[], %s::timestamptz[], %s::integer[], %s::integer[]) d (sku, touched, sent, shown)"
            " on d.sku = m.sku where l.site = %s and l.sku = m.sku",
            self.site,
            list(skus),
            refusal,
            list(skus),
            [self.touched.get(sku) for sku in skus],
            [self.written.get(sku) for sku in skus],
            [self.shown.get(sku) for sku in skus],
            self.site,
        )

    def _collided(self, sku: str, target: Target) -> None:
        row = self.runtime.store.row(
            "update level set collisions = collisions + 1, shown = %s, shown_at = now(), sent = coalesce(%s, sent),"
            " due_at = now() + case when collisions + 1 >= %s then interval '1 minute' else interval '0' end"
            " where site = %s and sku = %s returning collisions",
            self.shown.get(sku),
            self.written.get(sku),
            COLLISIONS,
            self.site,
            sku,
        )
        if row and row["collisions"] >= COLLISIONS:
            why = f"set {row['collisions']} times, {target.shows} should show, and {self.shown.get(sku)} does"
            self._file("level_race", sku, why)

    def _refused(self, sku: str, target: Target) -> None:
        standing = self.runtime.store.row(
            "select 1 as one from product where erp = %s and code = %s", self.runtime.configuration.erp.name, sku
        )
        if sku in self.shown:
            why = "Khaos Control did not take it: see whether the item is stock-controlled there"
        elif standing:
            why = f"Khaos Control shows no level of it at {self.site}: see whether the item is kept at that site"
        else:
            why = "Khaos Control does not know this code"
        self._explained(sku, target, why)

    def _explained(self, sku: str, target: Target, why: str) -> None:
        self._done([sku], why)
        if target.level:
            self._file("level_not_taken", sku, f"{target.level} units at {self.site}: {why}")

    def _subject(self, sku: str) -> str:
        return f"level:{self.site}:{sku}"

    def _file(self, kind: str, sku: str, why: str) -> None:
        exceptions.file(
            self.runtime.store.run,
            kind,
            subject=self._subject(sku),
            story=sku,
            flow="stock-in",
            connection=self.runtime.configuration.erp.name,
            why=why,
        )
