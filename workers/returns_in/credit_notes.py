"""Credit notes as Khaos Control shows them, and which return each belongs to. Khaos cannot be asked about returns.

A note that names a return is that return's. Where a merchant's Khaos never shows the reference, the customer, the SKU
and the quantity decide, if they fit one return and one note only; else a person does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from mappings.canonical import CreditNote
from workers.ledger import locks
from workers.ledger.store import Connection, within
from workers.returns_in import named_notes
from workers.spine import exceptions
from workers.spine.polling import SHOWN_A_CALL, call, chunks
from workers.spine.runtime import Runtime

log = structlog.get_logger(__name__)


def poll(runtime: Runtime) -> int:
    """Ask for the credit notes of customers whose returns are open, or whose note a person named before it showed.

    Returns how many returns are credited by them.
    """
    name = runtime.configuration.erp.name
    _end_settled(runtime, name)
    rows = runtime.store.rows(
        "select distinct urn from return_line where erp = %s and state in ('offered', 'presumed_imported')"
        " and urn <> '' order by urn",
        name,
    )
    credited = 0
    asked = sorted({row["urn"] for row in rows} | set(named_notes.customers(runtime, name)))
    for urns in chunks(asked, SHOWN_A_CALL):
        raw = call(runtime, name, "credit notes", lambda urns=urns: runtime.erp.fetch_credit_notes(urns))
        credited += take(runtime, raw, urns)
    return credited


def take(runtime: Runtime, raw: bytes, urns: Iterable[str]) -> int:
    """Keep the notes of a reply, and match them. Returns how many returns are credited by them."""
    name = runtime.configuration.erp.name
    notes, unreadable = runtime.erp.read_credit_notes(raw)
    for entry in unreadable:
        log.warning("a credit note cannot be read", note=entry.subject, field=entry.error.field)
    with runtime.store.transaction() as db:
        locks.hold(db, locks.CREDIT_NOTES)
        for note in notes:
            _keep(db, name, note)
        named_notes.settle(db, name, notes)
        matching = Matching(db, name)
        return matching.by_reference(urns) + matching.by_content(urns)


def by_hand(db: Connection, line: dict[str, Any], since: Any) -> list[str]:
    """Codes of the customer's notes that credit the SKU of a return and that no return explains; ``since``: a date."""
    return [
        note["code"]
        for note in _notes(db, line["erp"], [line["urn"]])
        if _unexplained(db, note).get(line["sku"]) and not (since and note["issued_on"] and note["issued_on"] < since)
    ]


def _keep(db: Connection, erp: str, note: CreditNote) -> None:
    db.execute(
        "insert into credit_note (erp, code, urn, reference, order_code, lines, issued_on)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (erp, code) do update set urn = excluded.urn,"
        " reference = excluded.reference, lines = excluded.lines, issued_on = excluded.issued_on",
        (erp, note.code, note.urn, note.reference, note.order_code, json.dumps(dict(note.lines)), note.issued_on),
    )


def _notes(db: Connection, erp: str, urns: Iterable[str]) -> list[dict[str, Any]]:
    """Notes of some customers, oldest first; ``named`` where one names a return of ours."""
    return db.execute(
        "select c.*, return_named(c.erp, c.reference) is not null as named"
        " from credit_note c where c.erp = %s and c.urn = any (%s) order by c.seen_at, c.code",
        (erp, list(urns)),
    ).fetchall()


def _unexplained(db: Connection, note: dict[str, Any]) -> dict[str, int]:
    """Units of a note, by SKU, that no return of ours took. A note that names a return is all that return's."""
    if note["named"]:
        return {}
    left = {sku: int(units) for sku, units in note["lines"].items()}
    for reference, units in note["matched"].items():
        row = db.execute("select sku from return_line where reference = %s", (reference,)).fetchone()
        if row is not None:
            left[row["sku"]] = left.get(row["sku"], 0) - units
    return {sku: units for sku, units in left.items() if units > 0}


