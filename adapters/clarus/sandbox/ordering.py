"""Orders: create, change, delete, cancel (api-reference/goods-out:-orders)."""

from __future__ import annotations

from typing import Any

from adapters.clarus.sandbox.books import STATUSES, Record, now
from adapters.clarus.sandbox.checks import attributes, check
from adapters.clarus.sandbox.refusal import Refusal, invalid, not_found
from adapters.clarus.sandbox.rules import ADDRESS, GOODS_OUT, LINE
from adapters.clarus.sandbox.tenant import Tenant

REQUIRED = ("goods_out_type", "account_id", "reference", "expected_date_of_dispatch")
BY_ID = {row["id"]: row for row in STATUSES.values()}
NOT_STARTED = {"DRAFT", "PENDING"}
CANCELLABLE = {"ALLOCATED", "PART_ALLOCATED", "PART", "PICK"}


def create(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """An order, pending unless the body says draft. The answer does not echo its lines."""
    told = check(attributes(body, "goods_outs"), GOODS_OUT, REQUIRED)
    reference = told["reference"]
    if reference in tenant.switches.reject:
        raise Refusal(tenant.switches.reject[reference], "The sandbox was told to refuse this order")
    books = tenant.books
    if tenant.switches.enforce_unique_reference and books.goods_outs.one(reference):
        raise Refusal("reference_exists", "Reference has already been taken", field="reference")
    account = books.accounts.rows.get(str(told["account_id"]))
    if account is None:
        raise invalid("account_id", "is unknown")
    order: Record = {
        "priority": None,
        "actual_date_of_dispatch": None,
        **{k: v for k, v in told.items() if k not in {"lines_changes", "account_id", "warehouse_id", "carrier_id"}},
        "account": account,
        "warehouse": owned_warehouse(tenant, account, told.get("warehouse_id")),
        "carrier": _known(tenant, "carriers", "carrier_id", told.get("carrier_id")),
        "goods_out_status": BY_ID.get(told.get("goods_out_status_id") or 2, STATUSES["PENDING"]),
        "address": _address(body),
        "lines": [],
        "shipments": [],
        "created_at": now(),
        "updated_at": now(),
        "sent_in_two": False,
    }
    lines = [_line(tenant, account, change) for change in told.get("lines_changes") or ()]
    books.goods_outs.add(order)
    for line in lines:
        line["goods_out"] = order
        order["lines"].append(books.goods_out_lines.add(line))
        tenant.stock.order(line)
    tenant.floor.wait(order)
    tenant.webhooks.fire("goods_out", "created", order)
    return 200, _answer(order, {k: v for k, v in told.items() if k != "lines_changes"})


def update(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """Notes, priority and own fields at any time; lines and address only before work has started."""
    order = _order(tenant, an_id)
    told = check(attributes(body, "goods_outs"), GOODS_OUT)
    started = order["goods_out_status"]["code"] not in NOT_STARTED
    if started and {"lines_changes", "account_id", "warehouse_id", "reference"} & told.keys():
        raise Refusal("goods_out_already_started", "Order has been processed and can't be changed")
    lines = [_line(tenant, order["account"], change) for change in told.pop("lines_changes", None) or ()]
    before = str(order["reference"])
    order.update({k: v for k, v in told.items() if not k.endswith("_id")})
    tenant.books.goods_outs.rekey(order, before)
    for line in lines:
        line["goods_out"] = order
        order["lines"].append(tenant.books.goods_out_lines.add(line))
        tenant.stock.order(line)
    order["updated_at"] = now()
    tenant.webhooks.fire("goods_out", "updated", order)
    return 200, _answer(order, told)


def delete(tenant: Tenant, an_id: str, _: Any) -> tuple[int, Any]:
    """Only before work has started."""
    order = _order(tenant, an_id)
    if order["goods_out_status"]["code"] not in NOT_STARTED:
        raise Refusal("goods_out_already_started", "Order has been processed and can't be deleted")
    _remove(tenant, order)
    return 204, None


def cancel(tenant: Tenant, an_id: str, _: Any) -> tuple[int, Any]:
    """Deletes what was not started, cancels what is being worked on, refuses what has left."""
    order = _order(tenant, an_id)
    status = order["goods_out_status"]["code"]
    if status in NOT_STARTED:
        _remove(tenant, order)
    elif status in CANCELLABLE:
        for line in order["lines"]:
            tenant.stock.release(line)
            tenant.stock.close(line)
        tenant.books.move(order, "CANCELLED")
    elif status == "COMPLETED":
        raise Refusal("goods_out_already_completed", "Order is completed and can't be cancelled")
    if status != "CANCELLED":
        tenant.webhooks.fire("goods_out", "cancelled", order)
    return 200, _answer(order, {"reference": order["reference"]})


def owned_warehouse(tenant: Tenant, account: Record, an_id: int | None) -> Record | None:
    """The building that a body names, in which the account trades; a 422 for another."""
    warehouse = _known(tenant, "warehouses", "warehouse_id", an_id)
    linked = tenant.books.account_warehouses.by_key((account["id"],))
    if warehouse is not None and not any(row["warehouse"] is warehouse for row in linked):
        raise invalid("warehouse_id", "is not linked to the account")
    return warehouse


def owned_product(tenant: Tenant, account: Record, an_id: int) -> Record:
    """The product that a line names, which must be assigned to the account; a 422 for another."""
    product = _known(tenant, "products", "product_id", an_id)
    if product is None or account["id"] not in product["account_ids"]:
        raise Refusal("product_not_assigned_to_account", "Product is not assigned to the account", field="product_id")
    return product


def _order(tenant: Tenant, an_id: str) -> Record:
    order = tenant.books.goods_outs.rows.get(an_id)
    if order is None:
        raise not_found()
    return order


def _remove(tenant: Tenant, order: Record) -> None:
    order["deleted"] = True
    tenant.books.goods_outs.remove(order)
    for line in order["lines"]:
        tenant.stock.close(line)
        tenant.books.goods_out_lines.remove(line)
    tenant.books.deleted.append(order)


def _known(tenant: Tenant, table: str, field: str, an_id: int | None) -> Record | None:
    if an_id is None:
        return None
    found = tenant.books.tables[table].rows.get(str(an_id))
    if found is None:
        raise invalid(field, "is unknown")
    return found


def _line(tenant: Tenant, account: Record, change: Any) -> Record:
    if not isinstance(change, dict) or change.get("type") != "ADD":
        raise invalid("lines_changes", "must be of type ADD here")
    told = check(change.get("attributes"), LINE, ("product_id", "order_quantity"))
    product = owned_product(tenant, account, told["product_id"])
    return {
        **told,
        "order_quantity": float(told["order_quantity"]),
        "allocated_quantity": 0.0,
        "pick_quantity": 0.0,
        "dispatch_quantity": 0.0,
        "short_status": "",
        "product": product,
        "carrier": None,
    }


def _address(body: Any) -> Record:
    told = ((body["data"].get("relationships") or {}).get("address") or {}).get("data") or {}
    return check(told.get("attributes") or {}, ADDRESS)


def _answer(order: Record, told: dict[str, Any]) -> dict[str, Any]:
    shown = {**told, "goods_out_status_id": order["goods_out_status"]["id"]}
    return {"data": {"id": int(order["id"]), "type": "goods_outs", "attributes": shown}}
