"""The only place that names concrete systems: connection x flow -> source, mapping, sink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from adapters.clarus.settings import Settings as ClarusSettings
from adapters.gxo.settings import Settings as GxoSettings
from adapters.khaos.settings import Settings as KhaosSettings
from workers.wiring.asked import Asked
from workers.wiring.clarus import ClarusWarehouse
from workers.wiring.files import Kind, Telling
from workers.wiring.gxo import GxoWarehouse
from workers.wiring.khaos import KhaosErp
from workers.wiring.port import Erp

if TYPE_CHECKING:
    from workers.config import Connection
    from workers.delivery import Handler
    from workers.reading import Reader
    from workers.runtime import Runtime


@dataclass(frozen=True, slots=True)
class System:
    """One row for each system: its settings, its side of the port, and whether it tells rather than be asked."""

    settings: type[Any]
    side: Callable[[Any, Mapping[str, Any]], Any]
    tells: bool = False


SYSTEMS: dict[str, System] = {
    "khaos": System(KhaosSettings, KhaosErp),
    "clarus": System(ClarusSettings, ClarusWarehouse),
    "gxo": System(GxoSettings, GxoWarehouse, tells=True),
}


def erp_of(connection: Connection, tables: Mapping[str, Any]) -> Erp:
    """Khaos Control's side of the port."""
    side: Erp = SYSTEMS[connection.system].side(connection.settings, tables)
    return side


def asked_of(connection: Connection, tables: Mapping[str, Any]) -> Asked:
    """The side of a warehouse that answers questions."""
    side: Asked = SYSTEMS[connection.system].side(connection.settings, tables)
    return side


def telling_of(connection: Connection, tables: Mapping[str, Any]) -> Telling:
    """The side of a warehouse that speaks by files."""
    side: Telling = SYSTEMS[connection.system].side(connection.settings, tables)
    return side


class NoHandler(Exception):
    """A message that this release cannot handle; an older or newer one posted it."""


def handler_for(runtime: Runtime, flow: str, connection: str, kind: str) -> Handler:
    """What a kind of message does at a connection."""
    from workers import dispatch_in, orders_changed, orders_out, rereading, returns_in, sku_sync  # noqa: PLC0415  the flows use the port
    from workers.dispatch import telling  # noqa: PLC0415  as above
    from workers.journal import posting  # noqa: PLC0415  as above
    from workers.stock import counting, levels  # noqa: PLC0415  as above
    from workers.told import item_files, laying  # noqa: PLC0415  as above

    if kind == "read":
        return rereading.ReadAgain(runtime)
    told = runtime.connection(connection)
    again = told.system != "khaos" and runtime.warehouse(connection).repeatable
    handlers: dict[tuple[str, str], Callable[[Runtime], Handler]] = {
        ("orders-out", "order"): partial(orders_out.Order, repeatable=again),
        ("orders-out", "change"): orders_changed.Change,
        ("orders-out", "cancel"): orders_changed.Cancel,
        ("dispatch-in", "reread"): dispatch_in.Reread,
        ("dispatch-in", "shipment"): telling.ShipmentTo,
        ("sku-sync", "product"): item_files.ItemFor if told.tells else sku_sync.ProductTo,
        ("sku-sync", "items"): item_files.ItemFile,
        ("stock-in", "recount"): counting.Recount,
        ("stock-in", "levels"): levels.Levels,
        ("stock-in", "journal"): posting.JournalTo,
        ("orders-out", "again"): laying.Again,
        ("returns-in", "again"): laying.Again,
        ("returns-in", "receipt"): returns_in.Receipt,
        ("returns-in", "advice"): partial(returns_in.Advice, repeatable=again),
        ("returns-in", "return"): returns_in.Return,
    }
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
    from workers.told import answers, item_files, opening, receipts, shipments, stock  # noqa: PLC0415  as above

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
        "file": ("dispatch-in", opening.read_file),
        Kind.ACKNOWLEDGEMENT: ("orders-out", answers.read_acknowledgement),
        Kind.ORDER_ADVICE: ("orders-out", answers.read_order_advice),
        Kind.SHIPMENT: ("dispatch-in", shipments.read_shipment),
        Kind.RECEIPT: ("returns-in", receipts.read_receipt),
        Kind.ADJUSTMENT: ("stock-in", stock.read_adjustment),
        Kind.COUNT: ("stock-in", stock.read_count),
        Kind.ITEM_RESULTS: ("sku-sync", item_files.read_results),
        "order": ("dispatch-in", dispatch_in.read_order),
        "sweep": ("dispatch-in", dispatch_in.read_sweep),
        "movements": ("stock-in", movements.read_movements),
        "receipt": ("returns-in", goods_in.read_receipt),
    }
    return warehouse[source]
