"""Products and their assignment to stock owners (api-reference/products, products:-accounts)."""

from __future__ import annotations

from typing import Any

from adapters.clarus.sandbox.books import Record
from adapters.clarus.sandbox.checks import attributes, check
from adapters.clarus.sandbox.refusal import Refusal, invalid, not_found
from adapters.clarus.sandbox.rules import PRODUCT
from adapters.clarus.sandbox.tenant import Tenant

BLANK: dict[str, Any] = {
    "code": None,
    "barcode": None,
    "case_barcode": None,
    "inner_barcode": None,
    "outer_barcode": None,
    "long_description": None,
    "product_type": "single",
    "units_per_case": None,
    "shelf_life_min": None,
    "shelf_life_max": None,
    "commodity_code": None,
    "country_of_manufacture": None,
}


def create(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """A product; its code must be free."""
    told = check(attributes(body, "products"), PRODUCT, ("description", "stock_unit_type_id"))
    _refuse_bad(tenant, told, None)
    made = tenant.books.products.add({**BLANK, "account_ids": [], **told})
    return 200, {"data": {"id": int(made["id"]), "type": "products", "attributes": told}}


def update(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """Changes what is named."""
    product = tenant.books.products.rows.get(an_id)
    if product is None:
        raise not_found()
    told = check(attributes(body, "products"), PRODUCT)
    _refuse_bad(tenant, told, product)
    before = str(product["code"])
    product.update(told)
    tenant.books.products.rekey(product, before)
    return 200, {"data": {"id": int(an_id), "type": "products", "attributes": told}}


def delete(tenant: Tenant, an_id: str, _: Any) -> tuple[int, Any]:
    """Refused while an order has a line of it, or someone's stock of it is there."""
    product = tenant.books.products.rows.get(an_id)
    if product is None:
        raise not_found()
    if any(line["product"] is product for line in tenant.books.goods_out_lines.rows.values()):
        raise Refusal("product_in_use", "Product is used by orders")
    if not tenant.stock.shelves.drop(product):
        raise Refusal("product_in_use", "Product has stock")
    for row in list(tenant.books.account_products.by_key((an_id,))):
        tenant.books.account_products.remove(row)
    tenant.books.products.remove(product)
    return 204, None


def assign(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """Assigns the product to an account; a second time is a 422 (the symbol is unpublished)."""
    product = tenant.books.products.rows.get(an_id)
    if product is None:
        raise not_found()
    told = check(attributes(body, "account_products"), {"account_id": ("int", 1)}, ("account_id",))
    account = tenant.books.accounts.rows.get(str(told["account_id"]))
    if account is None:
        raise invalid("account_id", "is unknown")
    if account["id"] in product["account_ids"]:
        raise Refusal("validation_failed", "product has already been taken", field="product_id")
    product["account_ids"].append(account["id"])
    made = tenant.books.account_products.add({"account": account, "product": product})
    tenant.stock.shelves.open(account, product)
    return 200, {"id": int(made["id"]), "account_id": int(account["id"]), "product_id": int(an_id)}


def _refuse_bad(tenant: Tenant, told: Record, product: Record | None) -> None:
    code = told.get("code")
    if code in tenant.switches.reject:
        raise Refusal(tenant.switches.reject[code], "The sandbox was told to refuse this product")
    taken = tenant.books.products.one(code) if code else None
    if taken is not None and taken is not product:
        raise Refusal("product_code_exists", "Product code already exists", field="code")
    unit = told.get("stock_unit_type_id")
    if unit is not None and str(unit) not in tenant.books.stock_unit_types.rows:
        raise invalid("stock_unit_type_id", "is unknown")
