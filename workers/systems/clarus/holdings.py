"""What a Clarus account holds, for an audit: live orders, assigned products, and settings that do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import mappings.clarus as words
from adapters.clarus.client import Clarus
from adapters.clarus.settings import Settings
from mappings.adjustments import read_adjustment, reason_unmapped
from mappings.canonical import WarehouseOrder, WarehouseStatus
from mappings.errors import Unmappable, Unreadable
from workers.ports.holdings import Misfit, OrdersPage

AT_ONCE = 100
SYSTEM = "clarus"
LIVE = tuple(
    code
    for code, meaning in words.STATUSES.items()
    if meaning in (WarehouseStatus.WAITING, WarehouseStatus.IN_PROGRESS)
)


class ClarusHoldings:
    """One account, read only."""

    lists_orders = True

    def __init__(self, settings: Settings, client: Clarus, tables: Mapping[str, Any]) -> None:
        """``tables`` are the merchant's own rows: ``carriers`` and ``adjustment_reasons``."""
        self._settings = settings
        self._client = client
        self._couriers: Mapping[str, str] = tables.get("carriers", {}).get(SYSTEM, {})
        self._reasons = tables.get("adjustment_reasons", {}).get(SYSTEM)

    def orders(self, facts: dict[str, Any]) -> Iterator[OrdersPage]:
        """Orders in a status that the table says is waiting or in progress, with their lines."""
        nodes = self._client.goods_outs_by_status(LIVE, facts["account_id"])
        while some := list(islice(nodes, AT_ONCE)):
            good: list[WarehouseOrder] = []
            bad: list[Unreadable] = []
            for detail in self._client.orders_detail(some):
                try:
                    good.append(words.read_order(detail, datetime.now(UTC)))
                except Unmappable as error:
                    bad.append(Unreadable(str(detail["goods_out"]["reference"]), error))
            yield OrdersPage(tuple(good), tuple(bad))

    def products(self, facts: dict[str, Any]) -> Iterator[tuple[str, ...]]:
        """Products that are assigned to the account: only those may stand on its orders."""
        for page in self._client.assigned_codes(facts["account_id"]):
            yield tuple(page)

    def misfits(self, facts: dict[str, Any]) -> Iterator[Misfit]:
        """Buildings with and without a site, carriers without a courier, the unit, reasons without an account."""
        sites = self._settings.sites
        for code in sorted(set(sites) - set(facts["warehouses"])):
            yield Misfit("facility", code, "the Clarus account has no such warehouse: correct the connection's sites")
        for code in sorted(set(facts["warehouses"]) - set(sites)):
            why = f'no Khaos site is served by it: add {code} = "<site>" to the connection\'s sites, or leave it'
            yield Misfit("facility without a site", code, why)
        if self._settings.stock_unit_type not in facts["stock_unit_types"]:
            why = f"Clarus has {', '.join(sorted(facts['stock_unit_types'])) or 'none'}: set stock_unit_type to one"
            yield Misfit("stock unit type", self._settings.stock_unit_type, why)
        for code in sorted(facts["carriers"]):
            try:
                words.read_courier(code, self._couriers)
            except Unmappable as error:
                yield Misfit("carrier", code, error.why)
        yield from self._reasons_without_account()

    def _reasons_without_account(self) -> Iterator[Misfit]:
        for node in self._client.reason_codes():
            code = str(node["code"])
            if node.get("active") is False or node.get("reason_type") == "short_order_lines":
                continue
            try:
                if not read_adjustment(SYSTEM, code, self._reasons).account:
                    raise reason_unmapped(SYSTEM, code)
            except Unmappable as error:
                yield Misfit("reason", code, error.why)
