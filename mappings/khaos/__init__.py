"""What Khaos Control's documents mean: ``KSDXML...`` into canonical objects and back."""

from mappings.khaos.countries import read_country
from mappings.khaos.invoices import read_invoices
from mappings.khaos.levels import StockLevel, read_levels, write_levels
from mappings.khaos.new_orders import write_sales_order
from mappings.khaos.orders import read_orders
from mappings.khaos.products import read_products
from mappings.khaos.shipments import write_shipment

__all__ = [
    "StockLevel",
    "read_country",
    "read_invoices",
    "read_levels",
    "read_orders",
    "read_products",
    "write_levels",
    "write_sales_order",
    "write_shipment",
]
