"""Credit notes that a person named before Khaos Control showed them: believed, asked for, told where they never show.

A note that was shown already is compared when it is named, any other as soon as it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from adapters.errors import Rejected
from mappings.canonical import CreditNote
from mappings.errors import Unmappable
from workers.ledger.expected import Expected
from workers.ledger.store import Connection, within
from workers.spine import exceptions
from workers.spine.polling import call
from workers.spine.runtime import Runtime

log = structlog.get_logger(__name__)

KIND = "credit_not_seen"
SEEN_WITHIN = 3 * 24 * 3600.0  # seconds until a note shows: since its return was surely handed out, or it was named
ASKED_FOR = 30 * 24 * 3600.0  # seconds for which a note is asked for behind the moment at which it should have shown


def shown(db: Connection, erp: str, code: str) -> dict[str, Any] | None:
    """A note as Khaos Control showed it; None for one that it has not shown."""
    return db.execute("select * from credit_note where erp = %s and code = %s", (erp, code)).fetchone()


def is_awaited(db: Connection, reference: str) -> bool:
    """Whether the note that a person named for a return has not shown yet."""
    found = db.execute(
        "select 1 as one from expectation where subject = %s and what = %s",
        (f"return:{reference}", Expected.NAMED_NOTE),
    ).fetchone()
    return found is not None


def speaks_against(db: Connection, note: dict[str, Any], line: dict[str, Any]) -> str:
    """Why a note cannot be a return's credit; empty where it may be."""
    if note["urn"] and line["urn"] and note["urn"] != line["urn"]:
        return f"credit note {note['code']} is another customer's"
    named = db.execute("select return_named(%s, %s) as it", (line["erp"], note["reference"])).fetchone()
    if named and named["it"] not in (None, line["reference"]):
        return f"credit note {note['code']} names return {named['it']}"
    if not note["lines"].get(line["sku"]):
        return f"credit note {note['code']} credits no {line['sku']}"
    if _left(db, note, line) <= 0:
        return f"all {line['sku']} of credit note {note['code']} are credited to other returns"
    return ""


def compare(db: Connection, note: dict[str, Any], line: dict[str, Any]) -> None:
    """Note that a note is a return's, and tell finance where it does not fit."""
    why = speaks_against(db, note, line)
    left = _left(db, note, line)
    if not why and left < line["units"]:
        why = f"note {note['code']} credits {left}, {line['units']} came back"
    if why:
        exceptions.file(
            within(db),
            "credit_differs",
            subject=f"return:{line['reference']}",
            story=line["order_code"] or line["reference"],
            flow="returns-in",
            connection=line["erp"],
            why=f"{line['reference']}: {why}",
            once=exceptions.Once.WHILE_OPEN,
        )
    db.execute(
        "update credit_note set matched = matched || jsonb_build_object(%s::text, %s::integer)"
        " where erp = %s and code = %s",
        (line["reference"], line["units"], line["erp"], note["code"]),
    )


def await_(db: Connection, line: dict[str, Any]) -> None:
    """Expect Khaos Control to show the note that a person named for a return."""
    db.execute(
        "insert into expectation (subject, what, story, due_at, kind, flow, connection)"
        " values (%s, %s, %s, now() + make_interval(secs => %s), %s, 'returns-in', %s)"
        " on conflict (subject, what) do update set due_at = excluded.due_at, missed_at = null",
        (
            f"return:{line['reference']}",
            Expected.NAMED_NOTE,
            line["order_code"] or line["reference"],
            SEEN_WITHIN,
            KIND,
            line["erp"],
        ),
    )
    _close(db, line["reference"], "another note was named")


def settle(db: Connection, erp: str, notes: Sequence[CreditNote]) -> None:
    """Notes that were named and that show now: each is compared with its return."""
    lines = db.execute(
        "select l.* from return_line l join expectation e on e.subject = 'return:' || l.reference and e.what = %s"
        " where l.erp = %s and l.credit_note = any (%s) order by l.reference for update of l",
        (Expected.NAMED_NOTE, erp, [note.code for note in notes]),
    ).fetchall()
    for line in lines:
        note = shown(db, erp, line["credit_note"])
        if note is not None:
            compare(db, note, line)
            no_more(db, line["reference"], f"Khaos Control shows {note['code']}")


def no_more(db: Connection, reference: str, why: str) -> None:
    """Await no note of a return any more."""
    db.execute("delete from expectation where subject = %s and what = %s", (f"return:{reference}", Expected.NAMED_NOTE))
    _close(db, reference, why)


def customers(runtime: Runtime, erp: str) -> list[str]:
    """The customers of whom a note was named that has not shown; found by their orders where nobody has asked yet.

    One whose order cannot be read leaves the others be: finance hears of its note when that is overdue.
    """
    rows = runtime.store.rows(
        "select l.reference, l.urn, l.order_code from return_line l"
        " join expectation e on e.subject = 'return:' || l.reference and e.what = %s"
        " where l.erp = %s and e.due_at > now() - make_interval(secs => %s) order by l.reference",
        Expected.NAMED_NOTE,
        erp,
        ASKED_FOR,
    )
    for row in rows:
        if not row["urn"] and row["order_code"]:
            try:
                row["urn"] = _customer(runtime, erp, row["order_code"])
            except (Rejected, Unmappable) as error:
                log.warning("no customer is found", order=row["order_code"], error=type(error).__name__)
                continue
            runtime.store.run("update return_line set urn = %s where reference = %s", row["urn"], row["reference"])
    return [row["urn"] for row in rows if row["urn"]]


def _customer(runtime: Runtime, erp: str, order: str) -> str:
    """The customer of an order; empty where Khaos Control does not show it. Raises Unmappable, and as adapters do."""
    raw = call(runtime, erp, "customers of returns", lambda: runtime.erp.fetch_orders([order]))
    parties = runtime.erp.read_parties(raw, order)
    return parties.urn if parties else ""


def _left(db: Connection, note: dict[str, Any], line: dict[str, Any]) -> int:
    """Units of the return's SKU on a note that no other return took."""
    others = {reference: int(units) for reference, units in note["matched"].items() if reference != line["reference"]}
    same = db.execute(
        "select reference from return_line where reference = any (%s) and sku = %s", (list(others), line["sku"])
    ).fetchall()
    taken: int = sum(others[row["reference"]] for row in same)
    return int(note["lines"].get(line["sku"], 0)) - taken


def _close(db: Connection, reference: str, why: str) -> None:
    exceptions.close(within(db), KIND, f"return:{reference}", why)
