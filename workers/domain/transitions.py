"""Every statement that changes a fulfilment, one function a transition. Nobody else writes to its table.

Three functions of the ledger run with the settling of a message: ``orders_sent`` and ``order_cancelled`` move a
fulfilment where its state allows that and leave it otherwise, ``order_changed`` sets what was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from workers.domain.fulfilment import NEXT, FulfilmentRow, Rows, State, Units
from workers.ledger.store import Effect, call

BY_THE_LEDGER = {"orders_sent": State.SENT, "order_cancelled": State.CANCELLED, "order_changed": None}


class NotAllowed(Exception):
    """A fulfilment cannot go from its state to that one; nothing was written."""


COLUMNS = (
    "reference", "erp", "order_code", "number", "invoice_code", "associated_ref", "site", "warehouse", "facility",
    "route_reason", "state", "fingerprint", "requested", "stage", "courier", "wishes",
)  # fmt: skip
CREATE = (
    f"insert into fulfilment ({', '.join(COLUMNS)}) select {', '.join(COLUMNS)}"  # noqa: S608  our names
    " from jsonb_populate_recordset(null::fulfilment, %s)"
)


def create(run: Rows, rows: Iterable[FulfilmentRow]) -> None:
    """Write down new fulfilments. The number of each is given once and for good."""
    run(CREATE, json.dumps([{column: getattr(row, column) for column in COLUMNS} for row in rows]))


def adopt(run: Rows, row: FulfilmentRow, their_id: str) -> FulfilmentRow:
    """Keep that it is at the warehouse already: another integration has sent it."""
    return _move(run, row, State.SENT, their_id=their_id, sent_at=datetime.now(UTC), accepted_at=datetime.now(UTC))


def keep_status(run: Rows, reference: str, word: str) -> None:
    """Keep the warehouse's word for the order as it was shown last."""
    run("update fulfilment set status_there = %s where reference = %s and status_there <> %s", word, reference, word)


def withdraw(run: Rows, row: FulfilmentRow) -> FulfilmentRow:
    """Take back what was surely not sent."""
    return _move(run, row, State.WITHDRAWN)


def withdrawing(reference: str) -> Effect:
    """Make the statement that takes back an order of which nothing is stock, where it was not sent meanwhile."""
    return Effect(
        "update fulfilment set state = 'withdrawn', changed_at = now() where reference = %s and state = any (%s)",
        (reference, _before(State.WITHDRAWN)),
    )


def start_cancelling(run: Rows, row: FulfilmentRow, *, resend: bool) -> FulfilmentRow:
    """Have it cancelled at the warehouse; ``resend`` gives the invoice a new number once that is proven."""
    return _move(run, row, State.CANCELLING, resend=resend)


def cancelled(reference: str) -> Effect:
    """Make the call that ends a fulfilment whose cancellation is proven; nothing where it is not ``cancelling``."""
    return call("order_cancelled", reference=reference)


def prove_cancelled(run: Rows, reference: str) -> None:
    """End a fulfilment whose cancellation is proven; nothing where it is not ``cancelling``."""
    effect = cancelled(reference)
    run(effect.sql, *effect.values)


def take_back_refused(run: Rows, row: FulfilmentRow) -> FulfilmentRow:
    """Set it back to new: the warehouse refused it, so it is not there."""
    return _move(run, row, State.NEW, sent_at=None, their_id=None)


def dispatch(run: Rows, row: FulfilmentRow, units: Units) -> FulfilmentRow:
    """Add a shipment of some units. Whoever took the order back must use ``dispatch_taken_back``."""
    shipped = {sku: row.shipped.get(sku, 0) + units.get(sku, 0) for sku in {**row.shipped, **units}}
    state = State.DISPATCHED if shipped == row.requested else State.PART_DISPATCHED
    return _move(run, row, state, shipped=shipped, shipments=row.shipments + 1, confirmed=False)


def dispatch_taken_back(run: Rows, row: FulfilmentRow, gone: Units, *, over: bool) -> FulfilmentRow:
    """Keep what left although it was to be cancelled; until all is ``over``, later units go to Khaos as well.

    It stays taken back where the invoice went again under another number meanwhile.
    """
    again = run(
        "select 1 as one from fulfilment where erp = %s and invoice_code = %s and reference <> %s"
        " and state not in ('cancelled', 'withdrawn') limit 1",
        row.erp,
        row.invoice_code,
        row.reference,
    )
    if over and not again:
        return _move(run, row, State.DISPATCHED, shipped=gone)
    return _set(run, row, shipped=gone)


def close_short(run: Rows, row: FulfilmentRow) -> FulfilmentRow:
    """End it with less than was asked for. One that ended already stays as it ended."""
    return _move(run, row, State.CLOSED_SHORT) if State.CLOSED_SHORT in NEXT[row.state] else row


def flag(run: Callable[..., object], reference: str) -> None:
    """Keep an order whose message was dismissed with the person who dealt with it, where it was not taken back."""
    run(
        "update fulfilment set state = 'flagged', changed_at = now() where reference = %s and state = any (%s)",
        reference,
        _before(State.FLAGGED),
    )


