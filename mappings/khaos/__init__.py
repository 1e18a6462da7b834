"""What Khaos Control's documents mean: ``KSDXML...`` into canonical objects and back."""

from mappings.canonical.parties import Parties
from mappings.canonical.promises import Promise
from mappings.khaos.countries import read_country
from mappings.khaos.credit_notes import read_credit_notes
from mappings.khaos.invoices import read_invoices
from mappings.khaos.journals import write_journal
from mappings.khaos.levels import StockLevel, read_levels, write_levels
from mappings.khaos.new_orders import write_sales_order
from mappings.khaos.order_sites import read_line_sites, read_order_sites
from mappings.khaos.orders import read_orders
from mappings.khaos.parties import read_parties
from mappings.khaos.products import read_products
from mappings.khaos.promises import read_ordered, read_promises
from mappings.khaos.shipments import write_shipment

__all__ = [
    "Parties",
    "Promise",
    "StockLevel",
    "read_country",
    "read_credit_notes",
    "read_invoices",
    "read_levels",
    "read_line_sites",
    "read_order_sites",
    "read_ordered",
    "read_orders",
    "read_parties",
    "read_products",
    "read_promises",
    "write_journal",
    "write_levels",
    "write_sales_order",
    "write_shipment",
]
