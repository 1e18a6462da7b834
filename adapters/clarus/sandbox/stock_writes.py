"""REST on stock records and reason codes (api-reference/stocks, reason-codes). There is no positive adjustment."""

from __future__ import annotations

from typing import Any

from adapters.clarus.sandbox import adjusting, reasons
from adapters.clarus.sandbox.books import Record
from adapters.clarus.sandbox.checks import attributes, check
from adapters.clarus.sandbox.refusal import Refusal, invalid, not_found
from adapters.clarus.sandbox.rules import HOLDING, REASON_CODE, STOCK, STOCK_ACTION
from adapters.clarus.sandbox.tenant import Tenant


def hold(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """POST /api/stocks/hold: whole records, all of them or none."""
    records, told = _records(tenant, body, "available")
    reason = reasons.by_id(tenant.books, told.get("reason_code_id"), "hold")
    for record in records:
        adjusting.hold(tenant.stock, record, record["quantity"], reason, told["description"])
    return 200, _answer(records[0])


def offhold(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """POST /api/stocks/offhold: whole records, all of them or none."""
    records, told = _records(tenant, body, "held")
    reason = reasons.by_id(tenant.books, told.get("reason_code_id"), "release")
    for record in records:
        adjusting.release(tenant.stock, record, record["quantity"], reason, told["description"])
    return 200, _answer(records[0])


def adjust_down(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """POST /api/stocks/{id}/negative_adjustment."""
    record, told = _available(tenant, an_id, body)
    reason = reasons.by_id(tenant.books, told.get("reason_code_id"), "negative_adjustment")
    left = record["quantity"] - told["quantity"]
    adjusting.adjust_down(tenant.stock, record, told["quantity"], reason)
    return 200, _answer({**record, "quantity": left})


def move(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """POST /api/stocks/{id}/move, within the building; answers with the record that holds the moved units."""
    record, told = _available(tenant, an_id, body, "to_location_id")
    to = tenant.books.locations.rows.get(str(told["to_location_id"]))
    if to is None or to["warehouse"] is not record["warehouse"]:
        raise invalid("to_location_id", "must be a location of the same warehouse")
    reason = reasons.by_id(tenant.books, told.get("reason_code_id"))
    return 200, _answer(adjusting.move(tenant.stock, record, told["quantity"], to, reason))


def transfer(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """POST /api/stocks/{id}/transfer, to another account."""
    record, told = _available(tenant, an_id, body, "to_account_id")
    owner = tenant.books.accounts.rows.get(str(told["to_account_id"]))
    if owner is None or owner is record["account"]:
        raise invalid("to_account_id", "must be another account")
    reason = reasons.by_id(tenant.books, told.get("reason_code_id"), "transfer")
    return 200, _answer(adjusting.transfer(tenant.stock, record, told["quantity"], owner, reason))


def update(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """PATCH /api/stocks/{id}: what is written on a record, never how much it is."""
    record = _record(tenant, an_id)
    raw = attributes(body, "stocks")
    told = check(raw, STOCK)
    if isinstance(raw.get("unit_dimensions"), dict):
        told["unit_dimensions"] = raw["unit_dimensions"]
    changed = tenant.stock.shelves.part(record, record["quantity"], **told)
    tenant.stock.movements.write("ATTRUP", changed, changed["quantity"], tenant.stock.shelves.of(changed).balance)
    return 200, _answer(changed, **{name: value for name, value in told.items() if name != "unit_dimensions"})


def create_reason_code(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """POST /api/reason_codes. The code must be free; here the id is text in the answer."""
    told = check(attributes(body, "reason_codes"), REASON_CODE, ("code", "name", "description", "reason_type"))
    if tenant.books.reason_codes.one(told["code"]):
        raise Refusal("validation_failed", "code has already been taken", field="code")
    row = reasons.add(tenant.books, {"generic": False, **{name: v for name, v in told.items() if v is not None}})
    shown = {name: row[name] for name in ("code", "name", "description", "reason_type", "active", "generic")}
    return 200, {"data": {"id": row["id"], "type": "reason_codes", "attributes": shown}}


def _record(tenant: Tenant, an_id: str) -> Record:
    record = tenant.books.stocks.rows.get(an_id)
    if record is None:
        raise not_found()
    return record


def _records(tenant: Tenant, body: Any, status: str) -> tuple[list[Record], dict[str, Any]]:
    told = check(body, HOLDING, ("ids", "description"))
    ids = [str(one) for one in told["ids"] if isinstance(one, int)]
    if not ids or len(ids) != len(told["ids"]):
        raise Refusal("empty_ids_provided", "No ids were provided", field="ids")
    records = [tenant.books.stocks.rows.get(one) for one in dict.fromkeys(ids)]
    good = [record for record in records if record is not None and record["status"] == status]
    if len(good) != len(records):
        raise Refusal("invalid_ids_provided", f"Some ids are not of {status} stock", field="ids")
    return good, told


def _available(tenant: Tenant, an_id: str, body: Any, *more: str) -> tuple[Record, dict[str, Any]]:
    record = _record(tenant, an_id)
    told = check(attributes(body, "stocks"), STOCK_ACTION, ("quantity", *more))
    if record["status"] != "available" or told["quantity"] > record["quantity"]:
        raise invalid("quantity", "must be <= available")
    return record, told


def _answer(record: Record, **more: Any) -> dict[str, Any]:
    shown = {name: record.get(name) for name in ("status", "quantity", "description", "string1")}
    return {"data": {"id": int(record["id"]), "type": "stocks", "attributes": {**shown, **more}}}
