"""The courier hook's answers: the consignment that the ledger has for an invoice, the same for good once it was given.

The question is Khaos's own ``CourierExportData`` (reference 2.2.4): what an invoice holds at that very moment. So a
part shipment is answered as soon as the invoice was split, without waiting for the read-back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.canonical import Parcel
from mappings.canonical.courier import CourierAnswer, CourierBox, CourierInvoice, CourierRequest
from workers.dispatch_in.boxes import match
from workers.dispatch_in.invoice_binding import rebind
from workers.dispatch_in.label import write_label
from workers.dispatch_in.routes import BY_HAND, HOOK
from workers.domain.fulfilment import read_row
from workers.domain.splits import add_up, covering, format_units
from workers.ledger.store import Connection, Store, within
from workers.spine import schedule_names, scheduler

Row = dict[str, Any]

NOT_YET = "not dispatched by the warehouse yet"
UNKNOWN = "unknown invoice: the fleet has no order of it"
OTHERWISE = "the fleet brings this warehouse's dispatches to Khaos Control by another route: do not assign it here"
GIVEN_AWAY = "its consignment was given to another invoice: look at the order on the fleet's desk"


class _NotNow(Exception):
    """Why an invoice gets no consignment; the message is the operator's to read."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Answers the hook's questions. ``warehouses`` are those whose dispatches take this route."""

    store: Store
    erp: str
    warehouses: Collection[str]
    labels: bool

    def answer(self, request: CourierRequest) -> list[CourierAnswer]:
        """One answer for each invoice, or for each of its boxes. Raises psycopg's errors when the ledger is away."""
        answers: list[CourierAnswer] = []
        for question in request.invoices:
            with self.store.transaction() as db:
                answers += self._invoice(db, question)
        for entry in request.unreadable:
            why = f"{entry.error.field} {entry.error.value!r}: {entry.error.why}"
            answers.append(CourierAnswer(entry.subject, None, success=False, errors=(why,)))
        return answers

    def _invoice(self, db: Connection, question: CourierInvoice) -> list[CourierAnswer]:
        boxes = question.boxes or (CourierBox("", question.units),)
        given = _given(db, question.invoice_id)
        why = ""
        if any(box.item_id not in given for box in boxes):
            try:
                _give(db, self._left(db, question, given), question, boxes)
            except _NotNow as error:
                why = str(error)
            given = _given(db, question.invoice_id)
        return [self._answer_for(question, box.item_id, given.get(box.item_id), why) for box in boxes]

    def _left(self, db: Connection, question: CourierInvoice, given: Mapping[str, Row]) -> list[Row]:
        """The shipments that the invoice stands for as it is now. Raises _NotNow."""
        rows = _shipments(db, self.erp, question.invoice_code)
        if not rows and given:  # the same InvoiceID under another code: Khaos itself says so
            earlier = next(iter(given.values()))
            _recode(db, earlier["shipment"], question.invoice_code)
            rows = _shipments(db, self.erp, question.invoice_code)
        if not rows:
            raise _NotNow(_why_not(db, self.erp, question))
        if any(row["warehouse"] not in self.warehouses or row["route"] in OTHER_ROUTES for row in rows):
            raise _NotNow(OTHERWISE)
        left = _fitting(rows, {s: n for s, n in question.units.items() if s in rows[0]["requested"]})
        others = db.execute(
            "select 1 as one from courier_answer where shipment = any (%s) and invoice_id <> %s",
            ([row["reference"] for row in left], question.invoice_id),
        ).fetchone()
        if others is not None:
            raise _NotNow(GIVEN_AWAY)
        return left

    def _answer_for(self, question: CourierInvoice, item_id: str, row: Row | None, why: str) -> CourierAnswer:
        box = item_id or None
        if row is None:
            return CourierAnswer(question.invoice_id, box, success=False, errors=(why or NOT_YET,))
        lines = (f"Invoice {row['invoice_code']}", f"Consignment {row['consignment']}", f"Box {box}" if box else "")
        return CourierAnswer(
            question.invoice_id,
            box,
            success=True,
            consignment=row["consignment"],
            tracking=row["tracking"],
            raw_label=write_label([line for line in lines if line]) if self.labels else None,
        )


OTHER_ROUTES = ("soap_extension", *(route for route in BY_HAND if route != HOOK))


def _given(db: Connection, invoice_id: str) -> dict[str, Row]:
    rows = db.execute("select * from courier_answer where invoice_id = %s order by item_id", (invoice_id,)).fetchall()
    return {row["item_id"]: row for row in rows}


