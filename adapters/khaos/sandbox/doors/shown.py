"""``GET /_sandbox/books``: everything that a comparison of both sides needs."""

from __future__ import annotations

from fastapi import APIRouter, Request

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.doors.finding import Json, desk_of
from adapters.khaos.sandbox.records import CANCELLED, Invoice
from adapters.khaos.sandbox.returned import Credit, Return

router = APIRouter()


@router.get("/books")
async def show(request: Request) -> Json:
    """All books; times are UTC."""
    desk, traffic = desk_of(request), request.app.state.traffic
    books = desk.books
    return {
        "orders": [
            {
                "order": o.code,
                "associated_ref": o.associated_ref,
                "cancelled": bool(o.cancelled_at),
                "site": o.site,
                "urn": o.urn,
            }
            for o in books.orders.values()
        ],
        "invoices": [_invoice(books, i) for o in books.orders.values() for i in o.invoices],
        "levels": [
            {
                "code": code,
                "site": site,
                "in_stock": level.in_stock,
                "assigned": level.assigned,
                "available": level.available,
                "quarantine": level.quarantine,
                "return_bay": level.return_bay,
            }
            for (code, site), level in books.levels.items()
        ],
        "level_log": list(books.level_log),
        "adjustments": books.adjustments,
        "deliveries": books.deliveries,
        "journals": [_journal(row) for row in books.journals.values()],
        "credits": [_credit(credit) for credit in books.credits],
        "returns": [_return(found) for found in books.returns.values()] + _rejected(books),
        "courier_answers": list(desk.couriers.answers),
        "courier_contradictions": desk.couriers.contradictions,
        "channel": desk.channel.shown(),
        "calls": dict(traffic.calls),
        "over_concurrency": traffic.over_concurrency,
        "faults": traffic.faults,
    }


def _invoice(books: Books, invoice: Invoice) -> Json:
    return {
        "order": invoice.order.code,
        "invoice": invoice.code,
        "invoice_id": invoice.id,
        "ready": invoice.ready,
        "stage": invoice.stage,
        "cancelled": invoice.stage == CANCELLED,
        "consignment": invoice.consignment,
        "tracking": invoice.tracking,
        "lines": invoice.lines,
        "warehouse_lines": books.need(invoice.lines),
        "shipments": [
            {
                "reference": s.reference,
                "lines": s.lines,
                "consignment": s.consignment,
                "parcels": s.parcels,
                "courier": s.courier,
                "calls": s.calls,
            }
            for s in invoice.shipments
        ],
    }


def _journal(row: Json) -> Json:
    content = row["content"]
    return {
        "movement": content["MovementID"],
        "code": content["StockCode"],
        "site": content["Site"],
        "quantity": row["quantity"],
        "reason": content["Reason"],
        "account": content["Account"],
        "unit_cost": content["UnitCost"],
        "event_time": content["EventTime"],
        "calls": row["calls"],
        "at": row["at"],
    }


def _credit(credit: Credit) -> Json:
    order = credit.order
    return {
        "reference": order.code,
        "invoice": order.invoices[0].code,
        "urn": order.urn,
        "order": credit.source,
        "lines": order.lines,
        "at": order.ordered_at,
        "return": credit.returned,
    }


def _return(found: Return) -> Json:
    return {
        "reference": found.reference,
        "state": "processed" if found.processed else "waiting",
        "reason": "",
        "urn": found.urn,
        "items": [
            {
                "sku": item.sku,
                "quantity": item.quantity,
                "reason_id": item.reason.id,
                "order": item.source.code if item.source else "",
                "unit_price": item.unit_price,
            }
            for item in found.items
        ],
        "exchange_order": found.exchange_order,
        "at": found.at,
    }


def _rejected(books: Books) -> list[Json]:
    return [
        {"reference": reference, "state": "rejected", "reason": why, "times": times}
        for (reference, why), times in books.rejected.items()
    ]
