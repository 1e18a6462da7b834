"""What Clarus's words mean: products, orders and returns written for it; orders, stock, goods in and webhooks read."""

from mappings.clarus.conditions import read_hold
from mappings.clarus.facts import Facts
from mappings.clarus.hints import WebhookHint, read_hint
from mappings.clarus.movements import read_movements
from mappings.clarus.orders import read_order, same_order
from mappings.clarus.receipts import read_receipt
from mappings.clarus.returns import same_receipt, write_return_receipt
from mappings.clarus.setting_up import write_automation
from mappings.clarus.stock import read_stock
from mappings.clarus.stock_hints import ReceiptHint, StockHint, read_stock_hint
from mappings.clarus.tables import COURIERS, STATUSES, read_courier, read_receipt_status, read_status, receipt_words
from mappings.clarus.writing import write_assignment, write_goods_out, write_product

__all__ = [
    "COURIERS",
    "STATUSES",
    "Facts",
    "ReceiptHint",
    "StockHint",
    "WebhookHint",
    "read_courier",
    "read_hint",
    "read_hold",
    "read_movements",
    "read_order",
    "read_receipt",
    "read_receipt_status",
    "read_status",
    "read_stock",
    "read_stock_hint",
    "receipt_words",
    "same_order",
    "same_receipt",
    "write_assignment",
    "write_automation",
    "write_goods_out",
    "write_product",
    "write_return_receipt",
]
