"""The flush: what Khaos shows is read, set and read again, and what sales do in between is taken into account."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from adapters.errors import Unavailable
from workers.delivery import Absent
from workers.intake import Busy, call, chunks
from workers.ledger.store import Claimed
from workers.outcomes import Delivered, NotNeeded, Outcome
from workers.policy import verdict
from workers.runtime import Runtime
from workers.stock.demand import refresh

LEVELS_A_CALL = 50
LEVELS_A_FLUSH = 100  # one reading of the open invoices serves so many
SHOWN_A_CALL = 500  # reading only
COLLISIONS = 3
FLUSH_DEADLINES = 2.0  # of one call: so long may a flush begin further calls
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
        self._read_demand()
        for some in chunks(skus, LEVELS_A_CALL):
            self._set(some)
        if self.written:
            self._read_demand()
        self._judge(skus)
        return f"{len(self.written)} of {len(skus)} levels set at {self.site}"

    def _read_demand(self) -> None:
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

    def _read(self, skus: Sequence[str]) -> dict[str, int]:
        facts = self.runtime.facts(self.runtime.configuration.erp.name)
        shown: dict[str, int] = self.calling(lambda: self.runtime.erp.fetch_levels(self.site, skus, facts))
        return shown

    def _set(self, skus: Sequence[str]) -> None:
        shown = self._read(skus)
        targets = self.targets(skus)
        if self.sells and self._booked(skus, shown, targets):
            targets = self.targets(skus)
        levels = {sku: t.level for sku, t in targets.items() if shown.get(sku, 0) != t.shows}
        if levels:
            self.updated |= self.calling(lambda: self.runtime.erp.set_levels(self.site, levels))
            self.written |= levels
            self.before |= {sku: shown.get(sku) for sku in levels}
            shown = self._read(skus)
        self.shown |= shown

    def _booked(self, skus: Sequence[str], shown: dict[str, int], targets: dict[str, Target]) -> bool:
        """Khaos shows more than was set where goods in wait to be booked: its delivery note did that.

        What shows too much is looked at once more with fresh invoices: a cancellation raises a level as well.
        """
        waiting = {
            row["sku"]
            for row in self.runtime.store.rows(
                "select distinct sku from received_line where home = %s and sku = any (%s) and booked < received",
                self.home,
                list(skus),
            )
        }
        if not any(sku in waiting and shown.get(sku, 0) > t.shows for sku, t in targets.items()):
            return False
        self._read_demand()
        booked = False
        for sku, target in self.targets(sorted(waiting)).items():
            more = shown.get(sku, 0) - target.shows
            if more > 0:
                row = self.runtime.store.row(
                    "select book_received(%s, %s, %s, 'fleet', 'Khaos Control shows it') as n", self.home, sku, more
                )
                booked = booked or bool(row and row["n"])
        return booked

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


@dataclass(frozen=True, slots=True)
class Levels:
    """One flush: the current figures of what fell due at one Khaos site, so repeating it does no harm."""

    runtime: Runtime
    repeatable: bool = True
    refused: str = "refused_by_khaos"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Nothing is frozen: what is sent is always the current figure."""
        return b"levels"

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Read, set, read again. After a doubt the spine waits their call out, and then this runs anew."""
        name = self.runtime.configuration.erp.name
        ends = time.monotonic() + FLUSH_DEADLINES * self.runtime.connection(name).deadline

        def calling(ask: Callable[[], Any]) -> Any:
            self.runtime.pace(name)
            if time.monotonic() > ends:  # the lease must outlive it
                raise Unavailable("Khaos Control is so slow that the flush was broken off; the rest goes again")
            return ask()

        site = self.runtime.store.row("select * from stock_site where site = %s", message.body["site"])
        if site is None:
            return NotNeeded("the site is not in fleet.toml any more")
        done = Flush(self.runtime, site["site"], site["home"], site["purpose"], calling).run()
        return Delivered(done) if done else NotNeeded("nothing is due any more")

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | Absent:
        """Not needed: the current figure is sent again."""
        return Absent()


def compare(runtime: Runtime) -> int:
    """Compare every level with what Khaos shows; what differs falls due. Returns how many differ."""
    name = runtime.configuration.erp.name
    facts = runtime.facts(name)

    def calling(ask: Callable[[], Any]) -> Any:
        return call(runtime, name, "compare levels", ask)

    refresh(runtime, calling, at_once=None)
    differ = 0
    for site in runtime.store.rows(
        "select s.* from stock_site s join home h on h.site = s.home where h.counted_at is not null order by s.site"
    ):
        skus = _universe(runtime, site)
        flush = Flush(runtime, site["site"], site["home"], site["purpose"], calling)
        for some in chunks(skus, SHOWN_A_CALL):
            try:
                shown = calling(partial(runtime.erp.fetch_levels, site["site"], some, facts))
            except Busy:
                return differ
            odd = [sku for sku, t in flush.targets(some).items() if shown.get(sku, 0) != t.shows]
            differ += len(odd)
            _keep(runtime, site, shown, odd)
    return differ


def _universe(runtime: Runtime, site: dict[str, Any]) -> list[str]:
    """Every SKU that has a level at the site, or should: at a selling site all stock of the catalogue."""
    rows = runtime.store.rows(
        "select sku from level where site = %s union select code from product where %s and erp = %s and for_warehouse"
        " order by 1",
        site["site"],
        site["purpose"] == "sell",
        runtime.configuration.erp.name,
    )
    return [row["sku"] for row in rows if "," not in row["sku"]]


def _keep(runtime: Runtime, site: dict[str, Any], shown: dict[str, int], odd: Sequence[str]) -> None:
    runtime.store.run(
        "insert into level (site, sku, home, purpose, shown, shown_at, due_at, touched_at)"
        " select %s, s.sku, %s, %s, s.units, now(), case when s.sku = any (%s) then now() end, clock_timestamp()"
        " from unnest(%s::text[], %s::integer[]) s (sku, units)"
        " on conflict (site, sku) do update set shown = excluded.shown, shown_at = excluded.shown_at,"
        " due_at = coalesce(level.due_at, excluded.due_at)",
        site["site"],
        site["home"],
        site["purpose"],
        list(odd),
        [*shown, *(sku for sku in odd if sku not in shown)],
        [*shown.values(), *(None for sku in odd if sku not in shown)],
    )
