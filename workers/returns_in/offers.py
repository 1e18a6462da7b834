"""From graded goods to an offer that Khaos Control pulls: who bought, whether a person has credited it, what is asked.

Khaos takes returns by pulling them (khaos.md 3.4), so an offer is a row with a place in that queue, and its proof is
the credit note.
"""

from __future__ import annotations

import json
from typing import Any

from mappings.canonical import CustomerReturn, ExchangeItem, ReturnAdvice, ReturnedItem
from mappings.canonical.parties import Parties
from mappings.dispositions import Disposition, read_disposition
from workers.ledger import locks
from workers.ledger.store import Effect
from workers.returns_in import credit_notes
from workers.returns_in.lines import CREDIT_WITHIN
from workers.spine.exceptions import closing_all
from workers.spine.outcomes import Dead, Delivered, NotNeeded, Outcome, Sent
from workers.spine.runtime import Runtime

CREDITS = "khaos_credits"


def offer(runtime: Runtime, reference: str) -> Outcome:
    """Judge one return and offer it. Judging again is harmless; an offer is made once. Raises what adapters raise."""
    line = _line(runtime, reference)
    if over := _settled(line):
        return over
    if not line["order_code"]:
        return Dead("return_unknown_order", f"{line['units']} of {line['sku']} came back, and nobody knows the order")
    if _hired(runtime, line):
        why = (
            f"order {line['order_code']} has {line['sku']} on hire lines alone: a credit would give the hire's fee back"
        )
        return Dead("hire_not_credited", why)
    if not _claim(runtime, reference):
        why = f"{line['units']} of {line['sku']} came back, and fewer are left of what order {line['order_code']} got"
        return Dead("returned_more_than_shipped", why)
    disposition = read_disposition(
        line["condition"], line["hold_reason"], runtime.configuration.tables.get("return_dispositions")
    )
    _graded(runtime, reference, disposition)
    if not runtime.erp.channel.open:
        return Dead("returns_channel_missing", "no channel is set over which Khaos Control pulls returns")
    return _offer(runtime, line, disposition)


def _offer(runtime: Runtime, line: dict[str, Any], disposition: Disposition) -> Outcome:
    name = runtime.configuration.erp.name
    runtime.pace(name)
    raw = runtime.erp.fetch_orders([line["order_code"]])
    parties = runtime.erp.read_parties(raw, line["order_code"])
    if parties is None:
        return Dead("return_unknown_order", f"Khaos Control does not show order {line['order_code']}")
    runtime.store.run("update return_line set urn = %s where reference = %s", parties.urn, line["reference"])
    runtime.pace(name)
    shown = runtime.erp.fetch_credit_notes([parties.urn])
    credit_notes.take(runtime, shown, [parties.urn])
    line = _line(runtime, line["reference"])
    if over := _settled(line):
        return over
    if not line["decided_by"]:
        with runtime.store.connection() as db:
            by_hand = credit_notes.by_hand(db, line, parties.ordered_on)
        if by_hand:
            return Dead("maybe_credited", f"{line['sku']} was credited already: {', '.join(by_hand)}")
        _, unreadable = runtime.erp.read_credit_notes(shown)
        if unreadable:  # what they credit is unknown, and unknown is never guessed
            notes = ", ".join(sorted(entry.subject for entry in unreadable))
            return Dead("maybe_credited", f"what these notes of the customer credit cannot be read: {notes}")
    return _sent(runtime, line, disposition, parties)


