"""The GraphQL lists that are read: root, type of the filter, node fields, and fields that only some tenants have.

Source: the OpenAPI file's ``/graphql#List…`` operations and their examples; ``node`` holds documented
fields only. What stands under ``extras`` is unpublished: it is asked for where the tenant's schema has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Extra:
    """A node field that is not documented: what is written into a query, and the fields below it that must exist."""

    selection: str
    below: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """One list query of Clarus. ``arguments`` are written behind those that every list takes."""

    root: str
    filter_type: str
    node: str
    arguments: str = ""
    extras: Mapping[str, Extra] = field(default_factory=dict)

    @property
    def node_type(self) -> str:
        """The name of the node's type: that of its filter without the ending, as the published filters suggest."""
        return self.filter_type.removesuffix("FilterType")


REASON = Extra("reason_code { code }", frozenset({"code"}))

LISTINGS: dict[str, Listing] = {
    row.root: row
    for row in (
        Listing("accounts", "AccountFilterType", "id code name"),
        Listing("account_warehouses", "AccountWarehouseFilterType", "id warehouse { id code }"),
        Listing("carriers", "CarrierFilterType", "id code active"),
        Listing("stock_unit_types", "StockUnitTypeFilterType", "id code"),
        Listing("products", "ProductsFilterType", "id code barcode description commodity_code country_of_manufacture"),
        Listing("account_products", "AccountProductFilterType", "id account { id } product { id code }"),
        Listing(
            "goods_outs",
            "GoodsOutsFilterType",
            "id reference priority expected_date_of_dispatch goods_out_status { code name } "
            "account { id code } warehouse { id code } carrier { id code }",
        ),
        Listing(
            "goods_out_lines",
            "GoodsOutLineFilterType",
            "id order_quantity allocated_quantity pick_quantity dispatch_quantity short_status "
            "product { id code } goods_out { id reference }",
        ),
        Listing(
            "shipments",
            "ShipmentFilterType",
            "id reference status packages_count carrier { id code } carrier_service { id code }",
        ),
        Listing("packages", "PackageFilterType", "id tracking_number shipment { id reference }"),
        Listing("automations", "AutomationFilterType", "id name resource_name event enabled"),
        Listing("reason_codes", "ReasonCodeFilterType", "id code name description reason_type active generic"),
        Listing(
            "stocks",
            "StockFilterType",
            "id quantity status fifo_date product { id code } location { id code } account { id code }",
            extras={"reason_code": REASON, "string1": Extra("string1")},  # string1 is the batch by custom
        ),
        Listing(
            "transactions",
            "TransactionFilterType",
            "id subtype category quantity created_at product { id code } account { id code } "
            "location_from { id code } location_to { id code }",
            arguments=", include_archived: false",
            extras={"reason_code": REASON},
        ),
        Listing(
            "tasks",
            "TaskFilterType",
            "id status subtype start_quantity confirmed_quantity created_at product { id code } task_type { id code } "
            "location_from { id code } location_to { id code }",
            extras={
                "goods_in_receipt_line": Extra(
                    "goods_in_receipt_line { id goods_in_receipt { id reference } }",
                    frozenset({"id", "goods_in_receipt"}),
                )
            },
        ),
        Listing(
            "goods_in_receipts",
            "InboundGoodFilterType",
            "id reference status receipt_type expected_date_of_receipt actual_date_of_receipt notes "
            "account { id code } warehouse { id code }",
            extras={name: Extra(name) for name in ("external_system_reference1", "external_system_reference2")},
        ),
    )
}
