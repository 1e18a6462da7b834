"""One tenant put together: books, stock, switches, webhooks, and the people on the floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.clarus.sandbox.books import Books, Record
from adapters.clarus.sandbox.floor import Floor
from adapters.clarus.sandbox.oauth import Tokens
from adapters.clarus.sandbox.receiving import Receiving
from adapters.clarus.sandbox.refusal import invalid
from adapters.clarus.sandbox.setting_up import DEFAULTS, SUPPLIER, named, set_up
from adapters.clarus.sandbox.stock import Stock
from adapters.clarus.sandbox.switches import Switches
from adapters.clarus.sandbox.webhooks import Webhooks


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
    receiving: Receiving

    def set_up(self, wanted: dict[str, Any]) -> None:
        """As ``setting_up.set_up``."""
        set_up(self.books, self.stock.shelves, self.webhooks, wanted)

    def owner(self, told: Record) -> Record:
        """The account that ``told`` names by code, else the tenant's first."""
        return self._coded("accounts", "account", told)

    def building(self, told: Record) -> Record:
        """The warehouse that ``told`` names by code, else the tenant's first."""
        return self._coded("warehouses", "warehouse", told)

    def product(self, account: Record, code: str) -> Record:
        """The account's product with this code, else a 422."""
        product = self.books.products.one(code)
        if product is None or account["id"] not in product["account_ids"]:
            raise invalid("product", f"{code} is no product of account {account['code']}: create and assign it first")
        return product

    def supplier(self, code: str) -> Record:
        """The supplier with this code, made if it is not there."""
        return named(self.books.suppliers, code, SUPPLIER)

    def _coded(self, table: str, field: str, told: Record) -> Record:
        rows = self.books.tables[table]
        found = rows.one(told[field]) if told.get(field) else next(iter(rows.rows.values()))
        if found is None:
            raise invalid(field, f"{told[field]} is unknown: set it up under /_sandbox/setup")
        return found


def new_tenant(*, subdomain: str, secret: str, token_seconds: float, seed: int) -> Tenant:
    """A tenant with the defaults of ``setting_up`` and no orders."""
    books, switches = Books(), Switches()
    webhooks = Webhooks(books, switches, subdomain, seed)
    stock = Stock(books, webhooks)
    floor = Floor(books, stock, switches, webhooks, seed)
    receiving = Receiving(books, stock, webhooks)
    tenant = Tenant(subdomain, Tokens(secret, token_seconds), books, stock, switches, webhooks, floor, receiving)
    tenant.set_up(DEFAULTS)
    return tenant