def _end_settled(runtime: Runtime, erp: str) -> None:
    """End messages of returns that were settled while they were being sent."""
    runtime.store.run(
        "select finish(m.id, 'delivered', 'the return is ' || l.state, 'fleet') from message m"
        " join return_line l on l.reference = m.reference where m.flow = 'returns-in' and m.kind = 'return'"
        " and m.connection = %s and m.state = 'sent' and l.state in ('credited', 'refunded', 'stopped')",
        erp,
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """A note that may be a return's credit, each as its row."""

    note: dict[str, Any]
    line: dict[str, Any]

    def rivals(self, other: Pair) -> bool:
        """Whether two pairs exclude each other: one note for two returns of the SKU, or two notes for one return."""
        mine, theirs = (self.note["code"], self.line["sku"]), (other.note["code"], other.line["sku"])
        return bool((mine == theirs) != (self.line["reference"] == other.line["reference"]))


class Matching:
    """One round of matching, in one transaction."""

    def __init__(self, db: Connection, erp: str) -> None:
        self.db, self.erp = db, erp

    def by_reference(self, urns: Iterable[str]) -> int:
        """Notes that name a return. The channel may add to our reference (``{0}SPY``), so it is looked for within."""
        credited = 0
        for note in _notes(self.db, self.erp, urns):
            line = self.db.execute(
                "select * from return_line where reference = return_named(%s, %s)", (self.erp, note["reference"])
            ).fetchone()
            if line is None or line["reference"] in note["matched"]:
                continue
            units = int(note["lines"].get(line["sku"], 0))
            if line["credit_note"] not in (None, note["code"]) or line["state"] == "stopped":
                why = f"note {note['code']} credits it, and it was {line['state']} ({line['credit_note'] or 'by hand'})"
                self._file("credit_unexpected", line, why)
            elif units != line["units"]:
                self._file("credit_differs", line, f"note {note['code']} credits {units}, {line['units']} came back")
            credited += self._credit(note, line, units)
        return credited

    def by_content(self, urns: Iterable[str]) -> int:
        """Notes that name none of ours: what a person raised, or, where Khaos shows no references, a return's."""
        pairs: list[Pair] = []
        shown = self._references_are_shown()
        for note in _notes(self.db, self.erp, urns):
            for sku, units in _unexplained(self.db, note).items():
                for line in self._open(note, sku):
                    if shown or not line["served_at"]:
                        self._by_hand(note, line)
                    elif line["units"] == units:
                        pairs.append(Pair(note, line))
        credited = 0
        for pair in pairs:
            rivals = [other for other in pairs if other.rivals(pair)]
            if rivals:
                codes = ", ".join(sorted({pair.note["code"], *(r.note["code"] for r in rivals)}))
                self._file("credit_ambiguous", pair.line, f"its credit may be {codes}, and more than one return fits")
            else:
                credited += self._credit(pair.note, pair.line, pair.line["units"])
        return credited

    def _references_are_shown(self) -> bool:
        """Whether this Khaos has ever shown one of our references on a note: then a note without one is by hand."""
        found = self.db.execute(
            "select 1 as one from credit_note where erp = %s and reference ~ 'RT[0-9]{7}'"
            " and return_named(erp, reference) is not null limit 1",
            (self.erp,),
        ).fetchone()
        return found is not None

    def _open(self, note: dict[str, Any], sku: str) -> list[dict[str, Any]]:
        """Returns that were open before the note was first read."""
        return self.db.execute(
            "select * from return_line where erp = %s and urn = %s and sku = %s and offered_at < %s"
            " and state in ('offered', 'presumed_imported') order by sequence for update",
            (self.erp, note["urn"], sku, note["seen_at"]),
        ).fetchall()

    def _by_hand(self, note: dict[str, Any], line: dict[str, Any]) -> None:
        """Handle a credit raised by hand: take back an offer that Khaos has not pulled, else file an exception."""
        why = f"note {note['code']} credits {line['sku']} to this customer and names no return"
        if line["served_at"]:
            self._file("credit_unexpected", line, f"{why}; Khaos Control has the return as well")
            return
        self.db.execute(
            "update return_line set state = 'graded', sequence = null, offer = null, offered_at = null,"
            " decided_by = null where reference = %s",
            (line["reference"],),
        )
        self.db.execute(
            "update message set state = 'dead', state_since = now(), proof = null, error_kind = 'maybe_credited',"
            " error = %s where subject = %s and state = 'sent'",
            (why, f"return:{line['reference']}"),
        )

    def _credit(self, note: dict[str, Any], line: dict[str, Any], units: int) -> int:
        self.db.execute(
            "update credit_note set matched = matched || jsonb_build_object(%s::text, %s::integer)"
            " where erp = %s and code = %s",
            (line["reference"], units, self.erp, note["code"]),
        )
        done = self.db.execute(
            "select credit_return(%s, %s, 'fleet') as it", (line["reference"], note["code"])
        ).fetchone()
        return int(bool(done and done["it"]))

    def _file(self, kind: str, line: dict[str, Any], why: str) -> None:
        exceptions.file(
            within(self.db),
            kind,
            subject=f"return:{line['reference']}",
            story=line["order_code"] or line["reference"],
            flow="returns-in",
            connection=self.erp,
            why=f"{line['reference']}: {why}",
            once=exceptions.Once.WHILE_OPEN,  # every round of matching sees it again
        )
