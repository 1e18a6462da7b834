"""Products and orders as Clarus takes them, as bytes that are the same whenever they are written again.

Sources: OpenAPI ProductAttributes, GoodsOutAttributes, GoodsOutLineChange, Address and their limits;
api-reference/products:-accounts. Optional fields that are unknown are left out, never sent empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mappings.canonical import Address, Fulfilment, PickLine, Product
from mappings.clarus.facts import Facts, enveloped, number
from mappings.errors import Unmappable

DESCRIPTION = 150
REFERENCE = 50
NOTE = 255
# Clarus's field -> its longest value (OpenAPI Address)
ADDRESS_LIMITS = {
    "address_1": 80,
    "address_2": 80,
    "address_3": 80,
    "address_4": 80,
    "postcode": 10,
    "country_code": 6,
    "email_address": 254,
    "phone_number": 50,
}
ADDRESS_NEEDED = ("name", "address_1", "address_3", "country_code")
PRODUCT_LIMITS = {"code": 50, "commodity_code": 14, "country_of_manufacture": 6}
URGENT, PATIENT = 1, 99  # OpenAPI Priority: 1 is the most urgent


def write_product(product: Product, facts: Facts) -> bytes:
    """The body of create_product and update_product: one SKU, counted in the stock unit type of ``facts``.

    A description longer than 150 characters goes whole into ``long_description``; an empty one is
    the code. The first barcode is sent. Raises Unmappable(kind="bad_product") for a code, commodity
    code or country that Clarus has no room for.
    """
    attributes = _filled(
        {
            "code": product.code,
            "description": (product.description or product.code)[:DESCRIPTION],
            "long_description": product.description if len(product.description) > DESCRIPTION else "",
            "barcode": product.barcodes[0] if product.barcodes else "",
            "commodity_code": product.commodity_code,
            "country_of_manufacture": product.country_of_origin,
            "external_system_reference1": product.stock_id,
        }
    )
    if "code" not in attributes:
        raise Unmappable("code", "", "give the stock item a code in Khaos", kind="bad_product")
    for field, longest in PRODUCT_LIMITS.items():
        if len(attributes.get(field, "")) > longest:
            raise Unmappable(
                field, attributes[field], f"shorten it in Khaos to {longest} characters", kind="bad_product"
            )
    unit = number("stock_unit_type_id", facts.stock_unit_type_id)
    return enveloped("products", {**attributes, "stock_unit_type_id": unit})


def write_assignment(facts: Facts) -> bytes:
    """The body of assign_product: the product may be stocked and ordered by the account."""
    return enveloped("account_products", {"account_id": number("account_id", facts.account_id)})


def write_goods_out(f: Fulfilment, facts: Facts, carriers: Mapping[str, str] | None = None) -> bytes:
    """The body of create_goods_out for one fulfilment.

    ``carriers`` maps Khaos couriers to Clarus carrier codes. Without it no carrier is sent and the
    warehouse's rules choose; with it every courier named by a fulfilment must have a row. A
    priority is sent when it is a number from 1 to 99. The address stands under relationships only
    (``address_3`` = town, ``address_4`` = county): Clarus does not read it from the attributes.

    Raises Unmappable: ``bad_address``, ``sku_unconfirmed`` (a SKU without a product id),
    ``route_unmapped`` (a facility without a warehouse id), ``unknown_carrier``, else ``unmappable``.
    """
    if f.facility not in facts.warehouses:
        raise Unmappable(
            "facility",
            f.facility,
            "no warehouse of the Clarus account has this code: correct `sites`, or link the warehouse to the account",
            kind="route_unmapped",
        )
    attributes: dict[str, Any] = {
        "goods_out_type": "sales_order",
        "account_id": number("account_id", facts.account_id),
        "warehouse_id": number("warehouse_id", facts.warehouses[f.facility]),
        "expected_date_of_dispatch": _utc("dispatch_by", f.dispatch_by),
        "lines_changes": [_line(position, line, facts) for position, line in enumerate(f.lines, start=1)],
        **_filled(
            {
                "reference": _short("reference", f.reference, REFERENCE),
                "external_system_reference1": f.invoice_code,
                "external_system_reference2": f.order_code,
                "order_notes": _short("note", f.notes, NOTE),
                "dispatch_strategy": facts.dispatch_strategy,
            }
        ),
    }
    if "reference" not in attributes or not f.lines:
        raise Unmappable("reference", f.reference, "an order for Clarus needs a reference and at least one line")
    if f.priority.isascii() and f.priority.isdigit() and URGENT <= int(f.priority) <= PATIENT:
        attributes["priority"] = int(f.priority)
    if carriers is not None and f.courier:
        attributes["carrier_id"] = _carrier(f.courier, carriers, facts)
    address = {"data": {"type": "addresses", "attributes": _address(f.address)}}
    return enveloped("goods_outs", attributes, relationships={"address": address})


def _line(position: int, line: PickLine, facts: Facts) -> dict[str, Any]:
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
            "order_quantity": line.quantity,
            "alt_line_number": str(position),
        },
    }


def _carrier(courier: str, carriers: Mapping[str, str], facts: Facts) -> int:
    code = carriers.get(courier, "")
    if code not in facts.carriers:
        raise Unmappable(
            "courier",
            courier,
            "give this courier a row with a carrier code that Clarus knows in the connection's carriers",
            kind="unknown_carrier",
        )
    return number("carrier_id", facts.carriers[code])


def _address(address: Address) -> dict[str, str]:
    attributes = _filled(
        {
            "name": ", ".join(filter(None, (address.name.strip(), address.organisation.strip()))),
            "address_1": address.line1,
            "address_2": ", ".join(filter(None, (address.line2.strip(), address.line3.strip()))),
            "address_3": address.town,
            "address_4": address.county,
            "postcode": address.postcode,
            "country_code": address.country,
            "email_address": address.email,
            "phone_number": address.phone,
        }
    )
    needed = (*ADDRESS_NEEDED, "postcode") if address.country == "GB" else ADDRESS_NEEDED
    for field in needed:
        if field not in attributes:
            raise Unmappable(field, "", "complete the delivery address on the order in Khaos", kind="bad_address")
    for field, longest in ADDRESS_LIMITS.items():
        if len(attributes.get(field, "")) > longest:
            size = f"<{len(attributes[field])} characters>"
            raise Unmappable(
                field, size, f"shorten it on the order in Khaos to {longest} characters", kind="bad_address"
            )
    if "email_address" in attributes and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", attributes["email_address"]):
        raise Unmappable(
            "email_address", "<not an address>", "correct or clear it on the order in Khaos", kind="bad_address"
        )
    return attributes


def _filled(fields: Mapping[str, str]) -> dict[str, Any]:
    return {name: value.strip() for name, value in fields.items() if value.strip()}


def _short(field: str, value: str, longest: int) -> str:
    if len(value) > longest:
        raise Unmappable(field, f"<{len(value)} characters>", f"shorten it in Khaos to {longest} characters")
    return value


def _utc(field: str, moment: datetime) -> str:
    if moment.tzinfo is None:
        raise Unmappable(field, moment.isoformat(), "give this time its zone: Clarus takes instants")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
