"""How single values stand in Khaos's XML: text, flags, quantities, money, dates; and the null date.

Vendor's Web Integration Guide v7.8d, "Encodings": booleans are -1 and 0, decimals have a dot,
1899-12-30 is no date. Elements that are unknown here are passed over: the vendor adds some.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import ZoneInfo

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from mappings.errors import Unmappable
from mappings.quantities import believable
from mappings.text import LOST, legal, readable_xml

__all__ = ["LONDON", "day", "document", "flag", "legal", "moment", "money", "number", "text", "whole", "whole_text"]

LONDON = ZoneInfo("Europe/London")
NULL_DATE = date(1899, 12, 30)
FLAGS = {"-1": True, "1": True, "0": False}
_NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{0,10})?|\.\d{1,10})", re.ASCII)
# Delphi writes a very small double so: what is left of a sum that comes to nothing, or a light weight.
_SMALL = re.compile(r"[+-]?\d(\.\d{1,16})?E-\d{1,3}", re.ASCII)
_FINEST = Decimal("0.000001")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})([ T].*)?", re.ASCII)
_END_OF_DAY = re.compile(r"24:00(:00(\.0+)?)?(?![\d:.])", re.ASCII)
_LEAP_SECOND = re.compile(r"^(\d\d:\d\d):60(?:\.\d*)?", re.ASCII)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def document(xml: str, root: str) -> Element:
    """The document's root element; an empty text is an empty document.

    The text is text already, whatever encoding it once had and still declares. A character that XML forbids is LOST in
    it: ask ``whole_text`` about each entry.

    Raises:
        Unmappable: not well-formed XML, or another document (``field`` is the root's name).
    """
    if not xml.strip():
        return Element(root)
    try:
        found: Element = fromstring(
            readable_xml(_DECLARATION.sub("", xml.removeprefix("\ufeff"), count=1)), forbid_dtd=True
        )
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unmappable(root, type(error).__name__, "not well-formed XML; ask again, then ask the merchant") from error
    if found.tag != root:
        raise Unmappable(root, found.tag, f"another document than {root}; compare the operation that gave it")
    return found


def whole_text(element: Element, *, but: str = "") -> None:
    """Raises Unmappable where a character that XML forbids stands in ``element``, or below it but not in ``but``."""
    place = next((f"@{name}" for name, value in element.items() if LOST in value), None)
    if place is not None or LOST in (element.text or ""):
        why = "a control character stands in it, as pasted from elsewhere; type it anew in Khaos"
        raise Unmappable(f"{element.tag}{place or ''}", "", why)
    for child in element:
        if child.tag != but:
            whole_text(child, but=but)


def text(element: Element | None, path: str) -> str:
    """The trimmed text at ``path``, empty when there is none."""
    return "" if element is None else (element.findtext(path) or "").strip()


def flag(field: str, value: str, *, absent: bool | None = False) -> bool:
    """-1 or 0; ``absent`` for an empty value, and Unmappable when that is None."""
    if not value and absent is not None:
        return absent
    if value not in FLAGS:
        raise Unmappable(field, value, "expected -1 (yes) or 0 (no); correct it in Khaos")
    return FLAGS[value]


def number(field: str, value: str) -> Decimal:
    """A decimal with a dot, or a very small one as Delphi writes it. Raises Unmappable for anything else."""
    if _SMALL.fullmatch(value):
        return Decimal(value).quantize(_FINEST) + 0  # and no zero below zero
    if not _NUMBER.fullmatch(value):
        raise Unmappable(field, value[:40], "expected a number such as 6.00; correct it in Khaos")
    return Decimal(value)


def money(field: str, value: str) -> Decimal | None:
    """An amount, or None for an empty one."""
    return number(field, value) if value else None


def whole(field: str, value: str) -> int:
    """A quantity in whole units: "6" or "6.00".

    Raises:
        Unmappable: no number or less than nothing; ``kind`` ``fractional_quantity`` for part of a unit.
    """
    quantity = number(field, value)
    believable(field, value, quantity)
    if quantity != int(quantity):
        why = "warehouses pick whole units; correct the line in Khaos, or sell it in another unit"
        raise Unmappable(field, value, why, kind="fractional_quantity")
    if quantity < 0:
        raise Unmappable(field, value, "a quantity below zero cannot be picked; correct the line in Khaos")
    return int(quantity)


def day(field: str, value: str) -> date | None:
    """A date, written DD/MM/YYYY or YYYY-MM-DD (a time behind it is dropped); None for none and for the null date."""
    if not value:
        return None
    try:
        if found := _DAY_FIRST.fullmatch(value):
            read = date(int(found[3]), int(found[2]), int(found[1]))
        else:
            read = date.fromisoformat(value[:10])
    except ValueError:
        raise Unmappable(field, value[:40], "expected DD/MM/YYYY or YYYY-MM-DD; correct it in Khaos") from None
    return None if read == NULL_DATE else read


def moment(field: str, value: str, zone: ZoneInfo = LONDON) -> datetime | None:
    """A time in UTC from the wall-clock of ``zone``, or None as ``day`` gives it; of a day alone its first moment.

    24:00 is the end of its day, and a leap second the second before it.
    """
    local_day = day(field, value)
    if local_day is None:
        return None
    day_first = _DAY_FIRST.fullmatch(value)
    clock = ((day_first[4] or "") if day_first else value[10:])[1:].strip()
    end_of_day = _END_OF_DAY.match(clock)
    clock = _LEAP_SECOND.sub(r"\1:59", clock) if end_of_day is None else clock.replace("24", "00", 1)
    try:
        found = datetime.fromisoformat(f"{local_day}T{clock}" if clock else str(local_day))
        found += timedelta(days=bool(end_of_day))
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unmappable(field, value[:40], "no such time; correct it in Khaos") from None
