"""What a Clarus WMS site holds, as the flows see it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import mappings.clarus as words
from adapters.clarus.client import Clarus
from mappings.canonical import Condition, StockMovement
from mappings.errors import Unmappable, Unreadable
from workers.ports.api import CountPage, StockHint

BEFORE = timedelta(hours=3)  # the first look at movements only finds where to begin; later ones overlap by less


class ClarusStock:
    """The stock of one account. Its pages are read while people work, so a count is no picture of one moment.

    ``stock_balances`` is never used: what its ``available`` nets is unpublished (reference 2.5).
    """

    snapshot_consistent = False
    absent_after = 1

    def __init__(self, client: Clarus, tables: Mapping[str, Any]) -> None:
        """``tables`` are the merchant's own rows: ``stock_conditions`` and ``movement_causes``."""
        self._client = client
        self._conditions: Mapping[str, str] = tables.get("stock_conditions", {}).get("clarus", {})
        self._causes: Mapping[str, str] = tables.get("movement_causes", {}).get("clarus", {})

    def count(self, facility: str, skus: Sequence[str], facts: dict[str, Any]) -> CountPage:
        """Every stock record of some codes, added up."""
        return self._read(self._client.stocks_of(skus, facts["account_id"], _building(facility, facts)))

    def pages(self, facility: str, facts: dict[str, Any]) -> Iterator[CountPage]:
        """Every stock record of a building, page by page."""
        for page in self._client.stock_pages(facts["account_id"], _building(facility, facts)):
            yield self._read(page)

    def _read(self, records: Sequence[Mapping[str, Any]]) -> CountPage:
        lines, unreadable = words.read_stock(records, self._conditions)
        return CountPage(tuple(lines), tuple(unreadable))

    def fetch_movements(self, facility: str, since: datetime | None, facts: dict[str, Any]) -> bytes:
        """Transactions of a building."""
        begin = since or datetime.now(UTC) - BEFORE
        nodes = self._client.transactions_since(begin, facts["account_id"], _building(facility, facts))
        return json.dumps({"facility": facility, "transactions": nodes}, sort_keys=True).encode()

    def read_movements(self, raw: bytes) -> tuple[list[StockMovement], list[Unreadable]]:
        """Understand transactions."""
        payload = json.loads(raw)
        return words.read_movements(payload["transactions"], payload["facility"], self._causes)

    def held_as(self, reason: str, facts: Mapping[str, Any]) -> Condition | None:
        """Judge by the table of stock records, and by their reason only where this tenant's schema shows it."""
        return words.read_hold(reason, self._conditions, shown=facts.get("shows_hold_reasons", True))

    def read_hint(self, event: str, body: bytes) -> StockHint:
        """Understand a webhook about stock."""
        resource, _, what = event.partition(".")
        hint = words.read_stock_hint(resource, what, body)
        return StockHint(skus=hint.skus, reasons=(hint.reason,) if hint.reason else ())


def _building(facility: str, facts: dict[str, Any]) -> str:
    """The id of a building by its code."""
    if facility not in facts["warehouses"]:
        raise Unmappable(
            "warehouse.code", facility, "Clarus has no such warehouse: correct the connection's sites in fleet.toml"
        )
    building: str = facts["warehouses"][facility]
    return building
