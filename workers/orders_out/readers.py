"""What a ready invoice means: a new fulfilment or a changed one; ``remainders`` and ``withdrawals`` know the rest.

The unit is the invoice. The number of a fulfilment is given once, in the ledger, and bound to its invoice.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence

from mappings.canonical import Invoice, SalesOrder
from mappings.canonical.stages import CANCELLED_STAGE
from mappings.errors import Unmappable, Unreadable
from workers.domain import transitions
from workers.domain.catalogue import products_of
from workers.domain.fulfilment import LEFT, FulfilmentRow, State, lock_of_invoice
from workers.domain.splits import explains
from workers.orders_out import remainders, routing
from workers.orders_out.line_sites import has_other_sites
from workers.orders_out.order_lines import check_services, with_lines
from workers.orders_out.posting import Draft, draw_up, post_orders, replace_order
from workers.orders_out.ready_invoice import ReadyInvoice, assemble
from workers.orders_out.withdrawals import cancel, notice_vanished, withdraw, withdraw_unpushed
from workers.ports.orders import REFERENCE_LIMIT
from workers.spine.reading import Reading


def read_orders(reading: Reading) -> None:
    """Reader of the orders poll: invoices of some orders, with the orders' details where they matter."""
    payload = json.loads(reading.record.body)
    erp = reading.runtime.erp
    invoices, unreadable = erp.read_status(payload["status"].encode())
    orders, unreadable_orders = erp.read_orders(payload["orders"].encode()) if payload.get("orders") else ([], [])
    codes = {order.code for order in orders if order.code}
    asked = set(payload["whole"]) if isinstance(payload.get("whole"), list) else set()
    stale = _stale(reading, {invoice.order_code for invoice in invoices} | codes | asked, payload.get("asked_at"))
    odd = [entry for entry in (*unreadable, *unreadable_orders) if entry.subject not in stale]
    failed = {entry.subject for entry in odd}
    for entry in odd:
        reading.park("orders-out", entry)
    wanted = {one.order_code for one in invoices if not _taken_back(reading, one)}
    routing.look_up(reading, {*wanted, *codes})
    ordered = (line.sku for order in orders for line in order.lines)
    products_of(reading, {*ordered, *(line.sku for invoice in invoices for line in invoice.lines)})  # by one look
    shown = _with_orders(reading, [one for one in invoices if one.order_code not in stale], orders)
    _well_again(reading, _read(reading, shown, invoices, wanted) - failed)
    hidden = {entry.subject for entry in unreadable}
    for code in sorted(
        ({invoice.order_code for invoice in invoices} | asked) - stale if payload.get("whole") else set()
    ):
        notice_vanished(reading, code, [invoice for invoice in invoices if invoice.order_code == code], hidden)


def _taken_back(reading: Reading, invoice: Invoice) -> bool:
    cancelled = invoice.stage == CANCELLED_STAGE or invoice.order_cancelled
    return cancelled or invoice.stage in reading.runtime.erp.withdraw_stages


def _stale(reading: Reading, codes: set[str], asked_at: str | None) -> set[str]:
    """Orders of which something newer was read already: an old page, read again, must not undo what came after.

    A long poll stores its last page minutes after it asked for the status; another may have asked again since.
    """
    seen = reading.run(
        "insert into order_seen as o (erp, order_code, record_id, asked_at)"
        " select %s, c.code, %s, %s::timestamptz from unnest(%s::text[]) with ordinality c (code, place) order by place"
        " on conflict (erp, order_code) do update set record_id = greatest(o.record_id, excluded.record_id),"
        " asked_at = greatest(o.asked_at, excluded.asked_at)"
        " returning order_code, record_id, coalesce(asked_at > %s::timestamptz, false) as asked_since",
        reading.record.connection,
        reading.record.id,
        asked_at,
        sorted(codes),  # each reader locks them in this order
        asked_at,
    )
    return {row["order_code"] for row in seen if row["record_id"] > reading.record.id or row["asked_since"]}


def _well_again(reading: Reading, codes: set[str]) -> None:
    """Close dead reads of invoices and orders that can be read now."""
    if not codes:
        return
    reading.run(
        "select finish(id, 'superseded', 'it can be read now', 'fleet') from message"
        " where subject = any (%s) and state = 'dead' and record_id <> %s",
        [f"read:{reading.record.connection}:{reading.record.source}:{code}" for code in sorted(codes)],
        reading.record.id,
    )


