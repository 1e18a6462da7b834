"""Every call to Clarus: REST writes from frozen bytes, GraphQL reads. One attempt each, no loop of retries.

Sources: api-reference/introduction (headers, envelope, errors), the OpenAPI file (operations and
lists). All ids that come out are str. Errors are those of ``adapters.errors``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from adapters.clarus.graphql import PAGE, batches, nodes, read_together
from adapters.clarus.refusals import says_already_there
from adapters.clarus.settings import Settings
from adapters.clarus.wire import Wire
from adapters.errors import Garbled, Rejected

ORDERS_AT_ONCE = 25  # orders whose lines and shipments are asked for in one GraphQL request

Node = dict[str, Any]


class Clarus:
    """One tenant and account of Clarus. May be used from many threads."""

    def __init__(self, settings: Settings) -> None:
        """Connects to nothing yet."""
        self.settings = settings
        self._wire = Wire(settings)

    # ---- reads

    def ping(self) -> None:
        """Reads one account and forgets it. Raises as every read does when Clarus cannot be used."""
        self._wire.ask("query { accounts { all(first: 1) { edges { node { id } } } } }", {})

    def reference_data(self) -> dict[str, Any]:
        """Ids by code, of what orders and products refer to.

        ``{"account_id": str, "warehouses": {code: id}, "carriers": {code: id}, "stock_unit_types": {code: id}}``;
        warehouses are those in which the account may trade (list ``account_warehouses``). Raises
        Rejected (symbol ``account_unknown``) when no account has the code of the settings.
        """
        code = self.settings.account
        ids = [node["id"] for node in self._nodes("accounts", code={"eq": code}) if node.get("code") == code]
        if not ids:
            raise Rejected(
                f"Clarus knows no account with the code {code!r}: correct `account` in the settings",
                symbol="account_unknown",
            )
        places = self._nodes("account_warehouses", account_id={"eq": ids[0]})
        return {
            "account_id": ids[0],
            "warehouses": {n["warehouse"]["code"]: n["warehouse"]["id"] for n in places if n.get("warehouse")},
            "carriers": {n["code"]: n["id"] for n in self._nodes("carriers")},
            "stock_unit_types": {n["code"]: n["id"] for n in self._nodes("stock_unit_types")},
        }

    def products_by_code(self, codes: Iterable[str]) -> dict[str, Node]:
        """Product nodes by their code; a code that Clarus does not know is not in the answer."""
        return {
            node["code"]: node for some in batches(codes, PAGE) for node in self._nodes("products", code={"in": some})
        }

    def assigned_products(self, account_id: str, product_ids: Iterable[str]) -> set[str]:
        """Which of the product ids are assigned to the account (list ``account_products``)."""
        return {
            node["product"]["id"]
            for some in batches(product_ids, PAGE)
            for node in self._nodes("account_products", account_id={"eq": account_id}, product_id={"in": some})
        }

    def goods_outs_by_reference(self, references: Iterable[str], account_id: str) -> list[Node]:
        """Every order of the account with one of the references, whatever its status.

        A reference may be met more than once: Clarus does not promise that it is unique. A deleted
        order is not there (cancelling a pending order deletes it).
        """
        return [
            node
            for some in batches(references, PAGE)
            for node in self._nodes("goods_outs", reference={"in": some}, account_id={"eq": account_id})
        ]

    def goods_outs_by_status(
        self, codes: Iterable[str], account_id: str, *, pages: int | None = None
    ) -> Iterator[Node]:
        """The account's orders in one of the statuses, read page by page as they are consumed.

        At most ``pages`` pages of 100 when given. An order that changes its status meanwhile may
        shift others over a page's edge: what one sweep misses, the next one meets.
        """
        found = self._nodes("goods_outs", goods_out_status_code={"in": list(codes)}, account_id={"eq": account_id})
        for number, node in enumerate(found):
            if pages is not None and number >= pages * PAGE:
                return
            yield node

    def orders_detail(self, goods_outs: Iterable[Node]) -> list[dict[str, Any]]:
        """Lines, shipments and packages of each order: ``{"goods_out", "lines", "shipments", "packages"}``.

        25 orders take two requests (lines and shipments together, then packages), more only where
        a list has more than 100 entries. Orders stay in the order given.
        """
        by_id = {str(node["id"]): node for node in goods_outs}
        return [detail for some in batches(by_id, ORDERS_AT_ONCE) for detail in self._details(some, by_id)]

    def _details(self, ids: list[str], by_id: dict[str, Node]) -> Iterator[dict[str, Any]]:
        details: dict[str, dict[str, Any]] = {
            one: {"goods_out": by_id[one], "lines": [], "shipments": [], "packages": []} for one in ids
        }
        kinds = ("goods_out_lines", "shipments")
        wanted = {f"{kind}_{n}": (kind, {"goods_out_id": {"eq": one}}) for n, one in enumerate(ids) for kind in kinds}
        order_of: dict[str, str] = {}
        for node in read_together(self._wire.ask, wanted):
            kind, _, number = node.pop("_alias").rpartition("_")
            one = ids[int(number)]
            details[one]["lines" if kind == "goods_out_lines" else kind].append(node)
            if kind == "shipments":
                order_of[node["id"]] = one
        for some in batches(order_of, PAGE):
            for package in self._nodes("packages", shipment_id={"in": some}):
                details[order_of[package["shipment"]["id"]]]["packages"].append(package)
        yield from details.values()

    # ---- writes: every body is sent as given, byte by byte

    def create_product(self, body: bytes) -> str:
        """The new product's id. A code that exists: Rejected(symbol="product_code_exists")."""
        return self._made("create_product", body)

    def update_product(self, product_id: str, body: bytes) -> None:
        """Changes what the body names and leaves the rest."""
        self._wire.send("update_product", body, id=product_id)

    def assign_product(self, product_id: str, body: bytes) -> None:
        """Assigns the product to the account named in the body; one that is assigned already counts as done."""
        try:
            self._wire.send("assign_product", body, product_id=product_id)
        except Rejected as refused:
            if not says_already_there(refused):
                raise

    def create_goods_out(self, body: bytes) -> str:
        """The new order's id. Clarus has no idempotency key: look the reference up before sending again."""
        return self._made("create_goods_out", body)

    def cancel_goods_out(self, goods_out_id: str) -> None:
        """Cancels; Clarus deletes one that was pending. Rejected when dispatched, with status 404 when absent."""
        self._wire.send("cancel_goods_out", None, id=goods_out_id)

    def process_picks(self, ids: Iterable[str]) -> list[str]:
        """Asks for pick lists of pending or allocated orders; the process references to follow them by."""
        body = json.dumps({"ids": [int(one) for one in ids]}).encode()
        told = self._wire.send("process_picks", body)
        references = told.get("process_references") if isinstance(told, dict) else None
        if not isinstance(references, list):
            raise Garbled("process_picks: Clarus's answer has no process_references")
        return [str(one) for one in references]

    def create_automation(self, body: bytes) -> str:
        """The new automation's id, to be put into ``webhook_automations`` of the settings."""
        return self._made("create_automation", body)

    def _nodes(self, root: str, **conditions: Any) -> Iterator[Node]:
        return nodes(self._wire.ask, root, conditions)

    def _made(self, name: str, body: bytes) -> str:
        told = self._wire.send(name, body)
        data = told.get("data", told) if isinstance(told, dict) else None
        made = data.get("id") if isinstance(data, dict) else None
        if made in (None, ""):
            raise Garbled(f"{name}: Clarus's answer has no data.id; look it up before sending again")
        return str(made)
