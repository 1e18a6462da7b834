"""Every call to Clarus: REST writes from frozen bytes, GraphQL reads. One attempt each, no loop of retries.

Sources: api-reference/introduction (headers, envelope, errors), the OpenAPI file (operations and
lists). All ids that come out are str. Errors are those of ``adapters.errors``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from adapters.clarus import reading_orders, reading_receipts, reading_stock
from adapters.clarus.extra_fields import ExtraFields
from adapters.clarus.graphql import PAGE, Node, batches, nodes, pages
from adapters.clarus.reference_data import ids_by_code
from adapters.clarus.refusals import says_already_there
from adapters.clarus.settings import Settings
from adapters.clarus.token import HERE, TokenStore
from adapters.clarus.wire import Wire
from adapters.errors import Garbled, Rejected


class Clarus:
    """One tenant and account of Clarus. May be used from many threads."""

    def __init__(self, settings: Settings, tokens: TokenStore = HERE) -> None:
        """Connects to nothing yet. ``tokens`` keeps the access token for all who share it, by default this process."""
        self.settings = settings
        self._wire = Wire(settings, tokens)
        self._extra = ExtraFields(self._wire.ask)

    # ---- reads

    def ping(self) -> None:
        """Reads one account and forgets it. Raises as every read does when Clarus cannot be used."""
        self._wire.ask("query { accounts { all(first: 1) { edges { node { id } } } } }", {})

    def reference_data(self) -> dict[str, Any]:
        """``{"account_id": str, "warehouses": {code: id}, "carriers": {code: id}, "stock_unit_types": {code: id}}``.

        ``shows_hold_reasons`` stands beside them: whether stock records of this tenant have their ``reason_code``.

        Raises Rejected (symbol ``account_unknown``) when no account has the code of the settings.
        """
        ids = ids_by_code(self._wire.ask, self.settings.account)
        return {**ids, "shows_hold_reasons": "reason_code" in self._extra.of("stocks")}

    def products_by_code(self, codes: Iterable[str]) -> dict[str, Node]:
        """Product nodes by their code; a code that Clarus does not know is not in the answer."""
        return {
            node["code"]: node for some in batches(codes, PAGE) for node in self._nodes("products", code={"in": some})
        }

    def assigned_products(self, account_id: str, product_ids: Iterable[str]) -> set[str]:
        """Those of the product ids that are assigned to the account (list ``account_products``)."""
        return {
            node["product"]["id"]
            for some in batches(product_ids, PAGE)
            for node in self._nodes("account_products", account_id={"eq": account_id}, product_id={"in": some})
        }

    def assigned_codes(self, account_id: str) -> Iterator[list[str]]:
        """The codes of every product that is assigned to the account, page by page (list ``account_products``)."""
        for page in pages(self._wire.ask, "account_products", {"account_id": {"eq": account_id}}):
            yield [str(node["product"]["code"]) for node in page]

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
        """``{"goods_out", "lines", "shipments", "packages"}`` of each order, in the order given.

        25 orders take two requests, more only where a list has more than 100 entries.
        """
        return reading_orders.details(self._wire.ask, goods_outs)

    def stocks_of(self, codes: Iterable[str], account_id: str, warehouse_id: str) -> list[Node]:
        """Every stock record of the product codes in one building; one request for 100 codes and 100 records.

        A record has ``reason_code`` and ``string1`` (its batch) where the tenant's schema offers them.
        """
        return list(reading_stock.of_codes(self._wire.ask, self._extra.of("stocks"), codes, account_id, warehouse_id))

    def stock_pages(self, account_id: str, warehouse_id: str, first: int = PAGE) -> Iterator[list[Node]]:
        """Every stock record of one building, ``first`` at a time, each page asked for when it is consumed.

        The walk was complete when it ended without an error, and only then.
        """
        yield from reading_stock.by_page(self._wire.ask, self._extra.of("stocks"), account_id, warehouse_id, first)

    def transactions_since(self, moment: datetime, account_id: str, warehouse_id: str) -> list[Node]:
        """Every movement of stock in one building at or after ``moment``, by rising id, archived ones left out.

        A node has ``reason_code`` where the tenant's schema offers it. Ask with an overlap and keep ids apart.
        """
        extra = self._extra.of("transactions")
        return reading_stock.moved_since(self._wire.ask, extra, moment, account_id, warehouse_id)

    def reason_codes(self) -> list[Node]:
        """Every reason code: ``{"id", "code", "name", "description", "reason_type", "active", "generic"}``."""
        return list(self._nodes("reason_codes"))

    def receipts(
        self,
        account_id: str,
        warehouse_id: str = "",
        *,
        references: Iterable[str] | None = None,
        statuses: Iterable[str] | None = None,
        expected_since: datetime | None = None,
    ) -> list[Node]:
        """The account's goods-in receipts that fit all that is given. Clarus compares status words exactly.

        A node has ``external_system_reference1`` and ``2`` where the tenant's schema offers them.
        """
        wanted = reading_receipts.Wanted(account_id, warehouse_id, references, statuses, expected_since)
        return list(reading_receipts.receipts(self._wire.ask, self._extra.of("goods_in_receipts"), wanted))

    def goods_in_by_reference(self, references: Iterable[str], account_id: str) -> list[Node]:
        """Every receipt of the account with one of the references; Clarus does not promise that one is unique."""
        return self.receipts(account_id, references=references)

    def receipt_detail(self, receipt: Node, line_ids: Iterable[str]) -> dict[str, Any]:
        """A receipt with the RCV and PWAY tasks of its lines, and the stock records where they put the goods.

        ``{"goods_in_receipt": receipt, "lines": [{"id", "tasks"}], "stocks": [node]}``, nodes as Clarus gave them.
        """
        return reading_receipts.detail(self._wire.ask, self._extra.of("stocks"), receipt, line_ids)

    def receipt_lines_since(self, moment: datetime, account_id: str, warehouse_id: str) -> dict[str, list[str]] | None:
        """Receipt id -> ids of the lines on which the floor finished a task at or after ``moment``.

        None where the tenant's schema does not show a task's line: then only webhooks bring line ids.
        """
        extra = self._extra.of("tasks")
        if not extra:
            return None
        return reading_receipts.lines_since(self._wire.ask, extra, moment, account_id, warehouse_id)

    # ---- writes: every body is sent as given, byte by byte

    def create_product(self, body: bytes) -> str:
        """The new product's id. A code that exists: Rejected(symbol="product_code_exists")."""
        return self._wire.make("create_product", body)

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
        return self._wire.make("create_goods_out", body)

    def cancel_goods_out(self, goods_out_id: str) -> None:
        """Cancels; Clarus deletes one that was pending. Rejected when dispatched, with status 404 when absent."""
        self._wire.send("cancel_goods_out", None, id=goods_out_id)

    def process_picks(self, ids: Iterable[str]) -> list[str]:
        """Asks for pick lists of pending or allocated orders; the process references to follow them by."""
        body = json.dumps({"ids": [int(one) for one in ids]}).encode()
        answer = self._wire.send("process_picks", body)
        references = answer.get("process_references") if isinstance(answer, dict) else None
        if not isinstance(references, list):
            raise Garbled("process_picks: Clarus's answer has no process_references")
        return [str(one) for one in references]

    def create_goods_in_receipt(self, body: bytes) -> str:
        """The new receipt's id. There is no idempotency key: look the reference up before sending again."""
        return self._wire.make("create_goods_in_receipt", body)

    def create_automation(self, body: bytes) -> str:
        """The new automation's id, to be put into ``webhook_automations`` of the settings."""
        return self._wire.make("create_automation", body)

    def _nodes(self, root: str, **conditions: Any) -> Iterator[Node]:
        return nodes(self._wire.ask, root, conditions)
