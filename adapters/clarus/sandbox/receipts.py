"""REST on goods-in receipts (api-reference/goods-in:-receipts). REST says arrival where GraphQL says receipt."""

from __future__ import annotations

from typing import Any

from adapters.clarus.sandbox.bodies import WORDS
from adapters.clarus.sandbox.books import Record, now
from adapters.clarus.sandbox.checks import attributes, check
from adapters.clarus.sandbox.ordering import owned_product, owned_warehouse
from adapters.clarus.sandbox.refusal import Refusal, invalid, not_found
from adapters.clarus.sandbox.rules import ADDRESS, GOODS_IN, GOODS_IN_LINE
from adapters.clarus.sandbox.tenant import Tenant

DATES = {f"{which}_date_of_arrival": f"{which}_date_of_receipt" for which in ("expected", "actual")}
NOT_HEADER = {"account_id", "warehouse_id", "supplier_id", "lines_changes"}


def create(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """A pending receipt. The answer does not echo its lines, and a reference may be used again."""
    told = check(attributes(body, "goods_in_receipts"), GOODS_IN, ("account_id", "warehouse_id"))
    if told.get("reference") in tenant.switches.reject:
        raise Refusal(tenant.switches.reject[told["reference"]], "The sandbox was told to refuse this receipt")
    account = tenant.books.accounts.rows.get(str(told["account_id"]))
    if account is None:
        raise invalid("account_id", "is unknown")
    header = {
        **_header(tenant, told, body),
        "account": account,
        "warehouse": owned_warehouse(tenant, account, told["warehouse_id"]),
    }
    lines = [_line(tenant, account, change) for change in told.get("lines_changes") or ()]
    return 200, answer(tenant.receiving.book(header, lines), told)


def update(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """The header until it is finished; lines only while it is pending."""
    receipt = find(tenant, an_id)
    told = check(attributes(body, "goods_in_receipts"), GOODS_IN)
    changes = told.get("lines_changes") or ()
    if receipt["status"] in {"COMPLETED", "CANCELLED"} or (changes and receipt["status"] != "PENDING"):
        raise Refusal("goods_in_receipt_already_started", "Receipt was received and can't be changed so")
    prepared = [_change(tenant, receipt, change) for change in changes]
    for kind, line, members in prepared:
        if kind == "ADD":
            tenant.receiving.add_line(receipt, members)
        elif line is not None and kind == "UPDATE":
            line.update(members)
        elif line is not None:
            tenant.receiving.remove_line(line)
    before = str(receipt["reference"])
    receipt.update({**_header(tenant, told, body), "updated_at": now()})
    tenant.books.goods_in_receipts.rekey(receipt, before)
    return 200, answer(receipt, told)


def delete(tenant: Tenant, an_id: str, _: Any) -> tuple[int, Any]:
    """Only while it is pending."""
    receipt = find(tenant, an_id)
    if receipt["status"] != "PENDING":
        raise Refusal("goods_in_receipt_already_started", "Receipt was received and can't be deleted")
    for line in list(receipt["lines"]):
        tenant.receiving.remove_line(line)
    tenant.books.goods_in_receipts.remove(receipt)
    return 204, None


def receive(tenant: Tenant, an_id: str, _: Any) -> tuple[int, Any]:
    """Starts receiving."""
    receipt = find(tenant, an_id)
    tenant.receiving.receive(receipt)
    return 200, answer(receipt, {})


def revert(tenant: Tenant, an_id: str, _: Any) -> tuple[int, Any]:
    """Back to pending."""
    receipt = find(tenant, an_id)
    tenant.receiving.revert(receipt)
    return 200, answer(receipt, {})


def find(tenant: Tenant, an_id: str) -> Record:
    """The receipt with the id in the path, else a 404."""
    receipt = tenant.books.goods_in_receipts.rows.get(an_id)
    if receipt is None:
        raise not_found()
    return receipt


def answer(receipt: Record, told: dict[str, Any]) -> dict[str, Any]:
    """What a call on a receipt is answered with."""
    shown = {
        "account_id": int(receipt["account"]["id"]),
        "warehouse_id": int(receipt["warehouse"]["id"]),
        "reference": receipt["reference"],
        **{name: value for name, value in told.items() if name != "lines_changes"},
        "status": WORDS[receipt["status"]],
    }
    return {"data": {"id": int(receipt["id"]), "type": "goods_in_receipts", "attributes": shown}}


def _header(tenant: Tenant, told: dict[str, Any], body: Any) -> Record:
    header = {DATES.get(name, name): value for name, value in told.items() if name not in NOT_HEADER}
    if header.get("receipt_type", "standard") is None:
        del header["receipt_type"]
    if told.get("supplier_id") is not None:
        header["supplier"] = tenant.books.suppliers.rows.get(str(told["supplier_id"]))
        if header["supplier"] is None:
            raise invalid("supplier_id", "is unknown")
    address = ((body["data"].get("relationships") or {}).get("address") or {}).get("data") or {}
    if address:
        header["address"] = check(address.get("attributes") or {}, ADDRESS)
    return header


def _line(tenant: Tenant, account: Record, change: Any) -> Record:
    if not isinstance(change, dict) or change.get("type") != "ADD":
        raise invalid("lines_changes", "must be of type ADD here")
    told = check(change.get("attributes"), GOODS_IN_LINE, ("product_id", "expected_quantity"))
    product = owned_product(tenant, account, told.pop("product_id"))
    return {**told, "expected_quantity": float(told["expected_quantity"]), "product": product}


def _change(tenant: Tenant, receipt: Record, change: Any) -> tuple[str, Record | None, Record]:
    kind = change.get("type") if isinstance(change, dict) else None
    if kind == "ADD":
        return kind, None, _line(tenant, receipt["account"], change)
    # The schema says DESTROY, the prose REMOVE.
    if kind not in {"UPDATE", "DESTROY", "REMOVE"}:
        raise invalid("lines_changes", "must be of type ADD, UPDATE or DESTROY")
    line = next((one for one in receipt["lines"] if one["id"] == str(change.get("id"))), None)
    if line is None:
        raise invalid("lines_changes", "names a line that the receipt does not have")
    members = check(change.get("attributes") or {}, GOODS_IN_LINE)
    if "product_id" in members:
        members["product"] = owned_product(tenant, receipt["account"], members.pop("product_id"))
    return kind, line, members
