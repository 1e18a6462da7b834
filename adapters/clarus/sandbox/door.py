"""What people in the building do when ``/_sandbox/floor`` tells them to: adjust, hold, release, move, receive.

A body is one action or ``{"actions": [...]}``; what comes before one that is refused stays done. Products, buildings,
reasons and locations are named by code; ``warehouse`` and ``account`` may be left out where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from adapters.clarus.sandbox import adjusting, places, reasons
from adapters.clarus.sandbox.books import Record
from adapters.clarus.sandbox.delivering import deliver
from adapters.clarus.sandbox.refusal import invalid
from adapters.clarus.sandbox.shelves import Shelf
from adapters.clarus.sandbox.tenant import Tenant


def act(tenant: Tenant, told: dict[str, Any]) -> dict[str, Any]:
    """Does what is told; ``done`` has one object for each action, in order. Refusals are raised."""
    done = []
    for action in told.get("actions", [told]):
        for name, wanted in action.items():
            if name not in ACTIONS:
                raise invalid(name, f"is no action: there are {', '.join(ACTIONS)}")
            done.append({name: ACTIONS[name](tenant, wanted)})
    return {"done": done}


def _adjust(tenant: Tenant, told: Record) -> Any:
    """``quantity`` is signed; a loss comes off available units, or off those held for ``held_for``."""
    shelf, units = _shelf(tenant, told), float(told["quantity"])
    reason = reasons.by_code(tenant.books, told.get("reason", "FOUND" if units > 0 else "LOST"))
    if units > 0:
        place = places.place(tenant.books, shelf.balance["warehouse"], told.get("location", places.SHELF))
        return {"transactions": [adjusting.adjust_up(tenant.stock, shelf, units, place, reason)["id"]]}
    status = "held" if "held_for" in told else "available"
    chosen = adjusting.choose(shelf, status, -units, partial(_held_for, told.get("held_for")))
    made = [adjusting.adjust_down(tenant.stock, record, taken, reason) for record, taken in chosen]
    return {"transactions": [one["id"] for one in made]}


def _hold(tenant: Tenant, told: Record) -> Any:
    reason = reasons.by_code(tenant.books, told.get("reason", "QC"))
    chosen = adjusting.choose(_shelf(tenant, told), "available", _units(told))
    note = told.get("description", "")
    return {"stocks": [adjusting.hold(tenant.stock, one, taken, reason, note)["id"] for one, taken in chosen]}


def _release(tenant: Tenant, told: Record) -> Any:
    """``reason`` is why they are good again if its type is release, else what they are held for."""
    reason = reasons.by_code(tenant.books, told.get("reason", "RELEASE"))
    held_for = told.get("held_for")
    if reason["reason_type"] != "release":
        held_for, reason = reason["code"], reasons.by_code(tenant.books, "RELEASE")
    chosen = adjusting.choose(_shelf(tenant, told), "held", _units(told), partial(_held_for, held_for))
    note = told.get("description", "")
    return {"stocks": [adjusting.release(tenant.stock, one, taken, reason, note)["id"] for one, taken in chosen]}


def _move(tenant: Tenant, told: Record) -> Any:
    shelf = _shelf(tenant, told)
    to = places.place(tenant.books, shelf.balance["warehouse"], told["to"])
    chosen = adjusting.choose(shelf, "available", _units(told), lambda record: record["location"] is not to)
    return {"stocks": [adjusting.move(tenant.stock, record, taken, to)["id"] for record, taken in chosen]}


def _unreceive(tenant: Tenant, told: Record) -> Any:
    receipt = _receipt(tenant, told)
    tenant.receiving.take_back(receipt)
    return {"receipt": receipt["id"]}


def _cancel_receipt(tenant: Tenant, told: Record) -> Any:
    receipt = _receipt(tenant, told)
    tenant.receiving.cancel(receipt)
    return {"receipt": receipt["id"]}


def _units(told: Record) -> float:
    units = float(told["quantity"])
    if units <= 0:
        raise invalid("quantity", "must be above 0")
    return units


def _held_for(code: str | None, record: Record) -> bool:
    return code is None or (record["reason_code"] or {}).get("code") == code


def _shelf(tenant: Tenant, told: Record) -> Shelf:
    account, warehouse = tenant.owner(told), tenant.building(told)
    return tenant.stock.shelves.shelf(warehouse, account, tenant.product(account, str(told["product"])))


def _receipt(tenant: Tenant, told: Record) -> Record:
    found = list(tenant.books.goods_in_receipts.by_key((told["reference"],)))
    if not found:
        raise invalid("reference", f"{told['reference']} is no receipt")
    return found[-1]


ACTIONS: dict[str, Callable[[Tenant, Record], Any]] = {
    "adjust": _adjust,
    "hold": _hold,
    "release": _release,
    "move": _move,
    "receive": deliver,
    "unreceive": _unreceive,
    "cancel_receipt": _cancel_receipt,
}
