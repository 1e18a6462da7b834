"""What ``/_sandbox/books`` answers: the tenant's own books, counted, for whoever wants to compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.clarus.sandbox.books import Record, at
from adapters.clarus.sandbox.shelves import Shelf
from adapters.clarus.sandbox.tenant import Tenant


def show(tenant: Tenant, only: str = "") -> dict[str, Any]:
    """All parts of the books, or those named in ``only`` (with commas between them)."""
    wanted = set(only.split(",")) if only else PARTS.keys()
    return {name: part(tenant) for name, part in PARTS.items() if name in wanted}


def _orders(tenant: Tenant) -> Any:
    orders = [*tenant.books.goods_outs.rows.values(), *tenant.books.deleted]
    return [_order(order) for order in sorted(orders, key=lambda order: int(order["id"]))]


def _order(order: Record) -> dict[str, Any]:
    lines: dict[str, dict[str, int]] = {}
    for line in order["lines"]:
        counts = lines.setdefault(line["product"]["code"], {"ordered": 0, "dispatched": 0})
        counts["ordered"] += int(line["order_quantity"])
        counts["dispatched"] += int(line["dispatch_quantity"])
    return {
        "id": order["id"],
        "reference": order["reference"],
        "external_system_reference1": order.get("external_system_reference1"),
        "external_system_reference2": order.get("external_system_reference2"),
        "status": order["goods_out_status"]["code"],
        "deleted": bool(order.get("deleted")),
        "warehouse": at(order, "warehouse.code"),
        "address": order["address"],
        "lines": lines,
        "lines_by_id": [
            {
                "id": line["id"],
                "product": line["product"]["code"],
                "ordered": int(line["order_quantity"]),
                "dispatched": int(line["dispatch_quantity"]),
            }
            for line in order["lines"]
        ],
        "parcels": [
            {"tracking": package["tracking_number"], "carrier": at(shipment, "carrier.code")}
            for shipment in order["shipments"]
            for package in shipment["packages"]
        ],
    }


def _stock(tenant: Tenant) -> Any:
    """Product -> warehouse -> units, over all accounts."""
    told: dict[str, dict[str, dict[str, Any]]] = {}
    for shelf in tenant.stock.shelves:
        product, warehouse = shelf.balance["product"]["code"] or "", shelf.balance["warehouse"]["code"]
        counts = told.setdefault(product, {}).setdefault(warehouse, {"held_by_reason": {}})
        _add(counts, _counted(shelf))
        for record in shelf.records["held"].values():
            _add(counts["held_by_reason"], {at(record, "reason_code.code") or "": int(record["quantity"])})
    return told


def _counted(shelf: Shelf) -> dict[str, int]:
    statuses = ("available", "held", "received", "allocated", "picked")
    units = {status: int(shelf.units[status]) for status in statuses}
    return {**units, "physically_there": sum(units.values()), "opening": int(shelf.opening)}


def _add(counts: dict[str, Any], more: dict[str, int]) -> None:
    for name, units in more.items():
        counts[name] = counts.get(name, 0) + units


def _transactions(tenant: Tenant) -> Any:
    return [
        {
            "id": row["id"],
            "subtype": row["subtype"],
            "product": row["product"]["code"],
            "warehouse": row["warehouse"]["code"],
            "quantity": int(row["quantity"]),
            "reason": at(row, "reason_code.code"),
            "reference": at(row, "goods_out.reference") or at(row, "goods_in_receipt_line.goods_in_receipt.reference"),
            "at": row["created_at"],
        }
        for row in tenant.books.transactions.rows.values()
    ]


def _receipts(tenant: Tenant) -> Any:
    names = ("id", "reference", "status", "receipt_type", "external_system_reference1", "external_system_reference2")
    return [
        {
            **{name: receipt.get(name) for name in names},
            "warehouse": receipt["warehouse"]["code"],
            "lines": [
                {
                    "id": line["id"],
                    "product": line["product"]["code"],
                    "expected": int(line["expected_quantity"]),
                    "received": int(line["quantity_received"]),
                    "alt_line_number": line["alt_line_number"],
                    "string1": line["string1"],
                }
                for line in receipt["lines"]
            ],
        }
        for receipt in tenant.books.goods_in_receipts.rows.values()
    ]


def _products(tenant: Tenant) -> Any:
    return sorted({row["product"]["code"] or "" for row in tenant.books.account_products.rows.values()})


PARTS: dict[str, Callable[[Tenant], Any]] = {
    "goods_outs": _orders,
    "products": _products,
    "calls": lambda tenant: dict(tenant.books.calls),
    "webhooks": lambda tenant: dict(tenant.webhooks.counts),
    "stock": _stock,
    "transactions": _transactions,
    "receipts": _receipts,
    "unshippable": lambda tenant: tenant.floor.unshippable(),
    "stockouts": lambda tenant: tenant.floor.stockouts,
}
