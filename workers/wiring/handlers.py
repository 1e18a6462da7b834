"""The handler of each kind of message, by flow and kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from workers.dispatch_in import handlers as dispatch_in_handlers
from workers.domain import overlay
from workers.edi import resend
from workers.journal import handlers as journal_handlers
from workers.ledger.store import Connection
from workers.orders_out import amendments
from workers.orders_out import handlers as orders_out_handlers
from workers.returns_in import handlers as returns_in_handlers
from workers.sku_sync import garment_setup, item_files
from workers.sku_sync import handlers as sku_sync_handlers
from workers.spine import replay
from workers.spine.delivery import Handler
from workers.spine.people import Dismissal
from workers.spine.runtime import Runtime
from workers.stock_in import counts, levels

# What a person's dismissal of a message means to its queue, beyond the message's end.
ON_DISMISSED: dict[tuple[str, str], Callable[[Connection, Dismissal], None]] = {
    ("orders-out", "order"): orders_out_handlers.on_dismissed,
    ("returns-in", "return"): returns_in_handlers.return_dismissed,
    ("returns-in", "advice"): returns_in_handlers.advice_dismissed,
}
# Messages whose bytes are written anew when a person retries what was surely not sent: a mended mapping takes effect.
WRITTEN_ANEW = frozenset({("orders-out", "order"), ("sku-sync", "product"), ("dispatch-in", "shipment")})


class NoHandler(Exception):
    """A message that this release cannot handle; an older or newer one posted it."""


def handler_for(runtime: Runtime, flow: str, connection: str, kind: str) -> Handler:
    """The handler of a kind of message at a connection. It reads tables as people changed them last."""
    overlay.refresh(runtime)
    if kind == "read":
        return replay.ReadAgain(runtime)
    parts = runtime.warehouse(connection).parts if connection in runtime.warehouses else None
    orders, returns = (parts.orders, parts.returns) if parts else (None, None)
    handlers: dict[tuple[str, str], Callable[[Runtime], Handler]] = {
        ("orders-out", "order"): partial(
            orders_out_handlers.Order, repeatable=orders is not None and orders.repeatable
        ),
        ("orders-out", "change"): amendments.Change,
        ("orders-out", "cancel"): amendments.Cancel,
        ("dispatch-in", "reread"): dispatch_in_handlers.Reread,
        ("dispatch-in", "shipment"): dispatch_in_handlers.ShipmentTo,
        ("sku-sync", "product"): item_files.ItemFor if parts and parts.item_files else sku_sync_handlers.ProductTo,
        ("sku-sync", "items"): item_files.ItemFile,
        ("sku-sync", "garments"): garment_setup.SetupFile,
        ("sku-sync", "garment"): garment_setup.GarmentAgain,
        ("stock-in", "recount"): counts.Recount,
        ("stock-in", "levels"): levels.Levels,
        ("stock-in", "journal"): journal_handlers.JournalTo,
        ("orders-out", "again"): resend.Again,
        ("returns-in", "again"): resend.Again,
        ("returns-in", "receipt"): returns_in_handlers.Receipt,
        ("returns-in", "advice"): partial(
            returns_in_handlers.Advice, repeatable=returns is not None and returns.repeatable
        ),
        ("returns-in", "return"): returns_in_handlers.Return,
    }
    try:
        return handlers[flow, kind](runtime)
    except KeyError:
        raise NoHandler(f"no handler for {kind} of {flow} at {connection}") from None
