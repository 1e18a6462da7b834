"""What people decide about a return: offer it all the same, stop it, grade it, or confirm what happened elsewhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mappings.canonical import Condition
from workers.ledger import locks
from workers.ledger.store import Connection, Store, within
from workers.returns_in import named_notes
from workers.spine import exceptions
from workers.spine.people import CannotDo

CONDITIONS = tuple(one.value for one in Condition)  # that goods can be graded
BEFORE_OFFER = ("received", "graded")
OPEN = (*BEFORE_OFFER, "offered", "presumed_imported")


def again(db: Connection, reference: str, who: str = "fleet") -> bool:
    """Requeue a return's dead message and close the exceptions that it died of. False where none is dead."""
    row = db.execute(
        "update message set state = 'queued', state_since = now(), due_at = now(), tries = 0, deaths = 0,"
        " lane = flow, generation = generation + 1, error = null, error_kind = null"
        " where subject = %s and state = 'dead' returning id",
        (f"return:{reference}",),
    ).fetchone()
    if row is None:
        return False
    db.execute("select wake()")
    exceptions.close_all(
        within(db), "e.message_id = %s and e.kind <> 'refund_due'", row["id"], why="judged anew", who=who
    )
    return True


def offer(store: Store, reference: str, who: str, order: str = "", price: Decimal | None = None) -> None:
    """Offer a return although something spoke against it; with ``order``, as goods of that order.

    ``price`` is a reduced refund: gross, for each unit. Raises CannotDo: it is offered or over already, or no unit of
    that order is left to be credited.
    """
    if price is not None and not (price.is_finite() and 0 <= price == round(price, 2)):
        raise CannotDo(f"{price} is no amount of money: write what one unit is credited with, such as 9.50")
    with store.transaction() as db:
        row = _line(db, reference, BEFORE_OFFER)
        if order:
            row = _of_order(db, row, order.strip())
        if not row["order_code"]:
            raise CannotDo(f"{reference}: nobody knows its order; name the order as well")
        if not _one(db, "select claim_units(%s) as it", reference):
            raise CannotDo(
                f"{reference}: fewer units of {row['sku']} left for order {row['order_code']} than have come back, and"
                " a unit is credited once; stop the return instead"
            )
        if price is not None:
            db.execute("update return_line set unit_price = %s where reference = %s", (price, reference))
        db.execute(  # who finds an order has not said anything about credits yet
            "update return_line set decided_by = %s where reference = %s and exists"
            " (select 1 from message m where m.subject = %s and m.error_kind = 'maybe_credited')",
            (who, reference, f"return:{reference}"),
        )
        _add_to_timeline(db, row, "to be offered", "" if price is None else f"for {price} a unit", who)
        again(db, reference, who)


def _of_order(db: Connection, row: dict[str, Any], order: str) -> dict[str, Any]:
    if row["order_code"] and row["order_code"] != order:
        raise CannotDo(f"{row['reference']}: it is of order {row['order_code']} already")
    fulfilment = db.execute(
        "select order_code from fulfilment where erp = %s and %s in (order_code, reference, invoice_code) limit 1",
        (row["erp"], order),
    ).fetchone()
    if fulfilment is None:
        raise CannotDo(f"order {order} is not known to the fleet: `fleet order {order}` shows nothing; check the code")
    db.execute(
        "update return_line set order_code = %s where reference = %s", (fulfilment["order_code"], row["reference"])
    )
    return {**row, "order_code": fulfilment["order_code"]}


def stop(store: Store, reference: str, who: str, why: str) -> str:
    """Stop a return for good: no credit. Returns what is left to do by hand, empty for nothing. Raises CannotDo."""
    if not why.strip():
        raise CannotDo("stopping a return needs a reason: say why")
    with store.transaction() as db:
        row = _line(db, reference, OPEN)
        db.execute("select stop_return(%s, %s, %s)", (reference, who, why))
        _add_to_timeline(db, row, "stopped", why, who)
    return f"Khaos Control pulled {reference} already: delete it there as well" if row["served_at"] else ""


