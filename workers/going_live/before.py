"""What a ledger did that was lost: orders in its files, shipments that Khaos Control has, dispatches it has settled."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable

from mappings.canonical import Invoice
from workers.dispatch_in.confirmation import is_shipped
from workers.dispatch_in.routes import BEFORE
from workers.dispatch_in.shipments import await_no_more, await_rest
from workers.domain import transitions
from workers.domain.fulfilment import FulfilmentRow, Rows, State, Units, add_to_timeline, lock
from workers.domain.invoices import adopt_rest
from workers.going_live.matching import There
from workers.ledger.store import Connection, within
from workers.spine import exceptions
from workers.spine.polling import SHOWN_A_CALL, call, chunks
from workers.spine.runtime import Runtime

OURS = re.compile(r"(.+)-\d+")
LAST = "select max(number) as last from control_number where connection = %s"
OUT = (
    "select reference, order_code from fulfilment where warehouse = %s and erp = %s"
    " and state in ('sent', 'part_dispatched') order by order_code, number"
)
UNSETTLED = (
    "select kind, subject, story from exception where kind in ('dispatch_unknown_order', 'answer_unmatched')"
    " and state = 'open' and connection = %s"
)
UNHEARD = (
    "select kind, subject, read_record_again(record_id) is not null as kept from exception"
    " where kind = 'dispatch_unknown_order' and state = 'open' and connection = %s and subject = any (%s)"
)


def orders_laid(runtime: Runtime, name: str) -> tuple[list[There], str]:
    """Orders in files of ours that the ledger has no number of; and why that is not the whole of them, empty: it is.

    It is the whole where every number from the ledger's last one on lies in the partner's folders. Raises what
    adapters raise.
    """
    past, facilities = runtime.warehouse(name).past, runtime.warehouse(name).sites
    row = runtime.store.row(LAST, name)
    last = row["last"] if row and row["last"] else 0
    numbers: set[int] = set()
    there: dict[str, There] = {}
    doubts: list[str] = []
    for facility in facilities:
        runtime.pace(name)
        numbers |= past.numbers_laid(facility)
        for laid in past.orders_laid(facility, last):
            doubts += [f"{one.subject}: {one.error.why}" for one in laid.unreadable]
            for one in laid.orders:
                if one.cancels:
                    there.pop(one.reference, None)
                else:
                    there[one.reference] = There(one.reference, one.reference, one.units, number=one.number)
    missing = sorted(set(range(max(last, 1), max([*numbers, last]) + 1)) - numbers)
    if missing or not numbers:
        doubts.append(f"its folders lack file {missing[0] if missing else last} of ours, so what else was laid is open")
    return list(there.values()), "; ".join(doubts[:3])


def adopt_shipments(runtime: Runtime, name: str) -> int:
    """Write down shipments that Khaos Control shows and the ledger lacks, of orders that are out. Returns how many.

    For a warehouse whose orders show all that has left until now: what Khaos Control has of that goes to it no more.
    """
    erp = runtime.configuration.erp.name
    rows = runtime.store.rows(OUT, name, erp)
    references = {row["order_code"]: row["reference"] for row in rows}  # of several the last one is out
    adopted = 0
    for codes in chunks(sorted(references), SHOWN_A_CALL):
        shown: dict[str, list[Invoice]] = {}
        raw = call(runtime, erp, "orders", lambda codes=codes: runtime.erp.fetch_status(codes))
        for invoice in runtime.erp.read_status(raw)[0]:
            shown.setdefault(invoice.order_code, []).append(invoice)
        for code, invoices in shown.items():
            if code in references:
                with runtime.store.transaction() as db:
                    adopted += _adopt(runtime, db, references[code], invoices)
    return adopted


def _adopt(runtime: Runtime, db: Connection, reference: str, invoices: Iterable[Invoice]) -> int:
    run = within(db)
    row = lock(run, reference)
    adopted = 0
    for invoice in sorted(invoices, key=lambda one: one.invoice_code):
        if row is None or row.state not in (State.SENT, State.PART_DISPATCHED) or not is_shipped(runtime, invoice):
            continue
        if run("select 1 from shipment where invoice_code = %s", invoice.invoice_code):
            continue
        units = {line.sku: line.quantity for line in invoice.lines if line.sku in row.requested}
        if not units or Counter(units) - (Counter(row.requested) - Counter(row.shipped)):
            continue  # not of this fulfilment: whatever it is, the warehouse's own word is compared with it
        row = _write(run, row, invoice, units)
        exceptions.close(run, "issued_elsewhere", row.subject, "the warehouse has dispatched it")
        adopted += 1
    rest = next((one for one in invoices if not is_shipped(runtime, one)), None)
    if row is not None and adopted and row.state is State.PART_DISPATCHED and rest is not None:
        shown = {one.invoice_code for one in invoices}
        adopt_rest(db, row, rest, {line.sku: line.quantity for line in rest.lines}, shown)
    if row is not None and adopted:
        transitions.confirm(run, reference)
        awaited = await_no_more(run, row.subject)
        if row.state is State.PART_DISPATCHED and awaited:
            await_rest(run, row, max(awaited))
    return adopted


def _write(run: Rows, row: FulfilmentRow, invoice: Invoice, units: Units) -> FulfilmentRow:
    after = transitions.dispatch(run, row, units)
    number = after.shipments
    run(
        "insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels, route, consignment,"
        " confirmed_at) values (%s, %s, %s, %s, %s, '[]', %s, %s, now()) on conflict do nothing",
        f"{row.reference}/S{number}",
        row.reference,
        number,
        invoice.invoice_code,
        json.dumps(units),
        BEFORE,
        invoice.consignment,
    )
    run("select want_recount(%s, %s, 'dispatched')", row.site, sorted(units))
    add_to_timeline(run, after, "adopted", f"Khaos Control has shipment {number} already", flow="dispatch-in")
    return after


def hear_again(run: Rows, name: str, subjects: list[str]) -> None:
    """Have read again what a warehouse told of an order before it was known. What is kept no more stays a person's."""
    for told in run(UNHEARD, name, subjects):
        if told["kept"]:
            exceptions.close(run, told["kind"], told["subject"], "the order is known now; what was told is read again")


def settle_dispatches(runtime: Runtime, name: str) -> int:
    """Close what was said of orders that the ledger lacks and Khaos Control shows as shipped. Returns how many."""
    erp = runtime.configuration.erp.name
    rows = runtime.store.rows(UNSETTLED, name)
    codes = {row["subject"]: found[1] for row in rows if (found := OURS.fullmatch(row["story"]))}
    closed = 0
    for some in chunks(sorted(set(codes.values())), SHOWN_A_CALL):
        raw = call(runtime, erp, "orders", lambda some=some: runtime.erp.fetch_status(some))
        invoices = runtime.erp.read_status(raw)[0]
        over = {
            code
            for code in some
            if (of_it := [one for one in invoices if one.order_code == code])
            and all(is_shipped(runtime, one) for one in of_it)
        }
        for row in rows:
            if codes.get(row["subject"]) in over:
                why = "Khaos Control shows it as shipped: it was told before the ledger was restored"
                exceptions.close(runtime.store.run, row["kind"], row["subject"], why)
                closed += 1
    return closed
