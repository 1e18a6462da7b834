"""ACS's orders read back by their number, one call each: after a doubt, and while they are open."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import mappings.acs as words
from adapters.acs.client import Acs
from mappings.canonical import GarmentOrder, PickLine, WarehouseOrder
from mappings.canonical.advices import LineOutcome
from mappings.errors import Unmappable
from workers.ports.api import LookUpResult, WebhookHint

Lines = Counter[tuple[str, str]]


class AcsOrderReads:
    """Orders of one account as ACS shows them."""

    a_call = 1  # each is a call of its own

    def __init__(self, client: Acs, tables: Mapping[str, Any]) -> None:
        """``tables`` are the merchant's own rows."""
        self.read_every = client.settings.poll_interval
        self._client = client
        self._statuses = tables.get("order_statuses", {}).get("acs", {})
        self._lines = tables.get("line_statuses", {}).get("acs", {})

    def shown(self, body: bytes) -> GarmentOrder:
        """An order that was read back. Raises Unmappable."""
        return words.read_order(body, statuses=self._statuses, line_statuses=self._lines)

    @staticmethod
    def is_order(body: bytes) -> bool:
        """Whether this is an order that was read back, and no event."""
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            return False
        return isinstance(payload, dict) and "OrderNumber" in payload and "EventType" not in payload

    def find_order(self, reference: str, wire: bytes, facts: dict[str, Any]) -> LookUpResult | None:
        """By its number: there as it was put, or with other lines."""
        body = self._client.get_order(reference)
        if body is None:
            return None
        same = not wire or _sent(wire) == _kept(self.shown(body))
        return LookUpResult((reference,), same=same, what=f"order {reference} has other lines than were sent")

    def find_orders(self, references: Sequence[str], facts: dict[str, Any]) -> list[WarehouseOrder]:
        """Those of some references that are there."""
        shown = self.fetch_orders([("", reference) for reference in references], facts)
        return [self.read_order(body, datetime.now(UTC)) for body in shown.values()]

    def fetch_orders(self, wanted: Sequence[tuple[str, str]], facts: dict[str, Any]) -> dict[str, bytes]:
        """Each by a call of its own."""
        found = {reference: self._client.get_order(reference) for _, reference in wanted}
        return {reference: body for reference, body in found.items() if body is not None}

    def live_orders(self, facts: dict[str, Any]) -> Iterator[str]:
        """ACS has no call that lists orders: a stranger's is noticed by its event."""
        return iter(())

    def read_order(self, raw: bytes, read_at: datetime) -> WarehouseOrder:
        """The order as units by the SKU that it was put with, where our lines of it are not at hand."""
        order = self.shown(raw)
        units: Counter[str] = Counter()
        skus: dict[str, str] = {}
        for line in order.lines:
            units[line.line_id] += line.quantity
            skus[line.line_id] = line.garment_sku
        items = {line_id: PickLine(sku=sku, quantity=max(units[line_id], 1)) for line_id, sku in skus.items()}
        return words.as_warehouse_order(order, items, read_at)

    def read_hint(self, event: str, body: bytes) -> WebhookHint:
        """Never asked for: ACS's events are facts."""
        raise Unmappable("EventType", event, "an event of ACS's is a fact in itself", kind="unknown_event")


def _sent(wire: bytes) -> Lines:
    lines: Lines = Counter()
    for row in json.loads(wire)["OrderItems"]:
        lines[row["LineItemId"], row["GarmentSKU"]] += int(row.get("ItemQuantity", 1))
    return lines


def _kept(order: GarmentOrder) -> Lines:
    """Lines that ACS shows, in units; one that it closed short counts as it was ordered."""
    lines: Lines = Counter()
    for line in order.lines:
        if line.outcome is not LineOutcome.SUBSTITUTED:
            lines[line.line_id, line.garment_sku] += line.quantity
    return lines
