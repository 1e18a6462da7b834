"""The merchant's people at Khaos Control: they work the fleet's worklists there, as they would all day.

They assign dispatched invoices to the courier (split where the list says so), process returns that wait for a person,
book delivery notes for what is received and not booked, and let goods out of Khaos Control's own quarantine.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

from workers.demo.actors.threads import Hand
from workers.demo.actors.warehouse_staff import floors_of
from workers.demo.setting.buildings import HOUSES
from workers.demo.setting.stand_ins import Partners, Refused
from workers.ledger.store import Store
from workers.returns_in import decisions
from workers.spine.people import CannotDo
from workers.views.worklists import WORKLISTS

WHO = "the demo's operators"
TWICE = 2
BY_HAND = 25.0  # seconds after which a delivery note that no level showed is booked by hand
MENDED = {"sellable", "reserved", "sold", "with_customer"}  # states of the fleet's, of a garment that was let go
LEFT = re.compile(r"left (.*?); not yet ")
PART = re.compile(r"(\d+) x (.+?)(?=, \d+ x |$)")
UNASSIGNED = re.compile(r"(?P<file>[^:]+): invoice (?P<invoice>\S+) is not assigned")

TO_PROCESS = "select reference from return_line where state = 'presumed_imported' and not process order by reference"
TO_BOOK = """
select r.id, r.purchase_order, r.home, r.sku, r.received, r.received - r.booked as left from received_line r
  join goods_in g on g.connection = r.connection and g.their_id = r.their_id
 where g.status = 'completed' and r.booked < r.received order by r.id
"""
TO_RELEASE = """
select l.reference, l.home, l.sku, l.units, l.hold_reason, g.state as garment from return_line l
  left join garment g on g.connection = l.connection and g.tag = l.line_id
 where l.state = 'credited' and exists (select 1 from term t where t.subject = 'return:' || l.reference
       and t.kind = 'khaos_quarantine' and t.cleared_at is null) order by l.reference
"""


class Operators(Hand):
    """``done`` counts what they did, for the report."""

    def __init__(self, partners: Partners, store: Store, folder: Path) -> None:
        super().__init__("operators")
        self._partners, self._store, self._folder = partners, store, folder
        self._floors = floors_of(partners)
        self._assigned: Counter[str] = Counter()
        self._since: dict[int, float] = {}
        self._noted: dict[int, int] = {}  # received line -> units on delivery notes
        self._kept: set[str] = set()  # returns that were looked at: released, or to stay in Khaos Control's quarantine
        self._looked_at = 0
        self.done: Counter[str] = Counter()

    def turn(self) -> bool:
        """One round of the desks."""
        self._dispatches()
        self._returns()
        self._deliveries()
        self._quarantine()
        return True

    def _dispatches(self) -> None:
        by_file = []
        for row in self._store.rows(WORKLISTS["dispatch"].query):
            if row["split"]:
                self._split(row)
            elif row["route"] == "courier_hook" and self._assigned[row["invoice"]] < TWICE:
                self._assign(row["invoice"])
            elif row["file"]:
                by_file.append(row["invoice"])
        if by_file:
            self._read_folder(by_file)

    def _assign(self, invoice: str) -> None:
        """In either format, with and without boxes; asked again at the next turn, the courier must say the same."""
        number = sum(map(ord, invoice))
        shipped = self._partners.assign(invoice, form="xml" if number % 2 else "json", boxes=number % 3 == 0)
        self._assigned[invoice] += shipped
        self.done["assigned"] += shipped and self._assigned[invoice] == 1

    def _split(self, row: dict[str, Any]) -> None:
        """Leave on the invoice what the list says has left."""
        found = LEFT.search(row["split"])
        lines = {sku: int(units) for units, sku in PART.findall(found[1])} if found else {}
        if not lines:
            return
        try:
            self._partners.at_khaos("split", {"invoice": row["invoice"], "lines": lines})
        except Refused:
            return  # split already: the list empties itself when the fleet has seen it
        self.done["split"] += 1

    def _read_folder(self, invoices: list[str]) -> None:
        """Khaos Control looks into the folder; a file that came before its invoice was assigned is laid back."""
        told = self._partners.at_khaos("courier_files/run", {"assign": invoices})
        self.done["taken from files"] += len(told["shipped"])
        for error in told["errors"]:
            early = UNASSIGNED.match(error)
            if early and (self._folder / "done" / early["file"]).exists():
                (self._folder / "done" / early["file"]).rename(self._folder / early["file"])

    def _returns(self) -> None:
        for row in self._store.rows(TO_PROCESS):
            try:
                self._partners.at_khaos("process_return", {"reference": row["reference"]})
            except Refused:
                continue  # not there yet, or processed and not seen yet
            self.done["returns processed"] += 1

    def _deliveries(self) -> None:
        for row in self._store.rows(TO_BOOK):
            units = row["received"] - self._noted.get(row["id"], 0)
            if units > 0:
                note = {"po": row["purchase_order"], "site": row["home"], "lines": {row["sku"]: units}}
                self._partners.at_khaos("deliver", note)
                self._noted[row["id"]] = row["received"]
                self._since[row["id"]] = time.monotonic()
                self.done["delivery notes"] += 1
            elif time.monotonic() > self._since[row["id"]] + BY_HAND:  # no level showed it: then they say so themselves
                self._store.run(
                    "select book_line(%s, %s, %s, 'its delivery note is there')", row["id"], row["left"], WHO
                )
                self.done["booked by hand"] += 1

    def _quarantine(self) -> None:
        """Let go what is found good: at ACS each garment that was mended, elsewhere every second one."""
        for row in self._store.rows(TO_RELEASE):
            if row["reference"] in self._kept or not self._found_good(row):
                continue
            self._kept.add(row["reference"])
            out = {"code": row["sku"], "site": row["home"], "units": row["units"]}
            self._partners.at_khaos("quarantine/release", out)
            try:
                decisions.released(self._store, row["reference"], WHO)
            except CannotDo:
                continue
            self.done["quarantine released"] += 1

    def _found_good(self, row: dict[str, Any]) -> bool:
        house = next((house for house in HOUSES if house.site == row["home"]), None)
        if house is None:
            return row["garment"] in MENDED
        self._looked_at += 1
        if self._looked_at % 2:
            self._kept.add(row["reference"])
            return False
        self._floors[house.system].release(house, row["sku"], row["units"], row["hold_reason"])
        return True
