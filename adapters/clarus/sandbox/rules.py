"""What each kind of body may hold, as rows: the rules of the OpenAPI schemas."""

from __future__ import annotations

from adapters.clarus.sandbox.checks import Rules

CUSTOM_FIELDS: Rules = {
    **{f"string{n}": ("text", 255) for n in range(1, 6)},
    **{f"integer{n}": ("int", None) for n in range(1, 6)},
    **{f"datetime{n}": ("date", None) for n in range(1, 6)},
    **{f"boolean{n}": ("bool", None) for n in range(1, 6)},
}
REFERENCES: Rules = {f"external_system_reference{n}": ("text", 255) for n in (1, 2, 3)}
OWN_FIELDS: Rules = {**REFERENCES, **CUSTOM_FIELDS}
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


STOCK: Rules = {
    **CUSTOM_FIELDS,
    "description": ("text", 65535),
    "stock_configuration": ("one of", ("unit", "case", "inner", "outer")),
    **dict.fromkeys(("height", "width", "depth"), ("from", 0)),
}
STOCK_ACTION: Rules = {
    "quantity": ("above", 0),
    "to_location_id": ("int", 1),
    "to_account_id": ("int", 1),
    "reason_code_id": ("int", 1),
}
HOLDING: Rules = {"ids": ("list", None), "description": ("text", 65535), "reason_code_id": ("int", 1)}
REASON_CODE: Rules = {
    "code": ("text", 30),
    "name": ("text", 50),
    "description": ("text", 150),
    "reason_type": (
        "one of",
        (
            "negative_adjustment",
            "positive_adjustment",
            "hold",
            "release",
            "short_order_lines",
            "transfer",
            "stock_check",
        ),
    ),
    "active": ("bool", None),
    "generic": ("bool", None),
    **REFERENCES,
}
# ``receipt_type`` and ``goods_in_receipt_kind_id`` are not in the OpenAPI file: some tenants take them for returns.
GOODS_IN: Rules = {
    **OWN_FIELDS,
    "account_id": ("int", 1),
    "warehouse_id": ("int", 1),
    "reference": ("text", 255),
    "supplier_id": ("int", 1),
    "expected_date_of_arrival": ("date", None),
    "actual_date_of_arrival": ("date", None),
    "notes": ("text", 65535),
    "receipt_type": ("text", 50),
    "goods_in_receipt_kind_id": ("int", 1),
    "lines_changes": ("list", None),
}
GOODS_IN_LINE: Rules = {
    **OWN_FIELDS,
    "product_id": ("int", 1),
    "expected_quantity": ("above", 0),
    **{f"alt_{name}": ("text", 255) for name in ("line_number", "line_reference", "line_note", "product_code")},
}
TASK: Rules = {
    **CUSTOM_FIELDS,
    "status": ("text", 50),
    "priority": ("int", None),
    "notes": ("text", 65535),
    "confirmed_quantity": ("from", 0),
    "location_to_id": ("int", 1),
    "storage_unit_to_id": ("int", 1),
    "serial_numbers": ("list", None),
}
