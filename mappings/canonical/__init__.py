"""The trade's objects in our own words: what every mapping reads into and writes from.

All are frozen. Quantities are whole units, money is Decimal, times are aware and UTC.
"""

from mappings.canonical.garment_orders import GarmentLine, GarmentOrder
from mappings.canonical.garment_returns import GarmentMove, GarmentReturn, RetiredFor, Retirement, ReturnStep
from mappings.canonical.garments import (
    Disposition,
    GarmentItem,
    GarmentRow,
    GarmentState,
    Grade,
    Source,
    less_sellable,
)
from mappings.canonical.hire import HireDates, LineKind
from mappings.canonical.model import Canonical, Units
from mappings.canonical.orders import (
    Address,
    Fulfilment,
    Invoice,
    NamedLine,
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
    units_of,
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
    "Disposition",
    "ExchangeItem",
    "Fulfilment",
    "GarmentItem",
    "GarmentLine",
    "GarmentMove",
    "GarmentOrder",
    "GarmentReturn",
    "GarmentRow",
    "GarmentState",
    "GoodsReceipt",
    "Grade",
    "HireDates",
    "Invoice",
    "LineKind",
    "NamedLine",
    "NewOrder",
    "NewOrderLine",
    "OrderLine",
    "Parcel",
    "PickLine",
    "Product",
    "ReceiptLine",
    "ReceiptStatus",
    "RetiredFor",
    "Retirement",
    "ReturnAdvice",
    "ReturnStep",
    "ReturnedItem",
    "SalesOrder",
    "Shipment",
    "Source",
    "StockLine",
    "StockMovement",
    "Units",
    "WarehouseLine",
    "WarehouseOrder",
    "WarehouseStatus",
    "less_sellable",
    "units_of",
]
