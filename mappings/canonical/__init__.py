"""The trade's objects in our own words: what every mapping reads into and writes from.

All are frozen. Quantities are whole units, money is Decimal, times are aware and UTC.
"""

from mappings.canonical.model import Canonical, Units
from mappings.canonical.orders import (
    Address,
    Fulfilment,
    Invoice,
    NewOrder,
    NewOrderLine,
    OrderLine,
    Parcel,
    PickLine,
    Product,
    SalesOrder,
    Shipment,
    WarehouseLine,
    WarehouseOrder,
    WarehouseStatus,
)
from mappings.canonical.returns import AdvisedLine, CreditNote, CustomerReturn, ExchangeItem, ReturnAdvice, ReturnedItem
from mappings.canonical.stock import (
    Cause,
    Condition,
    GoodsReceipt,
    ReceiptLine,
    ReceiptStatus,
    StockLine,
    StockMovement,
)

__all__ = [
    "Address",
    "AdvisedLine",
    "Canonical",
    "Cause",
    "Condition",
    "CreditNote",
    "CustomerReturn",
    "ExchangeItem",
    "Fulfilment",
    "GoodsReceipt",
    "Invoice",
    "NewOrder",
    "NewOrderLine",
    "OrderLine",
    "Parcel",
    "PickLine",
    "Product",
    "ReceiptLine",
    "ReceiptStatus",
    "ReturnAdvice",
    "ReturnedItem",
    "SalesOrder",
    "Shipment",
    "StockLine",
    "StockMovement",
    "Units",
    "WarehouseLine",
    "WarehouseOrder",
    "WarehouseStatus",
]
