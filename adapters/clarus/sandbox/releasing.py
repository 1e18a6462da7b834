"""Release of orders to picking, and what happens to lines without stock (api-reference/goods-out:-processing)."""

from __future__ import annotations

import secrets
from typing import Any

from adapters.clarus.sandbox.books import Record, now
from adapters.clarus.sandbox.refusal import Refusal, invalid
from adapters.clarus.sandbox.tenant import Tenant


def process_picks(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """One pick processing request per order, worked off soon after."""
    orders = _orders(tenant, body)
    for order in orders:
        if order["goods_out_status"]["code"] not in {"PENDING", "ALLOCATED"}:
            raise Refusal("goods_out_already_allocated", "Order has been processed already")
    references = []
    for order in orders:
        request = tenant.books.pick_processing_requests.add(
            {
                "status": "pending",
                "process_reference": secrets.token_hex(6),
                "message": None,
                "goods_out": order,
                "created_at": now(),
                "updated_at": now(),
            }
        )
        references.append(request["process_reference"])
        tenant.floor.process(request)
    return 200, {"process_references": references}


def short_order_lines(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """Part-allocated orders go on with what is allocated; the rest of them is short."""
    orders = _orders(tenant, body)
    if not isinstance(body.get("description"), str):
        raise invalid("description", "can't be blank")
    for order in orders:
        if order["goods_out_status"]["code"] != "PART_ALLOCATED" or not order["account"]["is_short_pickable"]:
            raise Refusal("goods_out_not_part_allocated", "Order can't be shorted")
    for order in orders:
        tenant.floor.short(order)
    return 204, None


def _orders(tenant: Tenant, body: Any) -> list[Record]:
    ids = body.get("ids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not ids:
        raise Refusal("empty_ids_provided", "No ids were provided")
    orders = [tenant.books.goods_outs.rows.get(str(one)) for one in ids if isinstance(one, int)]
    found = [order for order in orders if order is not None]
    if len(found) != len(ids):
        raise Refusal("invalid_ids_provided", "Some ids are invalid")
    return found
