"""ImportStockStatus as the sandbox does it: absolute levels, and the sales that land around them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from defusedxml.ElementTree import fromstring

from adapters.khaos.sandbox import shopper
from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import Product, Refused, now
from adapters.khaos.sandbox.stock_out import stock_infos
from adapters.khaos.sandbox.switches import Switches


def import_stock_status(books: Books, asked: dict[str, Any], switches: Switches) -> dict[str, Any]:
    """TStockList of the items whose level was changed.

    Passed over: unknown codes, items that no shelf holds (not stock controlled, parents, pack
    headers, drop-shipped), and levels that are there already. A wrong site is a Fault, and so is a
    level that is no number; then nothing is set. Prices are never touched.
    """
    try:
        root = fromstring(asked.get("StockStatus", ""))
    except Exception as error:
        raise Refused(f"XML document could not be loaded: {error}", "EDOMParseError") from error
    site = root.get("SITE") or books.sites[0]
    if site not in books.sites:
        raise Refused(f"Site {site} does not exist", "EInvalidSite")
    wanted = [(item.get("CODE", ""), int(float(item.findtext("LEVEL") or 0))) for item in root.iter("STOCK_ITEM")]
    if not asked.get("UpdateStockLevels"):
        return stock_infos(books, [])
    codes = [code for code, _ in wanted]
    sells = site not in switches.not_selling
    switches.sell_between -= _sell(books, codes, site) if switches.sell_between and sells else 0
    done = [books.products[code] for code, level in wanted if _set(books, code, site, level, switches)]
    switches.sell_after -= _sell(books, codes, site) if switches.sell_after and sells else 0
    return stock_infos(books, list(_once(done)))


def _set(books: Books, code: str, site: str, target: int, switches: Switches) -> bool:
    product = books.products.get(code)
    if product is None or not product.on_shelves:
        return False
    level = books.levels[code, site]
    before = level.in_stock
    after = target + (level.assigned if switches.level_semantics == "available" else 0)
    if after == before:
        return False
    books.shift(code, site, in_stock=after - before)
    books.level_log.append(
        {
            "at": now(),
            "site": site,
            "code": code,
            "level": target,
            "before_in_stock": before,
            "in_stock": level.in_stock,
            "available": level.available,
        }
    )
    return True


def _sell(books: Books, codes: Iterable[str], site: str) -> int:
    """One unit of the first code that has any; how many sales that made."""
    for code in codes:
        product = books.products.get(code)
        if product and product.on_shelves and not product.discontinued and books.levels[code, site].available > 0:
            shopper.buy(books, code, 1, site=site)
            return 1
    return 0


def _once(products: Iterable[Product]) -> Iterable[Product]:
    return {product.code: product for product in products}.values()