def set_resend(run: Rows, row: FulfilmentRow, *, resend: bool) -> FulfilmentRow:
    """Say whether the invoice shall go again once the cancellation is proven."""
    return _set(run, row, resend=resend)


def accept(run: Rows, reference: str) -> None:
    """Keep when the warehouse first said that it takes the order."""
    run("update fulfilment set accepted_at = coalesce(accepted_at, now()) where reference = %s", reference)


def close_lines(run: Rows, row: FulfilmentRow, lines: Mapping[str, tuple[str, int]]) -> FulfilmentRow:
    """Keep which lines are over, and with how many units less."""
    return _set(run, row, lines_closed=lines)


def tell_change(
    run: Rows, row: FulfilmentRow, fingerprint: str, requested: Units, courier: str, wishes: str
) -> FulfilmentRow:
    """Keep a change that goes to the warehouse; the lines stay until the warehouse takes it."""
    change = {"requested": requested}
    return _set(run, row, fingerprint=fingerprint, courier=courier, wishes=wishes, change=change)


def keep_wishes(run: Rows, row: FulfilmentRow, wishes: str) -> FulfilmentRow:
    """Keep what the order says now beside its lines, where the warehouse is not told."""
    return _set(run, row, wishes=wishes)


def take_change(run: Rows, reference: str, requested: Units, *, newest: bool) -> None:
    """Take a change's lines over, once the warehouse took it. ``newest`` false: a later one is unanswered."""
    argument = {"reference": reference, "requested": requested, "newest": newest}
    run("select order_changed(%s)", json.dumps(argument))


def refuse_change(run: Rows, reference: str) -> None:
    """Drop a change that the warehouse refused; its earlier lines stay."""
    run("update fulfilment set change = null where reference = %s", reference)


def request(run: Callable[..., object], reference: str, requested: Units) -> None:
    """Ask the warehouse for these units only, before anything was sent: the other lines turned out to be no stock."""
    run("update fulfilment set requested = %s where reference = %s", json.dumps(requested), reference)


def request_change(run: Callable[..., object], reference: str, requested: Units) -> None:
    """Have a change that was not sent yet ask for these units."""
    run(
        "update fulfilment set change = change || %s::jsonb where reference = %s and change is not null",
        json.dumps({"requested": requested}),
        reference,
    )


def confirm(run: Rows, reference: str) -> None:
    """Confirm it when Khaos Control shows every shipment of it."""
    run(
        "update fulfilment f set confirmed = true, changed_at = now() where reference = %s"
        " and not exists (select 1 from shipment s where s.fulfilment = f.reference and s.confirmed_at is null)",
        reference,
    )


def stand_on(run: Rows, row: FulfilmentRow, invoice_code: str) -> FulfilmentRow:
    """Bind it to another invoice of its order."""
    return _set(run, row, invoice_code=invoice_code)


def recode(run: Rows, reference: str, old: str, new: str) -> None:
    """Follow an invoice that goes by another code now; a fulfilment that stands on another by now stays there."""
    run("update fulfilment set invoice_code = %s where reference = %s and invoice_code = %s", new, reference, old)


def give_back(run: Rows, reference: str) -> None:
    """Free an invoice that was adopted for a rest which never left, for a new number: the last shipment's counts."""
    run(
        "update fulfilment f set invoice_code = s.invoice_code from"
        " (select invoice_code from shipment where fulfilment = %s order by number desc limit 1) s"
        " where f.reference = %s and f.invoice_code <> s.invoice_code",
        reference,
        reference,
    )


def _before(state: State) -> list[str]:
    return [earlier.value for earlier, later in NEXT.items() if state in later]


def _move(run: Rows, row: FulfilmentRow, to: State, **columns: Any) -> FulfilmentRow:
    if to not in NEXT[row.state]:
        allowed = ", ".join(sorted(NEXT[row.state])) or "nothing"
        raise NotAllowed(
            f"fulfilment {row.reference} is {row.state} and cannot become {to}: only {allowed} may follow"
            " (docs/flows.md, orders-out). Nothing was written; `fleet order` shows how it came there"
        )
    return _set(run, row, state=to, **columns)


def _set(run: Rows, row: FulfilmentRow, **columns: Any) -> FulfilmentRow:
    """Write columns of a row that the caller has locked. Raises NotAllowed when its state changed since it was read."""
    changed = replace(row, **columns)
    values = [json.dumps(value) if isinstance(value, Mapping) else value for value in columns.values()]
    written = run(
        f"update fulfilment set {', '.join(f'{name} = %s' for name in columns)}, changed_at = now()"  # noqa: S608  names of columns
        " where reference = %s and state = %s returning reference",
        *values,
        row.reference,
        row.state.value,
    )
    if not written:
        raise NotAllowed(
            f"fulfilment {row.reference} is not {row.state} any more: read it with lock() in the transaction that"
            " changes it. Nothing was written"
        )
    return changed
