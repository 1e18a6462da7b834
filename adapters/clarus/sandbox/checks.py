"""What the tenant refuses in a body: missing, mistyped or overlong fields, by the OpenAPI schemas' rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.clarus.sandbox.refusal import invalid

# field -> ("text", longest) | ("int", least) | ("above", floor) | ("bool", None) | ("date", None) | ("list", None)
# | ("one of", words); a name that no row has is ignored, as the vendor ignores it
Rules = Mapping[str, tuple[str, Any]]

OWN_FIELDS: Rules = {
    **{f"external_system_reference{n}": ("text", 255) for n in (1, 2, 3)},
    **{f"string{n}": ("text", 255) for n in range(1, 6)},
    **{f"integer{n}": ("int", None) for n in range(1, 6)},
    **{f"datetime{n}": ("date", None) for n in range(1, 6)},
    **{f"boolean{n}": ("bool", None) for n in range(1, 6)},
}
PRODUCT: Rules = {
    **OWN_FIELDS,
    "description": ("text", 150),
    "stock_unit_type_id": ("int", 1),
    "code": ("text", 50),
    "long_description": ("text", 65535),
    "barcode": ("text", 255),
    "commodity_code": ("text", 14),
    "country_of_manufacture": ("text", 6),
    "customs_description": ("text", 255),
    "shelf_life_min": ("int", 1),
    "shelf_life_max": ("int", 1),
    "product_type": ("one of", ("single", "bill_of_materials")),
}
GOODS_OUT: Rules = {
    **OWN_FIELDS,
    "goods_out_type": ("one of", ("sales_order", "work_order", "crossdock")),
    "account_id": ("int", 1),
    "reference": ("text", 50),
    "expected_date_of_dispatch": ("date", None),
    "warehouse_id": ("int", 1),
    "carrier_id": ("int", 1),
    "carrier_service_id": ("int", 1),
    "customer_id": ("int", 1),
    "priority": ("int", 1),
    **{f"{kind}_notes": ("text", 255) for kind in ("delivery", "order", "pick", "packing")},
    "goods_out_status_id": ("int", 1),
    "dispatch_strategy": ("one of", ("manual", "auto", "load", "shipment", "auto_shipment")),
    "pick_type": ("one of", ("standard", "tote")),
    "lines_changes": ("list", None),
}
LINE: Rules = {
    **OWN_FIELDS,
    "product_id": ("int", 1),
    "order_quantity": ("above", 0),
    "alt_line_number": ("text", 255),
    "alt_line_reference": ("text", 255),
    "alt_line_note": ("text", 255),
    "stock_configuration": ("one of", ("unit", "case", "inner", "outer")),
}
ADDRESS: Rules = {
    "name": ("text", 255),
    **{f"address_{n}": ("text", 80) for n in range(1, 6)},
    "postcode": ("text", 10),
    "country_code": ("text", 6),
    "email_address": ("text", 254),
    "phone_number": ("text", 50),
}
AUTOMATION: Rules = {
    "resource_name": ("text", 255),
    "event": ("text", 255),
    "enabled": ("bool", None),
    "name": ("text", 255),
    "conditions_changes": ("list", None),
    "actions_changes": ("list", None),
}
SHIPMENT: Rules = {
    **OWN_FIELDS,
    "goods_out_id": ("int", 1),
    "carrier_id": ("int", 1),
    "reference": ("text", 255),
    "tracking_number": ("text", 255),
    "packages_changes": ("list", None),
}
PACKAGE: Rules = {
    "storage_unit_type_id": ("int", 1),
    "shipment_id": ("int", 1),
    "tracking_number": ("text", 255),
}


def attributes(body: Any, kind: str) -> dict[str, Any]:
    """The attributes of an enveloped body of the right type, else a 422."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise invalid("data", "is missing")
    if data.get("type") != kind:
        raise invalid("type", f"must be {kind}")
    if not isinstance(data.get("attributes"), dict):
        raise invalid("attributes", "is missing")
    told: dict[str, Any] = data["attributes"]
    return told


def check(told: Any, rules: Rules, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The members of ``told`` that ``rules`` know, each found good; a 422 naming the first that is not."""
    if not isinstance(told, dict):
        raise invalid("attributes", "must be an object")
    for field in required:
        if told.get(field) in (None, ""):
            raise invalid(field, "can't be blank")
    known = {field: value for field, value in told.items() if field in rules}
    for field, value in known.items():
        kind, bound = rules[field]
        if value is not None:
            _check_one(field, value, kind, bound)
    return known


def _check_one(field: str, value: Any, kind: str, bound: Any) -> None:
    if not KINDS[kind](value, bound):
        raise invalid(field, f"is invalid (must be {kind}{'' if bound is None else f' {bound}'})")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


KINDS: dict[str, Callable[[Any, Any], bool]] = {
    "text": lambda value, longest: isinstance(value, str) and len(value) <= longest,
    "int": lambda value, least: _is_whole(value) and (least is None or value >= least),
    "above": lambda value, floor: _is_number(value) and value > floor,
    "bool": lambda value, _: isinstance(value, bool),
    "date": lambda value, _: isinstance(value, str) and _is_date(value),
    "list": lambda value, _: isinstance(value, list),
    "one of": lambda value, words: isinstance(value, str) and value in words,
}
