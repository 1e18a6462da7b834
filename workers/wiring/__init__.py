"""The only place that names concrete systems: connection x flow -> source, mapping, sink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.clarus.settings import Settings as ClarusSettings
from adapters.khaos.settings import Settings as KhaosSettings
from workers.wiring.clarus import ClarusWarehouse
from workers.wiring.khaos import KhaosErp
from workers.wiring.port import Erp, Warehouse

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


def erp_of(connection: Connection, tables: Mapping[str, Any]) -> Erp:
    """Khaos Control's side of the port."""
    side: Erp = SYSTEMS[connection.system].side(connection.settings, tables)
    return side


def warehouse_of(connection: Connection, tables: Mapping[str, Any]) -> Warehouse:
    """A warehouse's side of the port."""
    side: Warehouse = SYSTEMS[connection.system].side(connection.settings, tables)
    return side


class NoHandler(Exception):
    """A message that this release cannot handle; an older or newer one posted it."""


def handler_for(runtime: Runtime, flow: str, connection: str, kind: str) -> Handler:
    """What a kind of message does at a connection."""
    from workers import dispatch_in, orders_out, rereading, sku_sync  # noqa: PLC0415  the flows use the port above

    handlers: dict[tuple[str, str], Callable[[Runtime], Handler]] = {
        ("orders-out", "order"): orders_out.Order,
        ("orders-out", "cancel"): orders_out.Cancel,
        ("dispatch-in", "reread"): dispatch_in.Reread,
        ("dispatch-in", "shipment"): dispatch_in.ShipmentTo,
        ("sku-sync", "product"): sku_sync.ProductTo,
    }
    if kind == "read":
        return rereading.ReadAgain(runtime)
    try:
        return handlers[flow, kind](runtime)
    except KeyError:
        raise NoHandler(f"no handler for {kind} of {flow} at {connection}") from None


def reader_for(runtime: Runtime, connection: str, source: str) -> tuple[str, Reader]:
    """Who reads a record, and the flow that it belongs to."""
    from workers import dispatch_in, fulfilments, rereading, sku_sync  # noqa: PLC0415  as above

    if connection == "broker":
        return "orders-out", rereading.read_poison
    if runtime.connection(connection).system == "khaos":
        erp: dict[str, tuple[str, Reader]] = {
            "orders": ("orders-out", fulfilments.read_orders),
            "products": ("sku-sync", sku_sync.read_products),
            "code_with_comma": ("sku-sync", sku_sync.read_unaddressable),
        }
        return erp[source]
    if source.startswith("webhook "):
        return "dispatch-in", dispatch_in.read_hint
    warehouse: dict[str, tuple[str, Reader]] = {
        "order": ("dispatch-in", dispatch_in.read_order),
        "sweep": ("dispatch-in", dispatch_in.read_sweep),
    }
    return warehouse[source]
