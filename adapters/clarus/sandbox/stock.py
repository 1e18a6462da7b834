"""How many units there are: five independent counters per warehouse, account and product.

Plenty by default. Source of the counters: the GraphQL list stock_balances; they are not derived
from each other there, and are not here.
"""

from __future__ import annotations

from adapters.clarus.sandbox.books import Record

PLENTY = 1_000_000


class Stock:
    """Balances in GraphQL's shape, made when a product is first ordered in a warehouse."""

    def __init__(self) -> None:
        self.balances: dict[tuple[str, str, str], Record] = {}
        self.starts_with: dict[str, int] = {}  # product code -> units, where not plenty

    def of(self, line: Record) -> Record:
        """The balance that an order line draws on."""
        order, product = line["goods_out"], line["product"]
        key = ((order["warehouse"] or {}).get("id", ""), order["account"]["id"], product["id"])
        if key not in self.balances:
            self.balances[key] = {
                "available": float(self.starts_with.get(product["code"], PLENTY)),
                "allocated": 0.0,
                "ordered": 0.0,
                "received": 0.0,
                "picked": 0.0,
                "product": product,
                "account": order["account"],
                "warehouse": order["warehouse"],
            }
        return self.balances[key]

    def set(self, code: str, units: int) -> None:
        """From now on so many units of the product are available, everywhere."""
        self.starts_with[code] = units
        for balance in self.balances.values():
            if balance["product"]["code"] == code:
                balance["available"] = float(units)

    def allocate(self, line: Record) -> float:
        """Reserves what it can of what the line still needs; the units reserved."""
        balance = self.of(line)
        units: float = min(line["order_quantity"] - line["allocated_quantity"], max(balance["available"], 0.0))
        balance["available"] -= units
        balance["allocated"] += units
        line["allocated_quantity"] += units
        return units

    def pick(self, line: Record, units: float) -> None:
        """Takes units of a line from the shelf; what was reserved and not found goes back."""
        balance = self.of(line)
        reserved = line["allocated_quantity"]
        balance["allocated"] -= reserved
        balance["available"] += reserved - units
        balance["picked"] += units
        line["pick_quantity"] = units

    def dispatch(self, line: Record, units: float) -> None:
        """Units of a line leave the building."""
        balance = self.of(line)
        balance["picked"] -= min(units, balance["picked"])
        line["dispatch_quantity"] += units

    def release(self, line: Record) -> None:
        """Gives back what a cancelled line held."""
        balance = self.of(line)
        held = line["pick_quantity"] - line["dispatch_quantity"]
        if line["pick_quantity"]:
            balance["picked"] -= min(held, balance["picked"])
            balance["available"] += max(held, 0.0)
        else:
            balance["allocated"] -= line["allocated_quantity"]
            balance["available"] += line["allocated_quantity"]
        line["allocated_quantity"] = line["dispatch_quantity"]
