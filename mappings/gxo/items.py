"""The item master: products as rows of GXO's CSV, and the file that answers which were taken.

Source: gxo.md 2.2.9. An order line for a SKU that was not accepted is never sent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from mappings.canonical import Product
from mappings.canonical.advices import ItemResult
from mappings.errors import Unmappable, Unreadable
from mappings.gxo.addresses import clean
from mappings.gxo.orders import ITEM, ean
from mappings.gxo.segments import SEPARATORS
from mappings.text import UNKNOWN, is_placeholder, storable, without_placeholder

COLUMNS = (
    "sku", "ean", "description", "size", "colour", "season", "division", "uom", "case_qty", "weight_kg", "length_cm",
    "width_cm", "height_cm", "hs_code", "country_of_origin", "unit_cost", "currency", "lot_controlled", "serialised",
    "hazard_code", "status",
)  # fmt: skip
# A column that must be filled -> what to do in Khaos when it is not
REQUIRED = {
    "sku": f"give the stock item a STOCK_CODE of at most {ITEM} characters, without * ~ >",
    "ean": "give the stock item an EAN-13 with its right check digit (BARCODES)",
    "description": "give the stock item a description (STOCK_DESC)",
    "weight_kg": "give the stock item its weight (WEIGHT)",
    "hs_code": "give the stock item its commodity code (ICN_CODE)",
    "country_of_origin": "give the stock item its country of manufacture (COUNTRY_OF_MANUFACTURE)",
}
RESULT = ("sku", "result", "code", "message")
RESULTS = {"accepted": True, "rejected": False}
BOTH = "CONTRADICTORY"


def write_items(
    products: Iterable[Product],
    client: str,
    at: datetime,
    *,
    own: Mapping[str, str] | None = None,
    currency: str = "",
) -> tuple[str, bytes]:
    """The file's name (UTC) and its bytes, the same for the same products and time. ``client`` is GXO's code.

    ``own`` names for a column without a fact in Khaos (size, colour, season, division, case_qty, length_cm, ...)
    the attribute that holds it, for example ``{"size": "USER_DEFINED:Size"}``. A cost is sent where ``currency``
    names the one that Khaos keeps its buying prices in. A discontinued product has the status D.

    Raises:
        Unmappable: ``bad_product``, for the first product without a field that GXO demands: ask ``write_item``
            about each before.
    """
    return write_item_file((write_item(product, own=own, currency=currency) for product in products), client, at)


def write_item_file(rows: Iterable[tuple[str, ...]], client: str, at: datetime) -> tuple[str, bytes]:
    """The same of rows as ``write_item`` writes them."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return f"item_{client}_{at.astimezone(UTC):%Y%m%d%H%M%S}.csv", held.getvalue().encode()


def write_item(product: Product, *, own: Mapping[str, str] | None = None, currency: str = "") -> tuple[str, ...]:
    """One row, as ``write_items`` writes it. Raises Unmappable(kind="bad_product") naming what is missing in Khaos."""
    attributes = dict(product.attributes)
    cost = product.buy_price if currency else None
    row = {column: clean(attributes.get(name, "")) for column, name in (own or {}).items()} | {
        "sku": product.code if len(product.code) <= ITEM and not SEPARATORS & set(product.code) else "",
        "ean": ean(product),
        "description": clean(product.description),
        "uom": "EA",
        "weight_kg": f"{(product.weight_grams / 1000).normalize():f}" if product.weight_grams else "",
        "hs_code": clean(product.commodity_code),
        "country_of_origin": clean(product.country_of_origin),
        "unit_cost": "" if cost is None else f"{cost:.2f}",
        "currency": "" if cost is None else currency,
        "lot_controlled": "N",
        "serialised": "N",
        "status": "D" if product.discontinued else "A",
    }
    for column, todo in REQUIRED.items():
        if not row[column]:
            raise Unmappable(column, product.code, f"{todo} in Khaos: GXO takes no item without", kind="bad_product")
    return tuple(row.get(column, "") for column in COLUMNS)


def read_item_results(data: bytes) -> tuple[list[ItemResult], list[Unreadable]]:
    """The result of each SKU of a file, in its order; a row that cannot be read stands by its SKU, or by its row.

    A SKU that was both accepted and rejected is not accepted (code CONTRADICTORY): nobody knows which is true.

    Raises:
        Unmappable: the file is no CSV, or has no row with the column names.
    """
    try:
        # One byte that is no UTF-8 spoils its own cell alone.
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""), strict=True))
    except csv.Error:
        raise Unmappable("result.csv", f"<{len(data)} bytes>", "this is no CSV: ask GXO to send it again") from None
    if not rows or tuple(name.strip().lower() for name in rows[0]) != RESULT:
        raise Unmappable(
            "result.csv", "", f"its first row is not {','.join(RESULT)} in UTF-8: ask GXO to send it again"
        )
    by_sku: dict[str, list[ItemResult]] = {}
    bad: list[Unreadable] = []
    for place, row in enumerate(rows[1:], 2):
        cells = [storable(cell).strip() for cell in row]
        if not any(cells):
            continue
        code, result, *rest = (*cells, "", "")
        if not code or is_placeholder(code) or UNKNOWN in code or result.lower() not in RESULTS:
            why = "a row is sku, accepted or rejected, code, message: ask GXO to send the result again"
            error = Unmappable("result", result, why, kind="unknown_status")
            bad.append(Unreadable(without_placeholder(code) or f"row {place}", error))
        else:
            # a message with a comma that nobody quoted is several cells
            message = ", ".join(filter(None, rest[1:]))
            one = ItemResult(sku=code, accepted=RESULTS[result.lower()], code=rest[0], message=message)
            by_sku.setdefault(code, []).append(one)
    return [_together(results) for results in by_sku.values()], bad


def _together(results: list[ItemResult]) -> ItemResult:
    """Rows of one SKU as one, in which each reason stands once."""
    codes = "; ".join(dict.fromkeys(one.code for one in results if one.code))
    messages = "; ".join(dict.fromkeys(one.message for one in results if one.message))
    if len({one.accepted for one in results}) > 1:
        why = "one result file accepts and rejects it: ask GXO which is true, and to send the result again"
        return ItemResult(
            sku=results[0].sku, accepted=False, code=BOTH, message="; ".join(filter(None, (why, codes, messages)))
        )
    return results[0].model_copy(update={"code": codes, "message": messages})
