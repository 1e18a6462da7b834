"""REST on tasks: receive tasks (api-reference/goods-in:-receipts) and PATCH /api/tasks/{id} (api-reference/tasks)."""

from __future__ import annotations

from typing import Any

from adapters.clarus.sandbox.books import Record
from adapters.clarus.sandbox.checks import attributes, check
from adapters.clarus.sandbox.refusal import Refusal, invalid, not_found
from adapters.clarus.sandbox.rules import TASK
from adapters.clarus.sandbox.tenant import Tenant

TO_COMPLETE = ("confirmed_quantity", "location_to_id", "storage_unit_to_id")
# relationship -> its type; an inbound good is a receipt, an inbound item its line
RELATED = {
    "account": "accounts",
    "warehouse": "warehouses",
    "product": "products",
    "location_from": "locations",
    "location_to": "locations",
    "task_type": "task_types",
    "goods_out": "goods_outs",
    "stock": "stocks",
}


def receive(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """POST /api/receive_tasks/{id}/receive: into the goods-in bay unless another location is named."""
    task = _task(tenant, an_id, "RCV")
    told = check(attributes(body, "tasks"), TASK)
    tenant.receiving.take_in(task, _units(task, told), _place(tenant, task, told), **_unit(told))
    return 204, None


def receive_to_putaway_location(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """POST /api/receive_tasks/{id}/receive_to_putaway_location: no bay, and no put-away task."""
    task = _task(tenant, an_id, "RCV")
    told = check(attributes(body, "tasks"), TASK, ("location_to_id",))
    tenant.receiving.take_in(task, _units(task, told), _place(tenant, task, told), to_shelf=True, **_unit(told))
    return 204, None


def update(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """PATCH /api/tasks/{id}: notes and the like, or its completion with all that its type needs."""
    task = _task(tenant, an_id)
    told = check(attributes(body, "tasks"), TASK)
    place = _place(tenant, task, told)
    if str(told.get("status") or "").lower() == "completed":
        check(told, TASK, TO_COMPLETE)
        units = float(told["confirmed_quantity"])
        if task["task_type"]["code"] == "RCV":
            tenant.receiving.take_in(task, units, place, **_unit(told))
        elif place is not None:
            tenant.receiving.put_away(task, units, place, **_unit(told))
    elif task["status"] == "COMPLETED":
        raise Refusal("task_not_available", "Task is completed and can't be changed")
    else:
        task.update({name: told[name] for name in ("priority", "notes", "confirmed_quantity") if name in told})
        if place is not None:
            task["location_to"] = place
    return 200, _answer(task)


def _task(tenant: Tenant, an_id: str, kind: str = "") -> Record:
    task = tenant.books.tasks.rows.get(an_id)
    if task is None or (kind and task["task_type"]["code"] != kind):
        raise not_found()
    return task


def _units(task: Record, told: dict[str, Any]) -> float:
    units = told.get("confirmed_quantity")
    return float(task["start_quantity"] if units is None else units)


def _place(tenant: Tenant, task: Record, told: dict[str, Any]) -> Record | None:
    an_id = told.get("location_to_id")
    place = tenant.books.locations.rows.get(str(an_id))
    if an_id is not None and (place is None or place["warehouse"] is not task["warehouse"]):
        raise invalid("location_to_id", "must be a location of the same warehouse")
    return place


def _unit(told: dict[str, Any]) -> Record:
    """The storage unit that the stock lands in: none is made here, so that any id is one."""
    an_id = told.get("storage_unit_to_id")
    return {} if an_id is None else {"storage_unit": {"id": str(an_id), "reference": f"SU{an_id:08d}"}}


def _answer(task: Record) -> dict[str, Any]:
    names = ("status", "subtype", "start_quantity", "confirmed_quantity", "created_at", "completed_at")
    line = task["goods_in_receipt_line"]
    related = {name: _reference(task.get(name), kind) for name, kind in RELATED.items()}
    related["inbound_good"] = _reference(line["goods_in_receipt"], "inbound_goods")
    related["inbound_item"] = _reference(line, "inbound_items")
    shown = {name: task.get(name) for name in (*names, "priority", "notes")}
    return {"data": {"id": task["id"], "type": "tasks", "attributes": shown, "relationships": related}}


def _reference(record: Record | None, kind: str) -> dict[str, Any]:
    return {"data": None if record is None else {"id": record["id"], "type": kind}}
