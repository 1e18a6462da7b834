"""What ``/_sandbox/setup`` may name, and what a tenant starts with."""

from __future__ import annotations

from typing import Any

from adapters.clarus.sandbox import places, reasons
from adapters.clarus.sandbox.books import Books, Record, Table
from adapters.clarus.sandbox.shelves import Parts, Shelves
from adapters.clarus.sandbox.webhooks import Webhooks

DEFAULTS: dict[str, Any] = {
    "account": "ACME",
    "warehouses": ["LDS1"],
    "carriers": ["ROYALMAIL", "DPD"],
    "stock_unit_types": ["EACH"],
    "suppliers": ["SUPPLIER"],
    "reason_codes": [
        {"code": code, "name": name, "description": name, "reason_type": kind}
        for code, name, kind in reasons.STARTS_WITH
    ],
}
ACCOUNT = {"is_short_pickable": True, "external_system_reference1": None, "vat_number": None}
CARRIER = {"description": None, "active": True, "carrier_type": "custom", "carrier_externally_registered": False}
SUPPLIER = {"description": None, "active": True, "external_system_reference1": None, "address": None}


def set_up(books: Books, shelves: Shelves, webhooks: Webhooks, wanted: dict[str, Any]) -> None:
    """Adds what is not there yet: account, warehouses (linked to it), carriers, suppliers, units, locations.

    ``reason_codes`` are codes or objects that may change one; ``locations`` codes (in every building) or
    ``{code, warehouse}``. ``stock`` is ``[{product, warehouse, quantity, location?}]``, or product code -> units in
    every building: exactly that is available then, of products that exist and of those that come. ``plenty`` says
    whether there is plenty of all others, or none. ``webhooks`` are registered.
    """
    account = named(books.accounts, wanted.get("account", DEFAULTS["account"]), ACCOUNT)
    for code in wanted.get("warehouses", ()):
        _link(books, account, named(books.warehouses, code, {}))
    for code in wanted.get("carriers", ()):
        _carry(books, named(books.carriers, code, CARRIER))
    for code in wanted.get("stock_unit_types", ()):
        named(books.stock_unit_types, code, {"description": None})
    for code in wanted.get("suppliers", ()):
        named(books.suppliers, code, SUPPLIER)
    for one in wanted.get("reason_codes", ()):
        reasons.add(books, {"code": one} if isinstance(one, str) else one)
    for one in wanted.get("locations", ()):
        _place(books, one)
    if "plenty" in wanted:
        shelves.be_plenty(bool(wanted["plenty"]))
    for code, warehouse, parts in _given(books, wanted.get("stock", ())):
        shelves.give(code, warehouse, parts)
    shelves.open_all()
    for hook in wanted.get("webhooks", ()):
        webhooks.register(hook["resource"], hook["event"], hook["url"], str(hook.get("automation_id") or ""))


def named(table: Table, code: str, more: Record) -> Record:
    """The record with this code, made if it is not there."""
    return table.one(code) or table.add({"code": code, "name": code.title(), **more})


def _link(books: Books, account: Record, warehouse: Record) -> None:
    places.furnish(books, warehouse)
    if not any(row["warehouse"] is warehouse for row in books.account_warehouses.by_key((account["id"],))):
        ids = {"account_id": account["id"], "warehouse_id": warehouse["id"]}
        books.account_warehouses.add({"account": account, "warehouse": warehouse, **ids})


def _carry(books: Books, carrier: Record) -> None:
    code = f"{carrier['code']}-STD"
    if not any(row["carrier"] is carrier for row in books.carrier_services.rows.values()):
        books.carrier_services.add(
            {"code": code, "name": "Standard", "active": True, "is_default": True, "carrier": carrier}
        )


def _place(books: Books, told: Any) -> None:
    code, where = (told, None) if isinstance(told, str) else (told["code"], told.get("warehouse"))
    for warehouse in books.warehouses.rows.values():
        if where in (None, warehouse["code"]):
            places.place(books, warehouse, code)


def _given(books: Books, told: Any) -> list[tuple[str, str, Parts]]:
    if isinstance(told, dict):
        return [(code, "", [("", float(units))]) for code, units in told.items()]
    parts: dict[tuple[str, str], Parts] = {}
    for row in told:
        if books.warehouses.one(row["warehouse"]) is None:
            raise ValueError(f"stock: warehouse {row['warehouse']} is unknown: set it up under warehouses")
        place = (str(row.get("location") or ""), float(row["quantity"]))
        parts.setdefault((str(row["product"]), row["warehouse"]), []).append(place)
    return [(code, warehouse, some) for (code, warehouse), some in parts.items()]