def _shipments(db: Connection, erp: str, code: str) -> list[Row]:
    """The shipments that stand on an invoice, oldest first; their fulfilment is locked, so that two questions wait."""
    return db.execute(
        "select s.*, f.requested, f.warehouse, f.order_code from shipment s"
        " join fulfilment f on f.reference = s.fulfilment where f.erp = %s and s.invoice_code = %s"
        " order by s.number for update of f",
        (erp, code),
    ).fetchall()


def _recode(db: Connection, shipment: str, code: str) -> None:
    row = db.execute(
        "select f.*, s.invoice_code as old from shipment s join fulfilment f on f.reference = s.fulfilment"
        " where s.reference = %s for update of f",
        (shipment,),
    ).fetchone()
    if row is not None:
        rebind(db, read_row(row), row["old"], code, "Khaos Control asked for its courier by it")


def _why_not(db: Connection, erp: str, question: CourierInvoice) -> str:
    """Why no shipment stands on the invoice's code, by its order's code or reference."""
    rows = db.execute(
        "select f.reference, f.order_code, f.invoice_code, (select array_agg(s.reference) from shipment s"
        "  where s.fulfilment = f.reference and s.confirmed_at is null) as open"
        " from fulfilment f where f.erp = %s and (f.invoice_code = %s or f.order_code = %s"
        " or (f.associated_ref <> '' and f.associated_ref = %s))",
        (erp, question.invoice_code, question.order_code, question.associated_ref),
    ).fetchall()
    if not rows:
        return UNKNOWN
    left = [reference for row in rows for reference in row["open"] or ()]
    if any(row["invoice_code"] == question.invoice_code for row in rows) or not left:
        return NOT_YET
    # Goods of the order have left on another invoice. This may be that one under a new code, or the rest of it, or
    # other goods: a consignment that is given to the wrong invoice ships what is still on a shelf. The read-back
    # sees all invoices of the order, and which it is.
    db.execute("update shipment set asked_at = null where reference = any (%s)", (left,))
    scheduler.bring_forward(within(db), schedule_names.read_back(erp))
    return (
        f"invoice {question.invoice_code} is new to the fleet, though goods of order {rows[0]['order_code']} have"
        " left; Khaos Control is being asked which invoice they stand on: assign it again in a minute"
    )


def _fitting(rows: Sequence[Row], wanted: Mapping[str, int]) -> list[Row]:
    """The shipments, one after the other, that together are all of the invoice. Raises _NotNow."""
    if (fitting := covering(rows, wanted)) is not None:
        return fitting
    every = add_up(rows)
    stays = {sku: n - every.get(sku, 0) for sku, n in wanted.items() if n > every.get(sku, 0)}
    if stays:
        left = {sku: min(every[sku], n) for sku, n in wanted.items() if every.get(sku)}
        raise _NotNow(
            f"part-shipped: split the invoice first: these left: {format_units(left)};"
            f" these did not: {format_units(stays)}"
        )
    raise _NotNow(
        f"other quantities: the invoice shows {format_units(wanted)}, and {format_units(every)} left the warehouse:"
        " correct the invoice"
    )


def _give(db: Connection, rows: Sequence[Row], question: CourierInvoice, boxes: Sequence[CourierBox]) -> None:
    """Store the answers for boxes that have none yet."""
    none: list[Row] = [{}]  # nobody named a parcel: the goods themselves are one
    parcels = [(row, Parcel.model_validate(parcel)) for row in rows for parcel in row["parcels"] or none]
    # a shipment that is one parcel is the one case in which a parcel's content is known
    contents = [row["lines"] if len(row["parcels"]) <= 1 else None for row, _ in parcels]
    if question.boxes:
        places = match([box.units for box in boxes], contents)
    else:  # the number that stands for the whole: the first that there is
        places = [next((n for n, (_, one) in enumerate(parcels) if one.tracking), 0)]
    new = 0
    for box, place in zip(boxes, places, strict=True):
        row, parcel = parcels[place]
        consignment = parcel.tracking or row["consignment"] or row["reference"]
        new += db.execute(
            "insert into courier_answer (invoice_id, item_id, invoice_code, shipment, consignment, tracking)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            (question.invoice_id, box.item_id, question.invoice_code, row["reference"], consignment, parcel.tracking),
        ).rowcount
    references = [row["reference"] for row in rows]
    db.execute("update shipment set asked_at = null where reference = any (%s)", (references,))  # it moves in a moment
    db.execute(
        "insert into timeline (story, subject, flow, connection, step, note)"
        " select f.order_code, 'order:' || f.reference, 'dispatch-in', f.erp, 'assigned', %s"
        " from fulfilment f where f.reference = %s and %s > 0",
        (
            f"Khaos Control took the consignment of {', '.join(references)} for invoice {question.invoice_code}",
            rows[0]["fulfilment"],
            new,
        ),
    )
