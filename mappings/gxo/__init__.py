"""What GXO's X12 sets and files mean: orders, returns and items written; answers, shipments, stock, receipts read."""

from mappings.gxo.acknowledgements import read_824, read_997, read_ta1
from mappings.gxo.couriers import read_courier
from mappings.gxo.items import read_item_results, write_item, write_item_file, write_items
from mappings.gxo.laid_orders import read_940
from mappings.gxo.movements import read_947
from mappings.gxo.orders import Purpose, write_940, write_cancellation
from mappings.gxo.parties import Client
from mappings.gxo.receipts import is_return, read_944
from mappings.gxo.returns import write_943
from mappings.gxo.segments import BETWEEN_ELEMENTS, BETWEEN_SEGMENTS, Segments, facility
from mappings.gxo.shipments import read_945, with_absent
from mappings.gxo.snapshots import open_846, read_846

__all__ = [
    "BETWEEN_ELEMENTS",
    "BETWEEN_SEGMENTS",
    "Client",
    "Purpose",
    "Segments",
    "facility",
    "is_return",
    "open_846",
    "read_824",
    "read_846",
    "read_940",
    "read_944",
    "read_945",
    "read_947",
    "read_997",
    "read_courier",
    "read_item_results",
    "read_ta1",
    "with_absent",
    "write_940",
    "write_943",
    "write_cancellation",
    "write_item",
    "write_item_file",
    "write_items",
]
