"""A return that was announced, as the goods-in receipt that the warehouse shall expect.

Sources: OpenAPI GoodsInReceiptAttributes and GoodsInReceiptLineChange. Clarus has no returns resource;
what tells a return from other goods in is a tenant's own setting (``Facts.receipt_kind``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from mappings.canonical import AdvisedLine, ReturnAdvice
from mappings.clarus.facts import Facts, enveloped, number
from mappings.clarus.values import text, whole, within
from mappings.clarus.writing import REFERENCE
from mappings.errors import Unmappable

# Clarus's REST member -> the GraphQL object that shows its id
OWNERS = {"account_id": "account", "warehouse_id": "warehouse"}
# What is compared where the tenant's schema shows it
SHOWN = ("external_system_reference1", "external_system_reference2")


def write_return_receipt(advice: ReturnAdvice, facts: Facts) -> bytes:
    """The body of create_goods_in_receipt for one advice, the same bytes whenever it is written.

    Reference, first external reference and every line's batch (``string1``) are the RMA reference, so
    that the goods are known by it on the shelf; the second external reference is the sales order. The
    tenant's ``receipt_kind`` is added, and changes none of our own members.

    Raises:
        Unmappable: ``route_unmapped`` (a facility without a warehouse id), ``sku_unconfirmed`` (a SKU
            without a product id), else ``unmappable``.
    """
    if advice.facility not in facts.warehouses:
        raise Unmappable(
            "facility",
            advice.facility,
            "no warehouse of the Clarus account has this code: correct `sites`, or link the warehouse to the account",
            kind="route_unmapped",
        )
    if not (advice.reference and len(advice.reference) <= REFERENCE and advice.lines):
        why = f"a return for Clarus needs a reference of at most {REFERENCE} characters and at least one line"
        raise Unmappable("reference", advice.reference, why)
    attributes: dict[str, Any] = {
        **facts.receipt_kind,
        "account_id": number("account_id", facts.account_id),
        "warehouse_id": number("warehouse_id", facts.warehouses[advice.facility]),
        "reference": advice.reference,
        "external_system_reference1": advice.reference,
        "lines_changes": [_line(n, line, advice.reference, facts) for n, line in enumerate(advice.lines, start=1)],
    }
    if advice.order_code:
        attributes["external_system_reference2"] = advice.order_code
    if advice.expected_on is not None:
        attributes["expected_date_of_arrival"] = f"{advice.expected_on.isoformat()}T00:00:00Z"
    return enveloped("goods_in_receipts", attributes)


def same_receipt(wire: bytes, detail: Mapping[str, Any]) -> bool:
    """Whether the receipt of ``detail`` (as ``read_receipt`` takes it) is what the frozen ``wire`` asked for.

    Reference, account, building and, where shown, the external references must agree. Clarus lists no
    receipt lines: as far as lines have receive tasks, none may be for another product or for more units.
    """
    sent = json.loads(wire)["data"]["attributes"]
    shown: Mapping[str, Any] = detail["goods_in_receipt"]
    if text(shown.get("reference")) != sent["reference"]:
        return False
    if any(within(shown.get(name), "id") != str(sent[member]) for member, name in OWNERS.items()):
        return False
    if any(shown.get(name) is not None and text(shown[name]) != sent.get(name, "") for name in SHOWN):
        return False
    expected: Counter[str] = Counter()
    for change in sent["lines_changes"]:
        expected[str(change["attributes"]["product_id"])] += change["attributes"]["expected_quantity"]
    taken = (task for line in detail["lines"] for task in line["tasks"] if _receives(task))
    return all(
        whole(task.get("start_quantity"), "tasks.start_quantity") <= expected[within(task.get("product"), "id")]
        for task in taken
    )


def _receives(task: Mapping[str, Any]) -> bool:
    return within(task.get("task_type"), "code").upper() == "RCV"


def _line(position: int, line: AdvisedLine, batch: str, facts: Facts) -> dict[str, Any]:
    if line.sku not in facts.products:
        raise Unmappable(
            "sku",
            line.sku,
            "Clarus has not confirmed this product for the account: send the product first",
            kind="sku_unconfirmed",
        )
    return {
        "type": "ADD",
        "attributes": {
            "product_id": number("product_id", facts.products[line.sku]),
            "expected_quantity": line.quantity,
            "alt_line_number": str(position),
            "string1": batch,
        },
    }
