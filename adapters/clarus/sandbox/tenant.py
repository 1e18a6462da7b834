"""One tenant put together: books, stock, switches, webhooks, and what it starts with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.clarus.sandbox.books import Books, Record, Table
from adapters.clarus.sandbox.floor import Floor
from adapters.clarus.sandbox.oauth import Tokens
from adapters.clarus.sandbox.stock import Stock
from adapters.clarus.sandbox.switches import Switches
from adapters.clarus.sandbox.webhooks import Webhooks

DEFAULTS: dict[str, Any] = {
    "account": "ACME",
    "warehouses": ["LDS1"],
    "carriers": ["ROYALMAIL", "DPD"],
    "stock_unit_types": ["EACH"],
}


@dataclass
class Tenant:
    """Everything that one running sandbox knows."""

    subdomain: str
    tokens: Tokens
    books: Books
    stock: Stock
    switches: Switches
    webhooks: Webhooks
    floor: Floor

    def set_up(self, wanted: dict[str, Any]) -> None:
        """Adds what is not there yet: account, warehouses (linked to it), carriers, stock unit types.

        ``stock`` maps a product code to the units that are left of it; ``webhooks`` are registered.
        """
        books = self.books
        account = _named(books.accounts, wanted.get("account", DEFAULTS["account"]), _ACCOUNT)
        for code in wanted.get("warehouses", ()):
            warehouse = _named(books.warehouses, code, {})
            if not any(row["warehouse"] is warehouse for row in books.account_warehouses.by_key((account["id"],))):
                books.account_warehouses.add(
                    {
                        "account": account,
                        "warehouse": warehouse,
                        "account_id": account["id"],
                        "warehouse_id": warehouse["id"],
                    }
                )
        for code in wanted.get("carriers", ()):
            carrier = _named(books.carriers, code, _CARRIER)
            if not any(row["carrier"] is carrier for row in books.carrier_services.rows.values()):
                books.carrier_services.add(
                    {"code": f"{code}-STD", "name": "Standard", "active": True, "is_default": True, "carrier": carrier}
                )
        for code in wanted.get("stock_unit_types", ()):
            _named(books.stock_unit_types, code, {"description": None})
        for code, units in wanted.get("stock", {}).items():
            self.stock.set(code, units)
        for hook in wanted.get("webhooks", ()):
            self.webhooks.register(hook["resource"], hook["event"], hook["url"], str(hook.get("automation_id") or ""))


_ACCOUNT = {"is_short_pickable": True, "external_system_reference1": None, "vat_number": None}
_CARRIER = {
    "description": None,
    "active": True,
    "carrier_type": "custom",
    "carrier_externally_registered": False,
}


def _named(table: Table, code: str, more: Record) -> Record:
    return table.one(code) or table.add({"code": code, "name": code.title(), **more})


def new_tenant(*, subdomain: str, secret: str, token_seconds: float, seed: int) -> Tenant:
    """A tenant with the defaults above and no orders."""
    books, stock, switches = Books(), Stock(), Switches()
    webhooks = Webhooks(books, switches, subdomain, seed)
    floor = Floor(books, stock, switches, webhooks, seed)
    tenant = Tenant(subdomain, Tokens(secret, token_seconds), books, stock, switches, webhooks, floor)
    tenant.set_up(DEFAULTS)
    return tenant
