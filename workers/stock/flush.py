"""One flush of one Khaos site: what it shows is read, set and read again, and sales in between are not overwritten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workers.intake import chunks
from workers.policy import verdict
from workers.runtime import Runtime
from workers.stock.booked import booked
from workers.stock.demand import refresh

LEVELS_A_CALL = 50
LEVELS_A_FLUSH = 100  # one reading of the open invoices serves so many
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
        skus = self._due()
        if not skus:
            return ""
        skus = self._without_level(skus)
        self.read_demand()
        for some in chunks(skus, LEVELS_A_CALL):
            self._set(some)
        if self.written:
            self.read_demand()
        self._judge(skus)
        return f"{len(self.written)} of {len(skus)} levels set at {self.site}"

    def read_demand(self) -> None:
        """Read the open invoices anew, where customers buy."""
        if self.sells:
            refresh(self.runtime, self.calling)

    def _due(self) -> list[str]:
        rows = self.runtime.store.rows(
            "select sku, touched_at from level where site = %s and due_at <= now() + %s::interval"
            " order by due_at, sku limit %s",
            self.site,
            SOON,
            LEVELS_A_FLUSH,
        )
        self.touched = {row["sku"]: row["touched_at"] for row in rows}
        return list(self.touched)

    def _without_level(self, skus: Sequence[str]) -> list[str]:
        """Parents of variants, pack headers, what is not stock-controlled and codes with a comma get no level."""
        rows = self.runtime.store.rows(
            "select code from product where erp = %s and code = any (%s) and not for_warehouse",
            self.runtime.configuration.erp.name,
            list(skus),
        )
        none = {row["code"] for row in rows} | {sku for sku in skus if "," in sku}
        for sku in none:
            self._done(sku, "has no level of its own")
        return [sku for sku in skus if sku not in none]

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
        """What a site (this one, unless another is named) shows as available."""
        facts = self.runtime.facts(self.runtime.configuration.erp.name)
        shown: dict[str, int] = self.calling(lambda: self.runtime.erp.fetch_levels(site or self.site, skus, facts))
        return shown

    def _set(self, skus: Sequence[str]) -> None:
        shown = self.read(skus)
        targets = self.targets(skus)
        while self.sells and booked(self, skus, shown):
            targets = self.targets(skus)
        levels = {sku: t.level for sku, t in targets.items() if shown.get(sku, 0) != t.shows}
        if levels:
            self.updated |= self.calling(lambda: self.runtime.erp.set_levels(self.site, levels))
            self.written |= levels
            self.before |= {sku: shown.get(sku) for sku in levels}
            shown = self.read(skus)
        self.shown |= shown

    def _judge(self, skus: Sequence[str]) -> None:
        """What shows as it should is done; what moved in between goes again; what Khaos does not take is explained."""
        for sku, target in self.targets(skus).items():
            if self.shown.get(sku, 0) == target.shows:
                self._well(sku)
            elif sku in self.written and sku not in self.updated and self.shown.get(sku) == self.before[sku]:
                self._refused(sku, target)
            else:
                self._collided(sku, target)

    def _well(self, sku: str) -> None:
        self._done(sku, "")
        for kind in ("level_race", "level_not_taken"):
            self.runtime.store.run(
                "select close_exception(%s, %s, 'Khaos Control shows it', 'fleet') where exists"
                " (select 1 from exception where kind = %s and subject = %s and state = 'open')",
                kind,
                self._subject(sku),
                kind,
                self._subject(sku),
            )

    def _done(self, sku: str, refusal: str) -> None:
        self.runtime.store.run(
            "update level set due_at = case when touched_at = %s then null else due_at end, collisions = 0,"
            " sent = coalesce(%s, sent), sent_at = case when %s::integer is null then sent_at else now() end,"
            " shown = %s, shown_at = now(), refusal = %s where site = %s and sku = %s",
            self.touched.get(sku),
            self.written.get(sku),
            self.written.get(sku),
            self.shown.get(sku),
            refusal,
            self.site,
            sku,
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
        known = self.runtime.store.row(
            "select 1 as one from product where erp = %s and code = %s", self.runtime.configuration.erp.name, sku
        )
        if sku in self.shown:
            why = "Khaos Control did not take it: see whether the item is stock-controlled there"
        elif known:
            why = f"Khaos Control shows no level of it at {self.site}: see whether the item is kept at that site"
        else:
            why = "Khaos Control does not know this code"
        self._done(sku, why)
        if target.level:
            self._file("level_not_taken", sku, f"{target.level} units at {self.site}: {why}")

    def _subject(self, sku: str) -> str:
        return f"level:{self.site}:{sku}"

    def _file(self, kind: str, sku: str, why: str) -> None:
        told = verdict(kind)
        self.runtime.store.run(
            "select file_exception(%s, %s, %s, 'stock-in', %s, %s, %s, %s, %s, null, null)",
            kind,
            self._subject(sku),
            sku,
            self.runtime.configuration.erp.name,
            told.owner,
            told.severity,
            why,
            told.next_step,
        )
