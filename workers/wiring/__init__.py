"""The only place that names concrete systems: connection x flow -> source, mapping, sink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.clarus.settings import Settings as ClarusSettings
from adapters.khaos.settings import Settings as KhaosSettings
from workers.wiring.clarus import ClarusWarehouse
from workers.wiring.khaos import KhaosErp
from workers.wiring.owing import Owing
from workers.wiring.port import Warehouse

if TYPE_CHECKING:
    from workers.config import Connection
    from workers.delivery import Handler
    from workers.reading import Reader
    from workers.runtime import Runtime


@dataclass(frozen=True, slots=True)
class System:
    """One row for each system: its settings and its side of the port."""

    settings: type[Any]
    side: Callable[[Any, Mapping[str, Any]], Any]


SYSTEMS: dict[str, System] = {
    "khaos": System(KhaosSettings, KhaosErp),
    "clarus": System(ClarusSettings, ClarusWarehouse),
}


def erp_of(connection: Connection, tables: Mapping[str, Any]) -> Owing:
    """Khaos Control's side of the port."""
    side: Owing = SYSTEMS[connection.system].side(connection.settings, tables)
    return side


def warehouse_of(connection: Connection, tables: Mapping[str, Any]) -> Warehouse:
    """A warehouse's side of the port."""
    side: Warehouse = SYSTEMS[connection.system].side(connection.settings, tables)
    return side


class NoHandler(Exception):
    """A message that this release cannot handle; an older or newer one posted it."""


def handler_for(runtime: Runtime, flow: str, connection: str, kind: str) -> Handler:
    """What a kind of message does at a connection."""
    from workers import dispatch_in, orders_out, rereading, returns_in, sku_sync  # noqa: PLC0415  the flows use the port
    from workers.dispatch import telling  # noqa: PLC0415  as above
    from workers.journal import posting  # noqa: PLC0415  as above
    from workers.stock import counting, levels  # noqa: PLC0415  as above

    handlers: dict[tuple[str, str], Callable[[Runtime], Handler]] = {
        ("orders-out", "order"): orders_out.Order,
        ("orders-out", "cancel"): orders_out.Cancel,
        ("dispatch-in", "reread"): dispatch_in.Reread,
        ("dispatch-in", "shipment"): telling.ShipmentTo,
        ("sku-sync", "product"): sku_sync.ProductTo,
        ("stock-in", "recount"): counting.Recount,
        ("stock-in", "levels"): levels.Levels,
        ("stock-in", "journal"): posting.JournalTo,
        ("returns-in", "receipt"): returns_in.Receipt,
        ("returns-in", "advice"): returns_in.Advice,
        ("returns-in", "return"): returns_in.Return,
    }
    if kind == "read":
        return rereading.ReadAgain(runtime)
    try:
        return handlers[flow, kind](runtime)
    except KeyError:
        raise NoHandler(f"no handler for {kind} of {flow} at {connection}") from None


def reader_for(runtime: Runtime, connection: str, source: str) -> tuple[str, Reader]:
    """Who reads a record, and the flow that it belongs to."""
    from workers import (  # noqa: PLC0415  as above
        dispatch_in,
        fulfilments,
        goods_in,
        khaos_pushes,
        rereading,
        sku_sync,
        stock_in,
    )
    from workers.returns import asking  # noqa: PLC0415  as above
    from workers.stock import movements  # noqa: PLC0415  as above

    if connection == "broker":
        return "orders-out", rereading.read_poison
    if runtime.connection(connection).system == "khaos":
        erp: dict[str, tuple[str, Reader]] = {
            "orders": ("orders-out", fulfilments.read_orders),
            "products": ("sku-sync", sku_sync.read_products),
            "code_with_comma": ("sku-sync", sku_sync.read_unaddressable),
            "stock_upload": ("sku-sync", khaos_pushes.read_stock),
            "stock_status_upload": ("stock-in", khaos_pushes.read_levels),
            "order_status_upload": ("orders-out", khaos_pushes.read_statuses),
        }
        return erp[source]
    if source.startswith("webhook stock"):
        return "stock-in", stock_in.read_hint
    if source.startswith(("webhook goods_in.", "webhook putaway_task.")):
        return "returns-in", asking.read_hint
    if source.startswith("webhook "):
        return "dispatch-in", dispatch_in.read_hint
    warehouse: dict[str, tuple[str, Reader]] = {
        "order": ("dispatch-in", dispatch_in.read_order),
        "sweep": ("dispatch-in", dispatch_in.read_sweep),
        "movements": ("stock-in", movements.read_movements),
        "receipt": ("returns-in", goods_in.read_receipt),
    }
    return warehouse[source]
