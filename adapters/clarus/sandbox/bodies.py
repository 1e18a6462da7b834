"""What an event carries. Unpublished but for a few names of members: the full record is assumed, with integer ids.

Source of the names: knowledgebase/integrations/{webhook-events, webhook-stock-positive, webhook-stock-negative}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.clarus.sandbox.books import Record, at

# code in GraphQL -> word in REST and in events, as the vendor's examples have them
WORDS = {"PENDING": "pending", "RCV": "received", "PART": "part", "COMPLETED": "completed", "CANCELLED": "cancelled"}
ADJUSTMENTS = frozenset({"POSADJ", "NEGADJ"})


def body(resource: str, record: Record) -> Record:
    """The record that an event of the resource is told with."""
    return BODIES[resource](record)


def _order(order: Record) -> Record:
    flat = {"lines", "shipments", "account", "warehouse", "carrier", "deleted", "id", "sent_in_two"}
    return {
        **{name: value for name, value in order.items() if name not in flat},
        "id": int(order["id"]),
        "account_id": int(order["account"]["id"]),
        "warehouse_id": int(at(order, "warehouse.id") or 0) or None,
        "account": {"id": int(order["account"]["id"]), "code": order["account"]["code"]},
        "goods_out_status_id": order["goods_out_status"]["id"],
        "lines": [
            {
                **{name: value for name, value in line.items() if name not in {"goods_out", "product", "carrier"}},
                "id": int(line["id"]),
                "product": {"id": int(line["product"]["id"]), "code": line["product"]["code"]},
            }
            for line in order["lines"]
        ],
        "shipments": [
            {
                "id": int(shipment["id"]),
                "reference": shipment["reference"],
                "status": shipment["status"],
                "packages": [
                    {"id": int(one["id"]), "tracking_number": one["tracking_number"]} for one in shipment["packages"]
                ],
            }
            for shipment in order["shipments"]
        ],
    }


def _named(record: Record | None, *names: str) -> Any:
    return record and {"id": int(record["id"]), **{name: record.get(name) for name in names}}


def _owned(record: Record) -> Record:
    """Whose it is, where, and of what."""
    return {
        **{f"{name}_id": int(record[name]["id"]) for name in ("account", "warehouse", "product")},
        "account": _named(record["account"], "code", "name"),
        "product": _named(record["product"], "code", "description"),
        "warehouse": _named(record["warehouse"], "code", "name"),
    }


def _stock(transaction: Record) -> Record:
    """An adjustment is told as the adjustment, everything else as the stock record, with the units concerned."""
    stock, units = transaction["stock"], transaction["quantity"]
    told = {**_owned(stock), "quantity": units, "reason_code": _named(transaction["reason_code"], "code")}
    if transaction["subtype"] in ADJUSTMENTS:
        return {
            **told,
            "id": int(transaction["id"]),
            "created_at": transaction["created_at"],
            "new_quantity": transaction["new_quantity"],
            "string1": stock["string1"],
        }
    return {
        **told,
        "id": int(stock["id"]),
        **{name: stock.get(name) for name in ("status", "description", "storage_unit", "string1", "updated_at")},
        "location": _named(stock["location"], "code"),
    }


def _balance(balance: Record) -> Record:
    counters = ("available", "allocated", "ordered", "received", "picked")
    return {**_owned(balance), "warehouse": _named(balance["warehouse"]), **{name: balance[name] for name in counters}}


def _receipt(receipt: Record) -> Record:
    flat = {"lines", "account", "warehouse", "supplier", "id", "status", "address"}
    return {
        **{name: value for name, value in receipt.items() if name not in flat},
        "id": int(receipt["id"]),
        "status": WORDS[receipt["status"]],
        "supplier_id": int(at(receipt, "supplier.id") or 0) or None,
        **{f"{name}_id": int(receipt[name]["id"]) for name in ("account", "warehouse")},
        **{name: _named(receipt[name], "code", "name") for name in ("account", "warehouse")},
        "lines": [
            {
                **{name: value for name, value in line.items() if name not in {"goods_in_receipt", "product"}},
                "id": int(line["id"]),
                "product_id": int(line["product"]["id"]),
                "product": _named(line["product"], "code", "description"),
            }
            for line in receipt["lines"]
        ],
    }


def _task(task: Record) -> Record:
    line = task["goods_in_receipt_line"]
    names = ("id", "status", "subtype", "start_quantity", "confirmed_quantity", "created_at", "completed_at")
    return {
        **{name: task[name] for name in names},  # a task's id is text in REST too
        **_owned(task),
        "task_type": task["task_type"],
        **{name: _named(task[name], "code") for name in ("location_from", "location_to")},
        "goods_in_receipt_line": {
            **_named(line, "alt_line_number"),
            "goods_in_receipt": _named(line["goods_in_receipt"], "reference"),
        },
    }


BODIES: dict[str, Callable[[Record], Record]] = {
    "goods_out": _order,
    "stock": _stock,
    "stock_balance": _balance,
    "goods_in": _receipt,
    "putaway_task": _task,
}
