"""The reader and the queue of each source of records."""

from __future__ import annotations

from workers.dispatch_in import garment_dispatches, readers, shipment_advices
from workers.domain import overlay
from workers.edi import documents
from workers.orders_out import acknowledgements, channel_statuses
from workers.orders_out import readers as orders_out_readers
from workers.ports.events import About
from workers.ports.sources import Kind, Source, event_of
from workers.returns_in import garment_returns, receipt_advices
from workers.returns_in import goods_in as returns_in_goods_in
from workers.returns_in import receipts as returns_in_receipts
from workers.sku_sync import channel_items, deleted, garment_setup, item_files
from workers.sku_sync import readers as sku_sync_readers
from workers.spine import replay
from workers.spine.reading import Reader
from workers.spine.runtime import Runtime
from workers.stock_in import channel_levels, garment_events, garment_files, inventory_advices, movements
from workers.stock_in import readers as stock_in_readers

Read = tuple[str, Reader]

ERP: dict[str, Read] = {
    Source.ORDERS: ("orders-out", orders_out_readers.read_orders),
    Source.PRODUCTS: ("sku-sync", sku_sync_readers.read_products),
    Source.CODE_WITH_COMMA: ("sku-sync", sku_sync_readers.read_unaddressable),
    Source.VANISHED_PRODUCTS: ("sku-sync", deleted.read_vanished),
    Source.STOCK_UPLOAD: ("sku-sync", channel_items.read_stock),
    Source.STOCK_STATUS_UPLOAD: ("stock-in", channel_levels.read_levels),
    Source.ORDER_STATUS_UPLOAD: ("orders-out", channel_statuses.read_statuses),
}
WAREHOUSE: dict[str, Read] = {
    Source.FILE: ("dispatch-in", documents.read_file),
    Source.ORDER: ("dispatch-in", readers.read_order),
    Source.SWEEP: ("dispatch-in", readers.read_sweep),
    Source.MOVEMENTS: ("stock-in", movements.read_movements),
    Source.RECEIPT: ("returns-in", returns_in_receipts.read_receipt),
    Kind.ENVELOPE_RECEIPT: ("orders-out", acknowledgements.read_envelope_receipt),
    Kind.ACKNOWLEDGEMENT: ("orders-out", acknowledgements.read_acknowledgement),
    Kind.ORDER_ADVICE: ("orders-out", acknowledgements.read_order_advice),
    Kind.SHIPMENT: ("dispatch-in", shipment_advices.read_shipment),
    Kind.GARMENT_DISPATCH: ("dispatch-in", garment_dispatches.read_dispatch),
    Kind.RECEIPT: ("returns-in", receipt_advices.read_receipt),
    Kind.ADJUSTMENT: ("stock-in", inventory_advices.read_adjustment),
    Kind.COUNT: ("stock-in", inventory_advices.read_count),
    Source.STOCK_FILE: ("stock-in", garment_files.read_file),
    Kind.GARMENT_RETURN: ("returns-in", garment_returns.read_return),
    Kind.GARMENT_MOVE: ("stock-in", garment_events.read_move),
    Kind.GARMENT_END: ("stock-in", garment_events.read_retirement),
    Kind.GARMENT_RESULTS: ("sku-sync", garment_setup.read_results),
    Kind.ITEM_RESULTS: ("sku-sync", item_files.read_results),
}
GARMENTS: dict[str, Read] = {Source.ORDER: ("dispatch-in", garment_dispatches.read_shown)}  # line by line
HINTS: dict[About, Read] = {
    About.ORDER: ("dispatch-in", readers.read_hint),
    About.STOCK: ("stock-in", stock_in_readers.read_hint),
    About.GOODS_IN: ("returns-in", returns_in_goods_in.read_hint),
}


def reader_for(runtime: Runtime, connection: str, source: str) -> Read:
    """The reader of a record, and its flow. Raises Unmappable for an event without a row."""
    overlay.refresh(runtime)
    if connection == "broker":
        return "orders-out", replay.read_poison
    if connection == runtime.configuration.erp.name:
        return ERP[source]
    event = event_of(source)
    if event is None:
        by_line = runtime.warehouse(connection).parts.garment_orders is not None
        return GARMENTS[source] if by_line and source in GARMENTS else WAREHOUSE[source]
    meaning = runtime.warehouse(connection).events.meaning(event)
    return HINTS[meaning] if isinstance(meaning, About) else WAREHOUSE[meaning]
