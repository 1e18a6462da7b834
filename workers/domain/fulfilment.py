"""A fulfilment's row in the ledger, its states, and which of them may follow which: the table of docs/flows.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

Rows = Callable[..., list[dict[str, Any]]]  # runs a statement and answers its rows: Reading.run, store.within(db)
Units = dict[str, int]


class State(StrEnum):
    """The state of a fulfilment in the ledger."""

    NEW = "new"
    SENT = "sent"
    PART_DISPATCHED = "part_dispatched"
    DISPATCHED = "dispatched"
    CLOSED_SHORT = "closed_short"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    FLAGGED = "flagged"


LEFT = (State.PART_DISPATCHED, State.DISPATCHED, State.CLOSED_SHORT)  # goods of it are gone
TAKEN_BACK = (State.CANCELLING, State.CANCELLED, State.WITHDRAWN)
OUT = (State.NEW, State.SENT)  # wanted at its warehouse, and nothing has left

NEXT: Mapping[State, frozenset[State]] = {
    State.NEW: frozenset(
        {
            State.NEW,  # refused before its sending was settled
            State.SENT,
            State.PART_DISPATCHED,
            State.DISPATCHED,
            State.CLOSED_SHORT,
            State.CANCELLING,
            State.WITHDRAWN,
            State.FLAGGED,
        }
    ),
    State.SENT: frozenset(
        {
            State.NEW,  # refused by the warehouse: it is not there
            State.PART_DISPATCHED,
            State.DISPATCHED,
            State.CLOSED_SHORT,
            State.CANCELLING,
            State.FLAGGED,
        }
    ),
    State.PART_DISPATCHED: frozenset({State.PART_DISPATCHED, State.DISPATCHED, State.CLOSED_SHORT}),
    # goods that left although they were to be cancelled may be followed by more
    State.DISPATCHED: frozenset({State.PART_DISPATCHED, State.DISPATCHED}),
    State.CLOSED_SHORT: frozenset({State.PART_DISPATCHED, State.DISPATCHED}),
    # withdrawn: what it waited for turned out to be no stock, so it was never sent
    State.CANCELLING: frozenset({State.CANCELLED, State.WITHDRAWN, State.DISPATCHED, State.CLOSED_SHORT}),
    # cancelling: accepted after "unknown order" was taken for the proof of its cancellation
    State.CANCELLED: frozenset({State.CANCELLING, State.DISPATCHED}),
    State.WITHDRAWN: frozenset({State.DISPATCHED}),
    State.FLAGGED: frozenset({State.CANCELLING, State.PART_DISPATCHED, State.DISPATCHED}),
}


@dataclass(frozen=True, slots=True)
class FulfilmentRow:
    """One Khaos invoice at one warehouse. ``requested`` and ``shipped`` are units by SKU; times are UTC.

    ``lines_closed`` holds, by SKU, how a line ended and how many units of it do not come; ``change`` what the
    warehouse was sent last and has not answered.
    """

    reference: str
    erp: str
    order_code: str
    number: int
    invoice_code: str
    warehouse: str
    facility: str
    fingerprint: str
    requested: Units
    stage: int
    associated_ref: str = ""
    site: str = ""
    route_reason: str = ""
    state: State = State.NEW
    shipped: Units = field(default_factory=dict)
    shipments: int = 0
    confirmed: bool = False
    resend: bool = False
    their_id: str | None = None
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    lines_closed: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    change: Mapping[str, Units] | None = None
    courier: str | None = None  # None: sent before it was kept
    wishes: str | None = None  # fingerprint of its note, its address and the day it is required by; None as above

    @property
    def subject(self) -> str:
        """Its name in messages, expectations and exceptions."""
        return f"order:{self.reference}"


NAMES = tuple(column.name for column in fields(FulfilmentRow))


def read_row(row: Mapping[str, Any]) -> FulfilmentRow:
    """Read a row of the table ``fulfilment``; columns that were joined to it are left out."""
    return FulfilmentRow(**{name: row[name] for name in NAMES} | {"state": State(row["state"])})


def lock(run: Rows, reference: str) -> FulfilmentRow | None:
    """Read a fulfilment and lock it until the transaction ends."""
    rows = run("select * from fulfilment where reference = %s for update", reference)
    return read_row(rows[0]) if rows else None


def lock_of_invoice(run: Rows, erp: str, invoice_code: str) -> FulfilmentRow | None:
    """Read and lock the fulfilment that stands on an invoice; one that was taken back stands on none."""
    rows = run(
        "select * from fulfilment where erp = %s and invoice_code = %s"
        " and state not in ('cancelled', 'withdrawn') for update",
        erp,
        invoice_code,
    )
    return read_row(rows[0]) if rows else None


def lock_of_order(run: Rows, erp: str, order_code: str) -> list[FulfilmentRow]:
    """Read and lock every fulfilment of an order that was not taken back, oldest first."""
    rows = run(
        "select * from fulfilment where erp = %s and order_code = %s and state not in ('cancelled', 'withdrawn')"
        " order by number for update",
        erp,
        order_code,
    )
    return [read_row(row) for row in rows]


def add_to_timeline(run: Rows, row: FulfilmentRow, step: str, note: str, *, flow: str = "orders-out") -> None:
    """Add a step to the order's timeline."""
    run(
        "insert into timeline (story, subject, flow, connection, step, note) values (%s, %s, %s, %s, %s, %s)",
        row.order_code,
        row.subject,
        flow,
        row.warehouse,
        step,
        note,
    )
