"""A delivery at the door: booked or found by its reference, taken in and put away, the bad units on hold."""

from __future__ import annotations

from functools import partial
from typing import Any

from adapters.clarus.sandbox import adjusting, places, reasons
from adapters.clarus.sandbox.books import Record
from adapters.clarus.sandbox.tenant import Tenant

OVER = {"COMPLETED", "CANCELLED"}
KINDS = {"standard": 1, "return": 2}  # receipt_type -> goods_in_receipt_kind_id
REFERENCES = tuple(f"external_system_reference{n}" for n in (1, 2, 3))


def deliver(tenant: Tenant, told: Record) -> Any:
    """Receives ``lines``, each ``{product, quantity?, good?, held?: {reason: units}}``; answers with the receipt.

    The last receipt of the reference that is not over goes on, else one is booked. ``quantity`` is what is expected
    (by default what comes); what of it does not come is still expected, unless ``close`` says that this was all.
    ``at_once`` does it now, else the floor does it on its clock.
    """
    account, warehouse = tenant.owner(told), tenant.building(told)
    arriving = [_arriving(tenant, account, one) for one in told["lines"]]
    same = tenant.books.goods_in_receipts.by_key((told["reference"],))
    going_on = [one for one in same if one["status"] not in OVER and one["warehouse"] is warehouse]
    receipt = going_on[-1] if going_on else _book(tenant, told, account, warehouse)
    came = [(_line(tenant, receipt, line), parts) for line, parts in arriving]
    if receipt["status"] == "PENDING":
        tenant.receiving.receive(receipt)
    # All tasks are there before the first is done: a receipt is over when none is open.
    planned = [(_task(tenant, line, units), units, reason) for line, parts in came for reason, units in parts]
    if told.get("close"):
        planned += [(task, 0.0, None) for task in tenant.receiving.tasks(receipt) if _is_free(task)]
    for task, units, reason in planned:
        chore = partial(_take_in, tenant, task, units, reason, at_once=bool(told.get("at_once")))
        if told.get("at_once"):
            chore()
        else:
            tenant.floor.later("receive_seconds", chore)
    lines = [{"id": int(line["id"]), "product": line["product"]["code"]} for line in receipt["lines"]]
    return {"receipt": int(receipt["id"]), "status": receipt["status"], "lines": lines}


def _arriving(tenant: Tenant, account: Record, told: Record) -> tuple[Record, list[tuple[Record | None, float]]]:
    """A line as it would be booked, and what comes of it: (reason if held, units)."""
    held = [(reasons.by_code(tenant.books, code), float(n)) for code, n in (told.get("held") or {}).items()]
    good = told.get("good", 0) if "good" in told or held else told["quantity"]
    parts: list[tuple[Record | None, float]] = [(None, float(good)), *held]
    line: Record = {
        "product": tenant.product(account, str(told["product"])),
        "expected_quantity": float(told.get("quantity", sum(units for _, units in parts))),
        **{name: told[name] for name in ("alt_line_number", "string1") if name in told},
    }
    return line, [(reason, units) for reason, units in parts if units > 0]


def _book(tenant: Tenant, told: Record, account: Record, warehouse: Record) -> Record:
    kind = str(told.get("kind", "standard"))
    header = {
        "account": account,
        "warehouse": warehouse,
        "reference": told["reference"],
        "receipt_type": kind,
        "goods_in_receipt_kind_id": KINDS.get(kind),
        **{name: told.get(name) for name in REFERENCES},
    }
    if told.get("supplier"):
        header["supplier"] = tenant.supplier(str(told["supplier"]))
    return tenant.receiving.book(header, [])


def _line(tenant: Tenant, receipt: Record, wanted: Record) -> Record:
    known: list[Record] = receipt["lines"]
    for line in known:
        number = wanted.get("alt_line_number", line["alt_line_number"])
        if line["product"] is wanted["product"] and line["alt_line_number"] == number:
            return line
    line = tenant.receiving.add_line(receipt, wanted)
    if receipt["status"] != "PENDING":
        tenant.receiving.add_task("RCV", line, line["expected_quantity"])
    return line


def _task(tenant: Tenant, line: Record, units: float) -> Record:
    """An open receive task for so many units: one of the line's, split where it is for more."""
    task = next((one for one in tenant.books.tasks.by_key((line["id"],)) if _is_free(one)), None)
    if task is None or units < task["start_quantity"]:
        if task is not None:
            task["start_quantity"] -= units
        task = tenant.receiving.add_task("RCV", line, units)
    task["planned"] = True
    return task


def _is_free(task: Record) -> bool:
    return task["task_type"]["code"] == "RCV" and task["status"] == "AVAILABLE" and not task.get("planned")


def _take_in(tenant: Tenant, task: Record, units: float, reason: Record | None, *, at_once: bool) -> None:
    if task["status"] != "AVAILABLE":
        return  # someone did it over the API meanwhile
    put_away = tenant.receiving.take_in(task, units)
    chore = partial(_put_away, tenant, put_away, reason)
    if at_once:
        chore()
    else:
        tenant.floor.later("putaway_seconds", chore)


def _put_away(tenant: Tenant, task: Record | None, reason: Record | None) -> None:
    # It may have been put away over the API, or taken back, meanwhile.
    if task is None or task["status"] != "AVAILABLE" or task["id"] not in tenant.books.tasks.rows:
        return
    units = task["stock"]["quantity"]
    if reason is None:
        tenant.receiving.put_away(task, units, task["location_to"])
        return
    apart = places.quarantine(tenant.books, task["warehouse"], reason)
    record = tenant.receiving.put_away(task, units, apart)
    line = task["goods_in_receipt_line"]
    adjusting.hold(tenant.stock, record, units, reason, "Held at goods in", receipt_line=line)