def grade(store: Store, reference: str, condition: str, hold_reason: str, who: str) -> None:
    """Say in which condition returned goods are, where the warehouse did not. Raises CannotDo."""
    if condition not in set(Condition):
        raise CannotDo(f"condition {condition!r} is none; write one of {', '.join(Condition)}")
    with store.transaction() as db:
        row = _line(db, reference, BEFORE_OFFER)
        db.execute(
            "update return_line set condition = %s, hold_reason = %s where reference = %s",
            (condition, hold_reason, reference),
        )
        db.execute(
            "select claim_goods('pending_return', %s, %s, %s, %s, %s)",
            (row["home"], row["sku"], row["units"], condition, f"return:{reference}"),
        )
        _add_to_timeline(db, row, "graded", f"{condition} {hold_reason}".strip(), who)
        again(db, reference, who)


def credited(store: Store, reference: str, note: str, who: str) -> None:
    """Record the credit note that a person names as the return's.

    One that Khaos Control has not shown is believed and awaited; meanwhile another may be named. Raises CannotDo, also
    for a note that Khaos Control shows and that cannot be this return's.
    """
    with store.transaction() as db:
        locks.hold(db, locks.CREDIT_NOTES)
        awaited = named_notes.is_awaited(db, reference)
        row = _line(db, reference, (*OPEN, "credited", "refunded") if awaited else OPEN)
        shown = named_notes.shown(db, row["erp"], note)
        if shown is not None and (why := named_notes.speaks_against(db, shown, row)):
            raise CannotDo(f"{reference}: {why}; look in Khaos Control which note credits these goods, and name that")
        if row["state"] in OPEN:
            db.execute("select credit_return(%s, %s, %s)", (reference, note, who))
        else:
            db.execute("update return_line set credit_note = %s where reference = %s", (note, reference))
        if shown is None:
            named_notes.await_(db, row)
        else:
            named_notes.compare(db, shown, row)
            named_notes.no_more(db, reference, f"{note} was named, and Khaos Control shows it")
        _add_to_timeline(db, row, "credited", note, who)


def refunded(store: Store, reference: str, who: str) -> None:
    """Record that the customer has the money: a person confirms it, Khaos shows no refunds. Raises CannotDo."""
    with store.transaction() as db:
        row = _line(db, reference, ("credited",))
        db.execute(
            "update return_line set state = 'refunded', refunded_by = %s, refunded_at = now() where reference = %s",
            (who, reference),
        )
        _add_to_timeline(db, row, "refunded", str(row["credit_note"]), who)


def released(store: Store, reference: str, who: str) -> int:
    """Record that the goods were taken out of Khaos's own quarantine. Returns how many units. Raises CannotDo."""
    with store.transaction() as db:
        row = _line(db, reference, ("credited", "refunded"))
        units = _one(
            db,
            "select coalesce(sum(units), 0)::integer as it from term where subject = %s and kind = 'khaos_quarantine'"
            " and cleared_at is null",
            f"return:{reference}",
        )
        if not units:
            raise CannotDo(f"{reference}: nothing of it stands in Khaos Control's quarantine")
        why = "released from Khaos Control's quarantine"
        db.execute("select clear_term(%s, %s, null, %s, %s)", (f"return:{reference}", row["sku"], who, why))
        db.execute(
            "update return_line set released_by = %s, released_at = now() where reference = %s", (who, reference)
        )
        _add_to_timeline(db, row, "released", why, who)
        return int(units)


def _line(db: Connection, reference: str, states: tuple[str, ...]) -> dict[str, Any]:
    row = db.execute("select * from return_line where reference = %s for update", (reference,)).fetchone()
    if row is None:
        raise CannotDo(f"there is no return {reference}; `fleet returns list` shows those that stand")
    if row["state"] not in states:
        raise CannotDo(f"{reference} is {row['state']}; this can be done only while it is {' or '.join(states)}")
    return row


def _one(db: Connection, sql: str, *values: Any) -> Any:
    row = db.execute(sql, values).fetchone()
    return row["it"] if row else None


def _add_to_timeline(db: Connection, row: dict[str, Any], step: str, note: str, who: str) -> None:
    db.execute(
        "insert into timeline (story, subject, flow, connection, step, note, who)"
        " values (%s, %s, 'returns-in', %s, %s, %s, %s)",
        (
            row["order_code"] or row["reference"],
            f"return:{row['reference']}",
            row["connection"],
            step,
            note,
            who,
        ),
    )
