"""A Clarus WMS site as the flows see it: its client and its mapping, joined."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import mappings.clarus as words
from adapters.clarus.client import Clarus
from adapters.clarus.settings import Settings
from adapters.clarus.token import HERE, TokenStore
from adapters.errors import Rejected
from mappings.canonical import Fulfilment, Product, ReturnAdvice, WarehouseOrder
from mappings.errors import Unmappable
from workers.ports.api import LookUpResult, WebhookHint
from workers.ports.orders import CancelResult, Manner, SentOrder, WriteContext
from workers.ports.warehouse import Parts
from workers.systems.clarus.events import ClarusEvents
from workers.systems.clarus.goods_in import ClarusGoodsIn
from workers.systems.clarus.holdings import LIVE, ClarusHoldings
from workers.systems.clarus.stock import ClarusStock

NOT_FOUND = 404


class ClarusWarehouse:
    """One Clarus account."""

    manner = Manner.CALL
    numbered = False
    replaces = False  # there is no such call: it is cancelled and sent anew
    read_every = 0.0
    a_call = 25
    repeatable = False  # Clarus would create a second order of the same reference

    def __init__(self, settings: Settings, tables: Mapping[str, Any], tokens: TokenStore = HERE) -> None:
        """Connects to nothing yet. ``tokens`` keeps the access token for all who share it."""
        self.settings = settings
        self.client = Clarus(settings, tokens)
        self.ack_proof: str = settings.proof
        self.sites = dict(settings.sites)
        self.answers: dict[str, float] = {}  # what it says of an order, it says in the answer
        self.answer_patience = 0.0
        self.goods_in = ClarusGoodsIn(settings, self.client, tables)
        self.stock = ClarusStock(self.client, tables)
        self.holdings = ClarusHoldings(settings, self.client, tables)
        self._couriers: dict[str, str] = tables.get("carriers", {}).get("clarus", {})

    def ping(self) -> None:
        """Read one account."""
        self.client.ping()

    def reference_data(self) -> dict[str, Any]:
        """Ids of the account, the buildings, the carriers."""
        return self.client.reference_data()

    def _facts(self, facts: Mapping[str, Any], products: Mapping[str, str] | None = None) -> words.Facts:
        unit = facts["stock_unit_types"].get(self.settings.stock_unit_type)
        if unit is None:
            raise Unmappable(
                "stock_unit_type",
                self.settings.stock_unit_type,
                "Clarus has no such stock unit type: name one of its own",
            )
        return words.Facts(
            account_id=facts["account_id"],
            warehouses=facts["warehouses"],
            carriers=facts["carriers"],
            products=products or {},
            stock_unit_type_id=unit,
            dispatch_strategy=self.settings.dispatch_strategy or "",
        )

    def write_order(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        """A goods out."""
        return words.write_goods_out(fulfilment, self._facts(facts, context.skus))

    def write_change(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        """Never asked for: ``replaces`` says so."""
        raise Unmappable("goods_out", fulfilment.reference, "Clarus replaces no order: cancel it and send it anew")

    def send_order(self, wire: bytes) -> str:
        """Create it."""
        return self.client.create_goods_out(wire)

    def release_order(self, their_id: str) -> None:
        """Have it picked, where that is ours to say; one that is being picked already is released."""
        if self.settings.release != "process_picks":
            return
        try:
            self.client.process_picks([their_id])
        except Rejected as error:
            if error.symbol != "goods_out_already_allocated":
                raise

    def find_order(self, reference: str, wire: bytes, facts: dict[str, Any]) -> LookUpResult | None:
        """A census of the reference. Cancelled orders count only where no other is there: they did arrive."""
        every = self.client.goods_outs_by_reference([reference], facts["account_id"])
        nodes = [node for node in every if str(node["goods_out_status"]["code"]).upper() != "CANCELLED"] or every
        if not nodes:
            return None
        ids = tuple(str(node["id"]) for node in nodes)
        if len(ids) > 1 or not wire:
            return LookUpResult(ids, same=not wire, what="more than one order carries the reference")
        detail = self.client.orders_detail(nodes)[0]
        return LookUpResult(
            ids, words.same_order(wire, detail["lines"]), f"goods out {ids[0]} has other lines than were sent"
        )

    def write_cancel(self, sent: SentOrder, context: WriteContext) -> bytes:
        """Nothing to write: the call has no body."""
        return b"cancel"

    def cancel_order(self, their_id: str, wire: bytes) -> CancelResult:
        """Cancel it; Clarus deletes one that was pending, so not found means cancelled."""
        try:
            self.client.cancel_goods_out(their_id)
        except Rejected as error:
            if error.status == NOT_FOUND:
                return CancelResult.NOT_THERE
            raise
        return CancelResult.CANCELLED

    def write_return(self, advice: ReturnAdvice, facts: dict[str, Any], context: WriteContext) -> bytes:
        """A goods-in receipt."""
        return self.goods_in.write_return(advice, facts, context.skus)

    def send_return(self, wire: bytes) -> str:
        """Create it."""
        return self.client.create_goods_in_receipt(wire)

    def find_return(self, reference: str, wire: bytes, facts: dict[str, Any]) -> LookUpResult | None:
        """A census of the reference."""
        return self.goods_in.find_return(reference, wire, facts)

    def write_product(self, product: Product, facts: dict[str, Any]) -> bytes:
        """A product."""
        return words.write_product(product, self._facts(facts))

    def send_product(self, code: str, their_id: str | None, wire: bytes, facts: dict[str, Any]) -> str:
        """There is no upsert: create; what exists already is looked up and changed. Then assign to the account."""
        if their_id is None:
            try:
                their_id = self.client.create_product(wire)
            except Rejected as error:
                if error.symbol != "product_code_exists":
                    raise
                their_id = str(self.client.products_by_code([code])[code]["id"])
                self.client.update_product(their_id, wire)
        else:
            self.client.update_product(their_id, wire)
        self.client.assign_product(their_id, words.write_assignment(self._facts(facts)))
        return their_id

    def find_orders(self, references: Sequence[str], facts: dict[str, Any]) -> list[WarehouseOrder]:
        """A census of references, with the lines of each order."""
        nodes = self.client.goods_outs_by_reference(references, facts["account_id"])
        now = datetime.now(UTC)
        return [words.read_order(detail, now) for detail in self.client.orders_detail(nodes)]

    def fetch_orders(self, wanted: Sequence[tuple[str, str]], facts: dict[str, Any]) -> dict[str, bytes]:
        """Header, lines, shipments and packages of each, by reference."""
        ids = {their_id for their_id, _ in wanted if their_id}
        nodes = self.client.goods_outs_by_reference([reference for _, reference in wanted], facts["account_id"])
        chosen = [node for node in nodes if not ids or str(node["id"]) in ids]
        return {
            detail["goods_out"]["reference"]: json.dumps(detail, sort_keys=True).encode()
            for detail in self.client.orders_detail(chosen)
        }

    def live_orders(self, facts: dict[str, Any]) -> Iterator[str]:
        """Orders of our buildings in a status that the table says is waiting or in progress."""
        for node in self.client.goods_outs_by_status(LIVE, facts["account_id"]):
            if node["warehouse"]["code"] in self.sites:
                yield str(node["reference"])

    def read_order(self, raw: bytes, read_at: datetime) -> WarehouseOrder:
        """Understand a re-read order."""
        return words.read_order(json.loads(raw), read_at)

    def read_hint(self, event: str, body: bytes) -> WebhookHint:
        """Understand a webhook."""
        resource, _, what = event.partition(".")
        hint = words.read_hint(resource, what, body)
        return WebhookHint(hint.their_id, hint.reference)

    def courier(self, carrier: str, service: str) -> str:
        """Khaos's courier for Clarus's carrier code."""
        return words.read_courier(carrier, self._couriers)


def clarus(settings: Settings, tables: Mapping[str, Any], tokens: TokenStore = HERE) -> Parts:
    """The parts of a Clarus account: everything by call, and its webhooks are hints."""
    site = ClarusWarehouse(settings, tables, tokens)
    return Parts(
        account=site,
        orders=site,
        products=site,
        returns=site,
        order_reads=site,
        return_reads=site,
        stock=site.stock,
        goods_in=site.goods_in,
        holdings=site.holdings,
        dispatches=site,
        events=ClarusEvents(settings),
    )
