"""The merchant's people who have garments on their lists: finance, and those who ring ACS up.

Finance settles deposits and charges of hires, and confirms write-offs that wait for a person. Where a garment is back
and nobody was told, or file and events differ, somebody has ACS tell again what it told.
"""

from __future__ import annotations

import time
from collections import Counter

from workers.demo.actors.threads import Hand
from workers.demo.setting.acs_settings import WRITE_OFF_ABOVE
from workers.demo.setting.buildings import ACS
from workers.demo.setting.stand_ins import Partners
from workers.ledger.store import Store
from workers.returns_in import charges
from workers.spine import schedule_names
from workers.spine.people import CannotDo
from workers.stock_in import write_offs
from workers.views.worklists import WORKLISTS

WHO = "the demo's finance"
LONG = 12.0  # seconds that file and events of a garment may differ before somebody rings up
PATIENCE = 10.0  # seconds after which somebody rings up about the same garment again
CHARGED, RELEASED = "25.00", "0.00"
LOOKS = (schedule_names.WRITE_OFFS, schedule_names.UNGRADED)  # hourly, in real life
DIFFERING = """
select g.tag from garment g
 where g.home = %s and g.named and not g.retired and g.missed = 0 and g.file_state <> g.event_state
   and (g.sold_at is null or g.file_at > g.sold_at) and g.event_state not in ('sold', 'with_customer')
   and not (g.file_state in ('sellable', 'reserved') and g.event_state in ('sellable', 'reserved'))
   and greatest(g.file_at, g.event_at) < now() - make_interval(secs => %s) order by g.tag
"""
ASKED_AGAIN = "select subject from exception where kind = 'return_not_graded' and state = 'open'"


class GarmentDesks(Hand):
    """``done`` counts what they did, for the report."""

    pause = 2.0  # seconds between two rounds

    def __init__(self, partners: Partners, store: Store) -> None:
        super().__init__("garment desks")
        self._partners, self._store = partners, store
        self._asked: dict[str, float] = {}  # tag -> when somebody rang up about it last
        self.done: Counter[str] = Counter()

    def turn(self) -> bool:
        """One round of the desks."""
        self._store.run(
            "update schedule set due_at = now() where name = any (%s) and running is null and due_at > now()",
            list(LOOKS),
        )
        self._settle_hires()
        self._write_off()
        self._ask_again()
        return True

    def _settle_hires(self) -> None:
        for row in self._store.rows(WORKLISTS["charges"].query):
            charged = row["money"] == "charge"
            amount = CHARGED if charged else RELEASED
            try:
                charges.settle(self._store, row["order"], row["tag"], amount, WHO)
            except CannotDo:
                continue
            self.done["hires charged" if charged else f"{row['kind']}s settled"] += 1

    def _write_off(self) -> None:
        """What the fleet may book by itself is left to it."""
        for row in write_offs.waiting(self._store):
            if row["final"] and row["value"] is not None and row["value"] <= WRITE_OFF_ABOVE:
                continue
            try:
                write_offs.confirm(self._store, row["tag"], WHO)
            except CannotDo:
                continue
            self.done["write-offs confirmed"] += 1

    def _ask_again(self) -> None:
        untold = {row["subject"].rpartition(":")[2] for row in self._store.rows(ASKED_AGAIN)}
        now = time.monotonic()
        for tag in sorted(untold | {row["tag"] for row in self._store.rows(DIFFERING, ACS.site, LONG)}):
            if now < self._asked.get(tag, now - PATIENCE) + PATIENCE:
                continue
            self._asked[tag] = now
            self._partners.at_acs("floor", {"tell_again": {"rfid": tag}})
            self.done["asked to tell again"] += 1
