"""The GraphQL lists that are read: root, filter type and node fields, and how pages follow each other.

Source: the OpenAPI file's ``/graphql#List…`` operations and their examples; only documented fields
and filters are used. The real path is ``POST /graphql``; cursors are Relay's; the largest page is
unpublished, and the vendor's own tools ask for 100.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.errors import Garbled

PAGE = 100

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list query of Clarus: its root field, the type of its filter, the node fields we read."""

    root: str
    filter_type: str
    node: str


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
    )
}


def query(asked: Mapping[str, str]) -> str:
    """The document that reads several lists at once: ``asked`` maps an alias to a root of LISTINGS.

    An alias ``a`` takes the variables ``$a`` (its filter) and ``$a_after`` (its cursor).
    """
    variables = ", ".join(f"${a}: {LISTINGS[r].filter_type}, ${a}_after: String" for a, r in asked.items())
    fields = " ".join(
        f"{a}: {r} {{ all(filter: ${a}, first: {PAGE}, after: ${a}_after) {{ "
        f"pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {LISTINGS[r].node} }} }} }} }}"
        for a, r in asked.items()
    )
    return f"query({variables}) {{ {fields} }}"


def nodes(ask: Ask, root: str, conditions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of one list, page after page, with its ids as str. Raises what ``ask`` raises, and Garbled."""
    yield from read_together(ask, {"list": (root, conditions)}, lazily=True)


def read_together(
    ask: Ask, wanted: Mapping[str, tuple[str, dict[str, Any]]], *, lazily: bool = False
) -> Iterator[dict[str, Any]]:
    """The nodes of several lists, asked for in one request per round of pages.

    ``wanted`` maps an alias to (root, filter). Each node has the alias that it answers under
    ``_alias`` unless ``lazily``. A round asks only for the lists that have another page.
    """
    after: dict[str, str | None] = dict.fromkeys(wanted)
    while after:
        variables: dict[str, Any] = {}
        for alias, cursor in after.items():
            variables[alias] = wanted[alias][1]
            variables[f"{alias}_after"] = cursor
        data = ask(query({alias: wanted[alias][0] for alias in after}), variables)
        following: dict[str, str | None] = {}
        for alias, cursor in after.items():
            found, next_cursor = _page(data, alias, wanted[alias][0])
            if next_cursor is not None:
                if next_cursor == cursor:
                    raise Garbled(f"Clarus gave the same cursor twice for {wanted[alias][0]}: the list cannot be read")
                following[alias] = next_cursor
            for node in found:
                yield node if lazily else {**node, "_alias": alias}
        after = following


def _page(data: dict[str, Any], alias: str, root: str) -> tuple[list[dict[str, Any]], str | None]:
    try:
        page = data[alias]["all"]
        info = page["pageInfo"]
        found = [ids_as_text(edge["node"]) for edge in page["edges"]]
        return found, str(info["endCursor"]) if info["hasNextPage"] else None
    except (KeyError, TypeError) as error:
        raise Garbled(f"Clarus's answer for {root} has no readable page ({error!r})") from error


def ids_as_text(node: Any) -> Any:
    """The same tree with every ``id`` and ``…_id`` as str: REST gives integers, GraphQL strings (api-reference)."""
    if isinstance(node, dict):
        return {
            key: str(value)
            if (key == "id" or key.endswith("_id")) and isinstance(value, int) and not isinstance(value, bool)
            else ids_as_text(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [ids_as_text(entry) for entry in node]
    return node


def batches(values: Iterable[str], size: int) -> Iterator[list[str]]:
    """``values`` without repeats, in their order, ``size`` at a time."""
    batch: list[str] = []
    for value in dict.fromkeys(values):
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
