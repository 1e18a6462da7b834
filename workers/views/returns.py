"""Returns and goods received as people read them: without names and addresses."""

from __future__ import annotations

from typing import Any

from workers.ledger.expected import Expected
from workers.ledger.store import Store

OVER = ("refunded", "stopped")
QUARANTINE = "quarantine"  # not a state: credited, and standing in Khaos's own quarantine
STATES = (
    *("received", "graded", "offered", "presumed_imported", "credited", "refunded", "stopped"),
    QUARANTINE,
)
COLUMNS = (
    "reference, state, order_code, advice, connection, receipt, home, sku, units, condition, hold_reason, disposition,"
    " reason_id, processing, process, sequence, offered_at, served_at, imported_at, decided_by, credit_note,"
    " credited_at, refunded_by, refunded_at, released_by, released_at, stopped_by, stopped_why, received_at"
)


def returns(store: Store, *, state: str = "", order: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """Returns, the oldest first; with an empty ``state`` those that are not refunded and not stopped.

    Of those that are over the newest ``limit`` are told. Raises ValueError for an unknown state.
    """
    if state not in {"", *STATES}:
        raise ValueError(state)
    wanted = {  # each by an index of its own, which Postgres recognises by the words
        "": "state not in ('refunded', 'stopped')",
        QUARANTINE: "reference in (select substr(subject, 8) from term where kind = 'khaos_quarantine'"
        " and cleared_at is null and subject like 'return:%%')",
    }.get(state, f"state = '{state}'")
    wanted += (
        " and erp in (select name from connection where system = 'khaos') and order_code = %(order)s" if order else ""
    )
    over = " desc" if state in OVER else ""
    return store.rows_of(
        f"select * from (select {COLUMNS} from return_line where {wanted}"  # noqa: S608  names of our own columns
        f" order by received_at{over}, reference{over} limit %(limit)s) l order by received_at, reference",
        {"order": order, "limit": limit},
    )


def one(store: Store, reference: str) -> dict[str, Any] | None:
    """One return, or one RMA with its returns: ``facts`` and ``timeline``. None when there is no such."""
    subject = f"return:{reference}"
    row = store.row(
        f"select {COLUMNS}, case when exists (select 1 from expectation where subject = %s and what = %s)"  # noqa: S608  as above
        " then credit_note end as credit_note_not_seen from return_line where reference = %s",
        subject,
        Expected.NAMED_NOTE,
        reference,
    )
    if row is None:
        row = store.row(
            "select reference, state, order_code, connection, facility, their_id, made_by, made_at,"
            " (select string_agg(l.reference || ' ' || l.state, ', ' order by l.reference) from return_line l"
            "   where l.advice = a.reference) as returns from return_advice a where reference = %s",
            reference,
        )
        subject = f"advice:{reference}"
    if row is None:
        return None
    timeline = store.rows(
        "select at, step, note, who, os_user from timeline where story = any (%s) and subject = %s order by at, id",
        [row["order_code"], reference],
        subject,
    )
    return {"facts": row, "timeline": timeline}


def received(store: Store, purchase_order: str = "") -> list[dict[str, Any]]:
    """Suppliers' lines, by purchase order: those not booked in full, or all of one purchase order."""
    return store.rows(
        "select id, purchase_order, connection, home, sku, received, booked, received_at, booked_at, booked_by"
        " from received_line where case when %s = '' then booked < received else purchase_order = %s end"
        " order by purchase_order, received_at, id",
        purchase_order,
        purchase_order,
    )
