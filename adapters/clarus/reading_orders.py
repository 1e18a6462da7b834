"""How an order's lines, shipments and packages are gathered: many orders in a few requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from adapters.clarus.graphql import PAGE, Ask, Node, batches, nodes, read_together
from adapters.errors import Garbled

ORDERS_AT_ONCE = 25  # orders whose lines and shipments are asked for in one GraphQL request


def details(ask: Ask, goods_outs: Iterable[Node]) -> list[dict[str, Any]]:
    """``{"goods_out", "lines", "shipments", "packages"}`` of each order, in the order given."""
    by_id = {str(node["id"]): node for node in goods_outs}
    return [detail for some in batches(by_id, ORDERS_AT_ONCE) for detail in _details(ask, some, by_id)]


def _details(ask: Ask, ids: list[str], by_id: dict[str, Node]) -> Iterator[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        one: {"goods_out": by_id[one], "lines": [], "shipments": [], "packages": []} for one in ids
    }
    kinds = ("goods_out_lines", "shipments")
    wanted = {f"{kind}_{n}": (kind, {"goods_out_id": {"eq": one}}) for n, one in enumerate(ids) for kind in kinds}
    order_of: dict[str, str] = {}
    for node in read_together(ask, wanted):
        kind, _, number = node.pop("_alias").rpartition("_")
        one = ids[int(number)]
        found[one]["lines" if kind == "goods_out_lines" else kind].append(node)
        if kind == "shipments":
            order_of[node["id"]] = one
    for some in batches(order_of, PAGE):
        for package in nodes(ask, "packages", {"shipment_id": {"in": some}}):
            found[_order_of(package, order_of, ids)]["packages"].append(package)
    yield from found.values()


def _order_of(package: Node, order_of: dict[str, str], ids: list[str]) -> str:
    """The order of a package; the only one that was asked for where its shipment is none of those that were shown."""
    order = order_of.get((package.get("shipment") or {}).get("id", ""))
    if order is None and len(ids) > 1:
        why = f"Clarus shows package {package.get('id')} of a shipment that was not asked for: ask Clarus whose it is"
        raise Garbled(why, maybe_done=False)
    return order or ids[0]