def _with_orders(
    reading: Reading, invoices: Sequence[Invoice], orders: Sequence[SalesOrder]
) -> list[tuple[Invoice, SalesOrder | None]]:
    """The invoices by their codes, each that is ready with its order; the order export need not carry its code."""
    by_code = {order.code: order for order in orders if order.code}
    by_ref = {order.associated_ref: order for order in orders if order.associated_ref}
    found: list[tuple[Invoice, SalesOrder | None]] = []
    for invoice in sorted(invoices, key=lambda i: i.invoice_code):
        order = by_code.get(invoice.order_code) or by_ref.get(invoice.associated_ref)
        if order is None or invoice.stage not in reading.runtime.erp.ready_stages:
            found.append((invoice, None))
        else:
            found.append((invoice, order if order.code else order.model_copy(update={"code": invoice.order_code})))
    return found


def _read(
    reading: Reading,
    shown: Sequence[tuple[Invoice, SalesOrder | None]],
    invoices: Sequence[Invoice],
    wanted: Collection[str],
) -> set[str]:
    """Read invoices with their orders; those of which the ledger had nothing are posted together at the end.

    Returns the codes of what could be read.
    """
    drafts: list[Draft] = []
    well: set[str] = set()
    first = _first(reading, shown)
    for invoice, order in shown:
        if _taken_back(reading, invoice):
            withdraw(reading, invoice, order_too=invoice.order_code not in wanted)
        elif order is not None:
            try:
                draft = _draft_first(reading, invoice, order) if invoice.invoice_code in first else None
                if draft is not None:
                    drafts.append(draft)
                else:
                    with reading.db.transaction():
                        _ready(reading, invoice, order, invoices)
            except Unmappable as error:
                reading.park("orders-out", Unreadable(invoice.invoice_code, error), story=invoice.order_code)
            else:
                well |= {invoice.order_code, invoice.invoice_code}
    if drafts:
        post_orders(reading, drafts)
    return well


def _first(reading: Reading, shown: Sequence[tuple[Invoice, SalesOrder | None]]) -> set[str]:
    """The codes of invoices that are the first that is heard of their order, and the only one of it here."""
    orders = Counter(
        code for invoice, order in shown for code in {invoice.order_code, order.code if order else invoice.order_code}
    )
    codes = Counter(invoice.invoice_code for invoice, _ in shown)
    alone = [
        (invoice, order)
        for invoice, order in shown
        if order and order.code == invoice.order_code and orders[order.code] == codes[invoice.invoice_code] == 1
    ]
    return remainders.unheard_of(reading, alone) if alone else set()


def _draft_first(reading: Reading, invoice: Invoice, order: SalesOrder) -> Draft | None:
    """Draw up the order of an invoice that is heard of for the first time; None where ``_ready`` is to look closer.

    Nothing is written. Raises Unmappable.
    """
    if has_other_sites(order):
        return None
    ready = assemble(reading, invoice, order)
    ours = order.site in reading.runtime.erp.sites or not reading.runtime.erp.sites
    if not ours or not ready.stock_lines or not remainders.covers(order, ready.units, {}):
        return None
    return _draft(reading, ready, 1)


def _ready(reading: Reading, invoice: Invoice, order: SalesOrder, invoices: Sequence[Invoice]) -> None:
    erp = reading.runtime.configuration.erp.name
    ready = assemble(reading, invoice, order)
    order = ready.order
    if reading.runtime.erp.sites and order.site not in reading.runtime.erp.sites:
        return  # another deployment's site
    if not ready.stock_lines:
        check_services(reading, ready)
        reading.file_exception(
            "no_warehouse_lines",
            subject=f"invoice:{invoice.invoice_code}",
            story=order.code,
            flow="orders-out",
            connection=erp,
            why=f"order {order.code} has only lines that no warehouse picks: {', '.join(ready.others)}",
        )
        return
    row = lock_of_invoice(reading.run, erp, invoice.invoice_code)
    if row is not None:
        if row.fingerprint != _asked(reading, row, ready) or row.courier not in (None, order.courier):
            _changed(reading, row, ready)
        elif row.wishes not in (None, ready.wishes):
            _wished(reading, row, ready)
        return
    if remainders.has_left(reading, invoice):
        return
    if remainders.judge(reading, invoice, order, ready.units, invoices):
        _new(reading, ready)


