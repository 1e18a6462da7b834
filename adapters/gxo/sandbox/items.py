"""The item master: CSV in, a result for each item out (profile 2.2.9), and which SKUs a facility may be sent."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

COLUMNS = (
    "sku", "ean", "description", "size", "colour", "season", "division", "uom", "case_qty", "weight_kg", "length_cm",
    "width_cm", "height_cm", "hs_code", "country_of_origin", "unit_cost", "currency", "lot_controlled", "serialised",
    "hazard_code", "status",
)  # fmt: skip
MANDATORY = ("sku", "ean", "description", "uom", "weight_kg", "hs_code", "country_of_origin")
# Column -> what a value must look like, and the result's code if it does not.
FORMS = {
    "sku": (r".{1,48}", "INVALID_SKU"),
    "ean": (r"\d{13}", "INVALID_EAN"),
    "uom": (r"EA", "INVALID_UOM"),
    "weight_kg": (r"\d+(\.\d+)?", "INVALID_WEIGHT"),
    "hs_code": (r"[\d. ]{4,14}", "INVALID_HS_CODE"),
    "country_of_origin": (r"[A-Z]{2}", "INVALID_COUNTRY"),
    "lot_controlled": (r"[YN]?", "INVALID_FLAG"),
    "serialised": (r"[YN]?", "INVALID_FLAG"),
    "status": (r"[AD]?", "INVALID_STATUS"),
}


class BadFile(ValueError):
    """The file as a whole cannot be read; there is no result for it."""


@dataclass(frozen=True)
class Item:
    """An accepted item; kilogrammes for one unit."""

    sku: str
    ean: str = ""
    weight: Decimal = Decimal("0.5")
    active: bool = True


@dataclass(frozen=True)
class Result:
    """A row of the result file."""

    sku: str
    accepted: bool
    code: str = ""
    message: str = ""


class Items:
    """Accepted items by facility."""

    def __init__(self) -> None:
        self._items: defaultdict[str, dict[str, Item]] = defaultdict(dict)

    def accept(self, facility: str, item: Item) -> None:
        """From now on the facility knows the item so."""
        self._items[facility][item.sku] = item

    def good(self, facility: str, sku: str) -> bool:
        """Whether an order may name it: accepted and not withdrawn."""
        item = self._items[facility].get(sku)
        return item is not None and item.active

    def weight(self, facility: str, sku: str) -> Decimal:
        """Kilogrammes of one unit; half of one where nobody said."""
        return self._items[facility].get(sku, Item(sku)).weight

    def ean(self, facility: str, sku: str) -> str:
        """Empty where no item file named it."""
        return self._items[facility].get(sku, Item(sku)).ean

    def accepted(self, facility: str) -> list[str]:
        """The SKUs that an order may name."""
        return sorted(sku for sku, item in self._items[facility].items() if item.active)


def read(data: bytes, rejects: Mapping[str, str]) -> list[tuple[Result, Item | None]]:
    """Row by row, good and bad ones mixed; ``rejects`` (SKU -> message) are turned away whatever they say."""
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"is no UTF-8 CSV: {error}") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise BadFile("has no rows, or not the columns of the item master")
    return [_judge(row, rejects) for row in rows]


def _judge(row: dict[str, str | None], rejects: Mapping[str, str]) -> tuple[Result, Item | None]:
    values = {name: (row.get(name) or "").strip() for name in COLUMNS}
    sku = values["sku"]
    if sku in rejects:
        return Result(sku, False, "OTHER", rejects[sku]), None
    if row.get(None) is not None or None in row.values():  # type: ignore[call-overload]  # csv's key of surplus cells
        return Result(sku, False, "BAD_ROW", "the row has too many or too few cells"), None
    for name in MANDATORY:
        if not values[name]:
            return Result(sku, False, "MISSING_FIELD", f"{name} is missing"), None
    for name, (form, code) in FORMS.items():
        if not re.fullmatch(form, values[name]):
            return Result(sku, False, code, f"{name} {values[name]} is not valid"), None
    if not _check_digit(values["ean"]):
        return Result(sku, False, "INVALID_EAN", f"ean {values['ean']} has a wrong check digit"), None
    try:
        weight = Decimal(values["weight_kg"])
    except InvalidOperation:
        return Result(sku, False, "INVALID_WEIGHT", f"weight_kg {values['weight_kg']} is not valid"), None
    return Result(sku, True), Item(sku, values["ean"], weight, values["status"] != "D")


def _check_digit(ean: str) -> bool:
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(ean))
    return weighted % 10 == 0


def write_results(results: list[Result]) -> bytes:
    """The result file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("sku", "result", "code", "message"))
    writer.writerows((one.sku, "accepted" if one.accepted else "rejected", one.code, one.message) for one in results)
    return text.getvalue().encode()
