"""The REST writes of the tenant, as rows: verb, path, name, handler. Paths and answers follow the OpenAPI file."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from adapters.clarus.sandbox import automating, ordering, products, receipts, releasing, shipping, stock_writes, tasks
from adapters.clarus.sandbox.refusal import not_found
from adapters.clarus.sandbox.tenant import Tenant

# (tenant, id in the path or "", body) -> (status, answer or None)
Handler = Callable[[Tenant, str, Any], tuple[int, Any]]

ROWS: tuple[tuple[str, str, str, Handler], ...] = (
    ("POST", "products", "create_product", products.create),
    ("PATCH", "products/{id}", "update_product", products.update),
    ("DELETE", "products/{id}", "delete_product", products.delete),
    ("POST", "products/{id}/account_products", "assign_product", products.assign),
    ("POST", "goods_outs", "create_goods_out", ordering.create),
    ("PATCH", "goods_outs/{id}", "update_goods_out", ordering.update),
    ("DELETE", "goods_outs/{id}", "delete_goods_out", ordering.delete),
    ("POST", "goods_outs/{id}/cancel", "cancel_goods_out", ordering.cancel),
    ("POST", "goods_out_processes/process_picks_async", "process_picks", releasing.process_picks),
    ("POST", "goods_out_processes/short_order_lines", "short_order_lines", releasing.short_order_lines),
    ("POST", "automations", "create_automation", automating.create),
    ("PATCH", "automations/{id}", "update_automation", automating.update),
    ("DELETE", "automations/{id}", "delete_automation", automating.delete),
    ("POST", "shipments", "create_shipment", shipping.create),
    ("DELETE", "shipments/{id}", "delete_shipment", shipping.delete),
    ("POST", "packages", "create_package", shipping.create_package),
    ("POST", "stocks/hold", "hold_stocks", stock_writes.hold),
    ("POST", "stocks/offhold", "offhold_stocks", stock_writes.offhold),
    ("POST", "stocks/{id}/negative_adjustment", "adjust_stock_down", stock_writes.adjust_down),
    ("POST", "stocks/{id}/move", "move_stock", stock_writes.move),
    ("POST", "stocks/{id}/transfer", "transfer_stock", stock_writes.transfer),
    ("PATCH", "stocks/{id}", "update_stock", stock_writes.update),
    ("POST", "reason_codes", "create_reason_code", stock_writes.create_reason_code),
    ("POST", "goods_in_receipts", "create_goods_in_receipt", receipts.create),
    ("PATCH", "goods_in_receipts/{id}", "update_goods_in_receipt", receipts.update),
    ("DELETE", "goods_in_receipts/{id}", "delete_goods_in_receipt", receipts.delete),
    ("POST", "goods_in_receipts/{id}/receive", "receive_goods_in_receipt", receipts.receive),
    ("POST", "goods_in_receipts/{id}/revert", "revert_goods_in_receipt", receipts.revert),
    ("POST", "receive_tasks/{id}/receive", "receive_task", tasks.receive),
    (
        "POST",
        "receive_tasks/{id}/receive_to_putaway_location",
        "receive_task_to_putaway_location",
        tasks.receive_to_putaway_location,
    ),
    ("PATCH", "tasks/{id}", "update_task", tasks.update),
)
PREFIX = re.compile(r"^api/(v1/)?")
_ROUTES = [
    (verb, re.compile("^" + path.replace("{id}", r"(?P<id>[^/]+)") + "$"), name, handler)
    for verb, path, name, handler in ROWS
]


def route(verb: str, path: str) -> tuple[str, str, Handler]:
    """Name, id and handler for a call, with or without ``/v1``; a 404 for one that Clarus does not have."""
    below, known = PREFIX.subn("", path)
    for wanted, pattern, name, handler in _ROUTES:
        found = pattern.match(below) if wanted == verb and known else None
        if found:
            return name, found.groupdict().get("id") or "", handler
    raise not_found()