def _sent(runtime: Runtime, line: dict[str, Any], disposition: Disposition, parties: Parties) -> Outcome:
    price = line["unit_price"]
    if price is None and line["less"] is not None and parties.paid.get(line["sku"]) is not None:
        price = round(parties.paid[line["sku"]] * (100 - line["less"]) / 100, 2)
    by_person = line["by_person"] or (line["less"] is not None and price is None)  # how much was paid is not guessed
    made = CustomerReturn(
        reference=line["reference"],
        created_at=line["received_at"],
        urn=parties.urn,
        invoice_address=parties.invoice,
        delivery_address=parties.delivery,
        items=(
            ReturnedItem(
                sku=line["sku"],
                quantity=line["units"],
                reason_id=disposition.reason_id,
                order_code=line["order_code"],
                unit_price=price,
                notes=(f"{line['condition']} {line['hold_reason']}".strip(),),
            ),
        ),
        exchanges=_exchanges(runtime, line),
        process=disposition.process and not by_person,
    )
    written = runtime.erp.channel.write_returns([made], "json")
    for refusal in written.refused:
        error = refusal.error
        return Dead(error.kind, f"{error.field} {error.value!r}: {error.why}")
    how = "to be processed at once" if made.process else "for a person to process there"
    if price is not None:
        how += f", for {price} a unit"
    cut = "".join(f"; {note.field} {note.what}" for note in written.notes)
    return Sent(
        CREDITS,
        CREDIT_WITHIN,
        f"offered by row {disposition.row}, {how}{cut}",
        (
            locks.holding(locks.RETURN_SEQUENCE),
            Effect(
                "update return_line set state = 'offered', offer = %s, sequence = nextval('return_sequence'),"
                " offered_at = clock_timestamp() where reference = %s and state in ('received', 'graded')",
                (made.model_dump_json().encode(), line["reference"]),
            ),
            closing_all(
                "e.subject = %s and e.kind not in ('refund_due', 'credit_unexpected')",
                f"return:{line['reference']}",
                why="it is offered now",
            ),
        ),
    )


def _line(runtime: Runtime, reference: str) -> dict[str, Any]:
    row = runtime.store.row("select * from return_line where reference = %s", reference)
    assert row is not None, "a return's row is written with its message"
    return row


def _settled(line: dict[str, Any]) -> Outcome | None:
    """The outcome of a return that is offered already, or over; None for any other."""
    if line["state"] in ("credited", "refunded"):
        return Delivered(f"credited by {line['credit_note']}")
    if line["state"] == "stopped":
        return NotNeeded(f"stopped: {line['stopped_why']}")
    if line["state"] in ("offered", "presumed_imported"):
        return Sent(CREDITS, CREDIT_WITHIN, "offered already")
    return None


def _hired(runtime: Runtime, line: dict[str, Any]) -> bool:
    """Whether every line of the order with this SKU lends it."""
    row = runtime.store.row(
        "select bool_and(i.kind = 'hire') as hired from order_item i join fulfilment f on f.reference = i.fulfilment"
        " where f.erp = %s and f.order_code = %s and i.sku = %s",
        line["erp"],
        line["order_code"],
        line["sku"],
    )
    return bool(row and row["hired"])


def _claim(runtime: Runtime, reference: str) -> bool:
    row = runtime.store.row("select claim_units(%s) as it", reference)
    return bool(row and row["it"])


def _graded(runtime: Runtime, reference: str, disposition: Disposition) -> None:
    runtime.store.run(
        "update return_line set state = 'graded', disposition = %s, reason_id = %s, processing = %s, process = %s"
        " where reference = %s and state in ('received', 'graded')",
        disposition.row,
        disposition.reason_id,
        disposition.processing.value,
        disposition.process,
        reference,
    )


def _exchanges(runtime: Runtime, line: dict[str, Any]) -> tuple[ExchangeItem, ...]:
    """Exchange items: only those of the advice, and each advised unit once."""
    row = runtime.store.row("select body from return_advice where reference = %s", line["advice"])
    if row is None:
        return ()
    advised = [
        entry
        for entry in ReturnAdvice.model_validate_json(json.dumps(row["body"])).lines
        if entry.sku == line["sku"] and entry.exchange_for
    ]
    earlier = runtime.store.row(
        "select coalesce(sum(units), 0)::integer as n from return_line where advice = %s and sku = %s"
        " and reference < %s and state <> 'stopped'",
        line["advice"],
        line["sku"],
        line["reference"],
    )
    taken, units, found = (earlier["n"] if earlier else 0), line["units"], []
    for entry in advised:
        left = max(0, entry.quantity - taken)
        taken = max(0, taken - entry.quantity)
        some = min(left, units)
        units -= some
        if some:
            found.append(ExchangeItem(sku=entry.exchange_for, quantity=some))
    return tuple(found)
