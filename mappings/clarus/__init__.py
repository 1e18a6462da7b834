"""What Clarus's words mean: products and orders written for it, orders and webhooks read from it."""

from mappings.clarus.facts import Facts
from mappings.clarus.hints import Hint, read_hint
from mappings.clarus.orders import read_order, same_order
from mappings.clarus.setting_up import write_automation
from mappings.clarus.tables import COURIERS, STATUSES, read_courier, read_status
from mappings.clarus.writing import write_assignment, write_goods_out, write_product

__all__ = [
    "COURIERS",
    "STATUSES",
    "Facts",
    "Hint",
    "read_courier",
    "read_hint",
    "read_order",
    "read_status",
    "same_order",
    "write_assignment",
    "write_automation",
    "write_goods_out",
    "write_product",
]