def _asked(reading: Reading, row: FulfilmentRow, ready: ReadyInvoice) -> str:
    """The fingerprint of what the invoice asks for now; none once goods left and it holds only a part of its lines."""
    try:
        return with_lines(reading, ready, row.warehouse).fingerprint
    except Unmappable:
        if row.state not in LEFT:
            raise
        return ""  # split, so that what left can be shipped there: units say the rest


def _new(reading: Reading, ready: ReadyInvoice) -> None:
    """Give the invoice a fulfilment of its own, and post its order."""
    number = reading.run(
        "select coalesce(max(number), 0) + 1 as n from fulfilment where erp = %s and order_code = %s",
        reading.runtime.configuration.erp.name,
        ready.order.code,
    )[0]["n"]
    post_orders(reading, [_draft(reading, ready, number)])


def _draft(reading: Reading, bare: ReadyInvoice, number: int) -> Draft:
    """Draw up the invoice's fulfilment with its number. Raises Unmappable, with nothing written."""
    order, invoice = bare.order, bare.invoice
    rule, reason = routing.route(reading, order, bare.stock_products)
    ready = with_lines(reading, bare, rule.to)
    reference = f"{order.code}-{number}"
    if len(reference) > REFERENCE_LIMIT:
        raise Unmappable(
            "SORDER_CODE",
            order.code,
            f"with a number it is longer than the {REFERENCE_LIMIT} characters that warehouses take",
        )
    row = FulfilmentRow(
        reference=reference,
        erp=reading.runtime.configuration.erp.name,
        order_code=order.code,
        number=number,
        invoice_code=invoice.invoice_code,
        associated_ref=order.associated_ref,
        site=order.site,
        warehouse=rule.to,
        facility=rule.facility,
        route_reason=reason,
        fingerprint=ready.fingerprint,
        requested=ready.units,
        stage=invoice.stage,
        courier=order.courier,
        wishes=ready.wishes,
    )
    note = f"{len(ready.stock_lines)} lines to {rule.to}/{rule.facility}: {reason}"
    if ready.others:
        note += f"; not for a warehouse: {', '.join(ready.others)}"
    return draw_up(reading, row, ready, note)


def _wished(reading: Reading, row: FulfilmentRow, ready: ReadyInvoice) -> None:
    """The order's note, day or address is another: as any change, but for what has left already."""
    if row.state not in LEFT:
        _changed(reading, row, ready)
        return
    transitions.keep_wishes(reading.run, row, ready.wishes)
    if row.state is State.PART_DISPATCHED:
        reading.file_exception(
            "changed_after_release",
            subject=row.subject,
            story=ready.order.code,
            flow="orders-out",
            connection=row.warehouse,
            why=f"the note or the address of order {ready.order.code}, or the day that it is required by, was changed"
            " after a part had left: tell the warehouse, which sends the rest by the former",
        )


def _changed(reading: Reading, row: FulfilmentRow, ready: ReadyInvoice) -> None:
    """Khaos changed an invoice that has a fulfilment: new bytes while unsent, else cancel, proof, send again."""
    if row.state is State.CANCELLING:  # on its way out already; the proof of that asks Khaos afresh
        transitions.set_resend(reading.run, row, resend=True)
        return
    if withdraw_unpushed(reading, row, "Khaos Control changed it"):
        transitions.withdraw(reading.run, row)
        _new(reading, ready)
        return
    code = ready.invoice.invoice_code
    if row.state in LEFT:
        if explains(reading.db, row, code, ready.units):  # an operator split it, so that what left can be shipped there
            if row.wishes not in (None, ready.wishes):
                _wished(reading, row, ready)
            return
        reading.file_exception(
            "changed_after_release",
            subject=row.subject,
            story=ready.order.code,
            flow="orders-out",
            connection=row.warehouse,
            why=f"invoice {code} was changed after goods left the warehouse",
        )
        return
    if not replace_order(reading, row, with_lines(reading, ready, row.warehouse)):
        cancel(reading, row, "Khaos Control changed it", resend=True)
