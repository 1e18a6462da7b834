"""Source of a record -> who reads it, and the queue that it belongs to."""

from __future__ import annotations

from workers.dispatch_in import readers, shipment_advices
from workers.edi import documents
from workers.orders_out import acknowledgements, channel_statuses
from workers.orders_out import readers as orders_out_readers
from workers.ports.edi import Kind
from workers.returns_in import goods_in as returns_in_goods_in
from workers.returns_in import receipt_advices
from workers.returns_in import receipts as returns_in_receipts
from workers.sku_sync import channel_items, item_files
from workers.sku_sync import readers as sku_sync_readers
from workers.spine import replay
from workers.spine.reading import Reader
from workers.spine.runtime import Runtime
from workers.stock_in import channel_levels, inventory_advices, movements
from workers.stock_in import readers as stock_in_readers


def reader_for(runtime: Runtime, connection: str, source: str) -> tuple[str, Reader]:
    """Who reads a record, and the flow that it belongs to."""
    if connection == "broker":
        return "orders-out", replay.read_poison
    if runtime.connection(connection).system == "khaos":
        erp: dict[str, tuple[str, Reader]] = {
            "orders": ("orders-out", orders_out_readers.read_orders),
            "products": ("sku-sync", sku_sync_readers.read_products),
            "code_with_comma": ("sku-sync", sku_sync_readers.read_unaddressable),
            "stock_upload": ("sku-sync", channel_items.read_stock),
            "stock_status_upload": ("stock-in", channel_levels.read_levels),
            "order_status_upload": ("orders-out", channel_statuses.read_statuses),
        }
        return erp[source]
    if source.startswith("webhook stock"):
        return "stock-in", stock_in_readers.read_hint
    if source.startswith(("webhook goods_in.", "webhook putaway_task.")):
        return "returns-in", returns_in_goods_in.read_hint
    if source.startswith("webhook "):
        return "dispatch-in", readers.read_hint
    warehouse: dict[str, tuple[str, Reader]] = {
        "file": ("dispatch-in", documents.read_file),
        Kind.ENVELOPE_RECEIPT: ("orders-out", acknowledgements.read_envelope_receipt),
        Kind.ACKNOWLEDGEMENT: ("orders-out", acknowledgements.read_acknowledgement),
        Kind.ORDER_ADVICE: ("orders-out", acknowledgements.read_order_advice),
        Kind.SHIPMENT: ("dispatch-in", shipment_advices.read_shipment),
        Kind.RECEIPT: ("returns-in", receipt_advices.read_receipt),
        Kind.ADJUSTMENT: ("stock-in", inventory_advices.read_adjustment),
        Kind.COUNT: ("stock-in", inventory_advices.read_count),
        Kind.ITEM_RESULTS: ("sku-sync", item_files.read_results),
        "order": ("dispatch-in", readers.read_order),
        "sweep": ("dispatch-in", readers.read_sweep),
        "movements": ("stock-in", movements.read_movements),
        "receipt": ("returns-in", returns_in_receipts.read_receipt),
    }
    return warehouse[source]
