"""When levels are looked at: a flush of what fell due, as a message, and on a schedule the comparison of everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.errors import Unavailable
from workers.ledger.store import Claimed
from workers.spine.outcomes import Delivered, NotNeeded, Outcome
from workers.spine.polling import Busy, call, chunks
from workers.spine.runtime import Runtime
from workers.stock_in import abandoned_sites, drift, khaos_books
from workers.stock_in.delivery_notes import waits
from workers.stock_in.demand import refresh
from workers.stock_in.flush import SHOWN_A_CALL, Flush

FLUSH_DEADLINES = 2.0  # of one call: so long may a flush begin further calls


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


def compare(runtime: Runtime) -> int:
    """Compare every level with what Khaos shows; what differs falls due. Returns how many differ."""
    name = runtime.configuration.erp.name

    def calling(ask: Callable[[], Any]) -> Any:
        return call(runtime, name, "compare levels", ask)

    refresh(runtime, calling, at_once=None)
    abandoned_sites.check(runtime, calling)
    differ = 0
    seen: list[tuple[Flush, dict[str, int], dict[str, khaos_books.Taken]]] = []
    for site in runtime.store.rows(
        "select s.* from stock_site s join home h on h.site = s.home where h.counted_at is not null order by s.site"
    ):
        skus = _universe(runtime, site)
        flush = Flush(runtime, site["site"], site["home"], site["purpose"], calling)
        drifted: list[drift.Drift] = []
        for some in chunks(skus, SHOWN_A_CALL):
            taken = khaos_books.taken(flush, some)
            try:
                shown = flush.read(some)
            except Busy:
                return differ
            odd = [sku for sku, t in flush.targets(some).items() if shown.get(sku, 0) != t.shows]
            odd += [sku for sku in waits(runtime, site["home"], some) if flush.sells and sku not in odd]
            differ += len(odd)
            drifted += drift.find(flush, shown, odd)  # before it is set right
            _keep(runtime, site, shown, odd)
            seen.append((flush, shown, taken))
        drift.tell(runtime, site["site"], drifted, every_level=True)
    refresh(runtime, calling, at_once=None)
    for flush, shown, taken in seen:
        khaos_books.keep(flush, shown, taken)
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
        " from unnest(%s::text[], %s::integer[]) s (sku, units) order by s.sku"
        " on conflict (site, sku) do update set shown = excluded.shown, shown_at = excluded.shown_at,"
        " due_at = coalesce(level.due_at, excluded.due_at)",
        site["site"],
        site["home"],
        site["purpose"],
        list(odd),
        [*shown, *(sku for sku in odd if sku not in shown)],
        [*shown.values(), *(None for sku in odd if sku not in shown)],
    )
