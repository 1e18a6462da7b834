"""Sites, stock lists, stock items and levels as the sandbox answers them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import Product, Refused

ALL_SITES = -1
PARENTS, CHILDREN, MOVEMENT = 1, 2, 2
IN_STOCK, ALL_ALLOCATED, OUT_NOT_DUE, DISCONTINUED, NOT_CONTROLLED = 0, 1, 3, 4, 5


def get_site_list(books: Books) -> dict[str, Any]:
    """Sites numbered from 1; the first is the default."""
    return {
        "CurrentSiteID": 1,
        "List": [{"SiteID": n, "SiteName": name} for n, name in enumerate(books.sites, 1)],
    }


def stock_infos(books: Books, products: list[Product]) -> dict[str, Any]:
    """TStockList of these products."""
    listed = [
        {
            "StockCode": p.code,
            "OtherRef": p.other_ref,
            "StockDesc": p.description,
            "ParentCode": p.parent_code,
            "ParentOtherRef": books.products[p.parent_code].other_ref if p.parent_code in books.products else "",
            "LastUpdated": p.edited,
        }
        for p in products
    ]
    return {"Count": len(listed), "List": listed}


def get_stock_list(books: Books, asked: dict[str, Any]) -> dict[str, Any]:
    """What was edited, or moved with DateType 2, since DateValue."""
    since: datetime | None = asked.get("DateValue")
    kind = asked.get("StockItemType", 0)
    found = [
        p
        for p in books.products.values()
        if (since is None or (p.moved if asked.get("DateType") == MOVEMENT else p.edited) >= since)
        and (kind != PARENTS or p.is_parent)
        and (kind != CHILDREN or bool(p.parent_code))
    ]
    return stock_infos(books, found)


def export_stock(books: Books, asked: dict[str, Any], *, shape: str) -> str:
    """KSDXMLStock. A variant's code gives its parent with all variants inside, or itself when ``shape`` is flat."""
    chosen: dict[str, Product] = {}
    for code in (c for c in asked.get("StockCode", "").split(",") if c):
        product = books.products.get(code)
        if product is None:
            continue
        parent = books.products.get(product.parent_code)
        top = parent if parent is not None and shape == "nested" else product
        chosen[top.code] = top
    inside = "".join(_item(books, p, shape) for p in chosen.values())
    return f'<?xml version="1.0" encoding="utf-8"?><STOCK_ITEMS>{inside}</STOCK_ITEMS>'


def _flag(value: bool) -> str:
    return "-1" if value else "0"


def _item(books: Books, product: Product, shape: str) -> str:
    tags = _tags(product, "STOCK_DESC")
    cost = f"<BUY_PRICE IS_NET='-1'>{product.buy_price}</BUY_PRICE>" if product.buy_price else ""
    prices = f"{cost}<SELL_PRICE IS_NET='-1'>{product.price}</SELL_PRICE>"
    types = f"<STOCK_TYPE>{escape(product.stock_type)}</STOCK_TYPE>{prices}"
    variants = ""
    if product.is_parent and shape == "nested":
        styles = "".join(
            f"<STYLE><DESCRIPTION>{escape(c)}</DESCRIPTION><SCS_ITEM>{_tags(books.products[c], 'DESCRIPTION')}"
            "</SCS_ITEM></STYLE>"
            for c in books.children[product.code]
        )
        variants = f'<SCS><HEADING LEVEL="1">Size</HEADING>{styles}</SCS>'
    elif product.is_parent:
        variants = '<SCS><HEADING LEVEL="1">Size</HEADING></SCS>'
    return f"<STOCK_ITEM>{tags}{types}{variants}</STOCK_ITEM>"


def _tags(product: Product, description: str) -> str:
    links = "".join(
        f"<LINK_ITEM><STOCK_CODE>{escape(code)}</STOCK_CODE><LINK_TYPE>3</LINK_TYPE>"
        f"<LINK_VALUE>{n}.00</LINK_VALUE><AUTO_ADD>-1</AUTO_ADD></LINK_ITEM>"
        for code, n in product.pack_of.items()
    )
    bars = f'<BARCODE DESC="EAN">{escape(product.barcode)}</BARCODE>' if product.barcode else ""
    texts = {
        "STOCK_CODE": product.code,
        "ASSOCIATED_REF": product.other_ref,
        description: product.description,
        "STOCK_ID": product.stock_id,
        "WEIGHT": "100",
        "ICN_CODE": product.commodity_code,
        "COUNTRY_OF_MANUFACTURE": product.country_of_origin,
        "DELETED": _flag(product.discontinued),
        "DISCONTINUED": _flag(product.discontinued),
        "RUN_TO_ZERO": _flag(product.run_to_zero),
        "DROP_SHIP": _flag(product.drop_ship),
        "STOCK_CONTROLLED": _flag(product.stock_controlled and not product.is_parent),
    }
    flat = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in texts.items())
    return f"{flat}<BARCODES>{bars}</BARCODES><LINKED_ITEMS>{links}</LINKED_ITEMS>"


def export_stock_status(books: Books, asked: dict[str, Any]) -> str:
    """KSDXMLStockStatus at one site or at all; in the latter case each item names its site."""
    site_id = asked.get("SiteID", 1)
    if site_id != ALL_SITES and not 1 <= site_id <= len(books.sites):
        raise Refused(f"Site {site_id} does not exist", "EInvalidSite")
    sites = books.sites if site_id == ALL_SITES else [books.sites[site_id - 1]]
    codes = [c for c in asked.get("StockCode", "").split(",") if c] or list(books.products)
    inside = "".join(
        _level(books, books.products[code], site) for site in sites for code in codes if code in books.products
    )
    name = sites[0] if len(sites) == 1 else ""
    return f"<STOCK_STATUS SITE={quoteattr(name)}>{inside}</STOCK_STATUS>"


def _level(books: Books, product: Product, site: str) -> str:
    level = books.levels[product.code, site]
    status = NOT_CONTROLLED if not product.stock_controlled else DISCONTINUED if product.discontinued else IN_STOCK
    if status == IN_STOCK and level.available <= 0:
        status = ALL_ALLOCATED if level.in_stock > 0 else OUT_NOT_DUE
    return (
        f"<STOCK_ITEM CODE={quoteattr(product.code)} ID={quoteattr(product.stock_id)}"
        f" OTHER_REF={quoteattr(product.other_ref)} DESC={quoteattr(product.description)}>"
        f"<SELL_PRICE>{product.price}</SELL_PRICE><LEVEL>{level.available}</LEVEL><STATUS>{status}</STATUS>"
        f"<SITE>{escape(site)}</SITE></STOCK_ITEM>"
    )
