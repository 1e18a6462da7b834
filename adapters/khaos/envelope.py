"""How values travel in the service's rpc/encoded SOAP 1.1: writing a request, reading a reply or a fault.

Replies come inline or multi-ref (``href="#1"`` and sibling nodes with ``id``); both are read. Type
words come from ``xsi:type``; an untyped leaf is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from adapters.errors import Garbled, Rejected
from adapters.khaos.wsdl import Operation, parse
from adapters.text import without_lost

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NULL_DATE = date(1899, 12, 30)  # an unset TDateTime
NO_LATER_THAN = datetime(2099, 12, 31, tzinfo=UTC)  # "no upper bound": the argument stands mid-list, so it must be sent
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # "no lower bound": what the vendor's own client sends
DEEPEST = 32

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SYMBOL = re.compile(r"[A-Za-z][\w.:-]{0,60}")  # a class or a code; a sentence is no symbol
_FRACTION = re.compile(r"\.(\d{6})\d+")


def clean(text: str) -> str:
    """``text`` without the characters that XML 1.0 forbids."""
    return _ILLEGAL.sub("", text)


def write_request(operation: Operation, arguments: Mapping[str, Any], zone: ZoneInfo) -> bytes:
    """The envelope for ``operation``; arguments stand in the WSDL's order, unknown ones behind."""
    typed = dict(operation.arguments)
    names = [n for n, _ in operation.arguments if n in arguments] + [n for n in arguments if n not in typed]
    inside = "".join(_argument(name, arguments[name], typed.get(name, "string"), zone) for name in names)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{ENVELOPE}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        f' xmlns:xsi="{XSI}" SOAP-ENV:encodingStyle="{ENCODING}"><SOAP-ENV:Body>'
        f'<NS1:{operation.name} xmlns:NS1="{escape(operation.namespace)}">{inside}</NS1:{operation.name}>'
        "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def _argument(name: str, value: Any, kind: str, zone: ZoneInfo) -> str:
    return f'<{name} xsi:type="xsd:{kind}">{_text(value, zone)}</{name}>'


def _text(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
    return escape(clean(str(value)))


def read_reply(body: bytes, operation: str, zone: ZoneInfo, *, write: bool) -> Any:
    """The operation's result, in str, int, Decimal, bool, datetime (aware, UTC), list and dict.

    Raises:
        Rejected: a fault; ``symbol`` is its exception class. Guide, "Error Handling": a fault may be
            a business refusal, and after a write its effect is unknown (``maybe_done``).
        Garbled: not a SOAP reply, or cut off.
    """
    root = parse(body, operation)
    found = next((e for e in root if _local(e) == "Body"), None)
    parts = [] if found is None else list(found)
    if not parts:
        raise Garbled(f"{operation}: the reply has no SOAP body; check that `url` is the service's .exe")
    fault = next((e for e in parts if _local(e) == "Fault"), None)
    if fault is not None:
        raise _refusal(fault, operation, write=write)
    answers = [e for e in parts if _local(e) == f"{operation}Response"]
    if not answers:
        raise Garbled(f"{operation}: the reply's body holds {_local(parts[0])}, not {operation}Response")
    reading = _Reading({key: e for e in root.iter() if (key := e.get("id"))}, zone)
    try:
        return next((reading.value(e, 0) for e in answers[0]), None)
    except (ValueError, LookupError, ArithmeticError) as error:
        raise Garbled(f"{operation}: a value of the reply does not fit its type ({type(error).__name__})") from error


def _refusal(fault: Element, operation: str, *, write: bool) -> Rejected:
    """SOAP 1.1 says faultstring and faultcode, 1.2 Reason/Text and Code/Value; one with a detail alone says that."""
    texts: dict[str, str] = {}
    for one in fault.iter():
        texts[_local(one)] = texts.get(_local(one)) or (one.text or "").strip()
    why = texts.get("faultstring") or texts.get("Text") or next(filter(None, texts.values()), "")
    symbols = ("ExceptionClassName", "faultactor", "faultcode", "Value")
    symbol = next((texts[one] for one in symbols if _SYMBOL.fullmatch(texts.get(one, ""))), "Fault")
    return Rejected(
        f"{operation}: Khaos Control answered with a fault", symbol=symbol, maybe_done=write, theirs=without_lost(why)
    )


class _Misfit(ValueError):
    """A text that is no value of its type."""


class _Reading:
    """The values of one reply. A part that several point to is read once: so the work grows with the reply."""

    def __init__(self, named: Mapping[str, Element], zone: ZoneInfo) -> None:
        self._named = named
        self._zone = zone
        self._read: dict[str, Any] = {}
        self._open: set[str] = set()

    def value(self, element: Element, depth: int) -> Any:
        """Raises ValueError for what does not fit its type, points nowhere or in a circle."""
        if depth > DEEPEST:
            raise ValueError("values stand too deep within each other")
        href = element.get("href", "").removeprefix("#")
        if href:
            return self._behind(href, depth)
        if element.get(f"{{{XSI}}}nil") in ("true", "1"):
            return None
        kind = element.get(f"{{{XSI}}}type", "").rpartition(":")[2]
        if kind.endswith("Array") or element.get(f"{{{ENCODING}}}arrayType") is not None:
            return [self._member(e, depth + 1) for e in element]
        if len(element):
            return self._object(element, depth)
        text = element.text or ""
        reader = READ.get(kind)
        return text if reader is None else reader(text, self._zone)

    def _member(self, element: Element, depth: int) -> Any:
        """A value within others: one that does not fit its type is none, and spoils no row beside its own."""
        try:
            return self.value(element, depth)
        except _Misfit:
            return None

    def _behind(self, href: str, depth: int) -> Any:
        if href not in self._read:
            if href in self._open:
                raise ValueError("values refer to each other in a circle")
            if href not in self._named:
                raise ValueError("an href leads nowhere")
            self._open.add(href)
            self._read[href] = self.value(self._named[href], depth + 1)
        return self._read[href]

    def _object(self, element: Element, depth: int) -> Any:
        names = [_local(e) for e in element]
        values = [self._member(e, depth + 1) for e in element]
        if set(names) == {"item"} or len(set(names)) < len(names):
            return values
        return dict(zip(names, values, strict=True))


def read_time(text: str, zone: ZoneInfo) -> datetime | None:
    """A SOAP dateTime in UTC; None for none and for the toolkit's zero date.

    Whether a ``Z`` of theirs is true UTC is not published; it is taken at its word. A time without
    an offset is wall-clock of ``zone``. Raises ValueError for what is no time.
    """
    trimmed = _FRACTION.sub(r".\1", text.strip())
    if not trimmed:
        return None
    try:
        moment = datetime.fromisoformat(trimmed)
        if moment.date() == NULL_DATE:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _Misfit(trimmed[:40]) from error


def _whole(text: str, _: ZoneInfo) -> int:
    try:
        return int(text.strip() or "0")
    except ValueError as error:
        raise _Misfit(text[:40]) from error


def _number(text: str, _: ZoneInfo) -> Decimal:
    try:
        found = Decimal(text.strip() or "0")
    except InvalidOperation as error:
        raise _Misfit(text[:40]) from error
    if not found.is_finite():  # XML Schema has NaN and INF; no figure of theirs is one
        raise _Misfit(text[:40])
    return found


def _yes(text: str, _: ZoneInfo) -> bool:
    known = {"true": True, "1": True, "-1": True, "false": False, "0": False, "": False}.get(text.strip().lower())
    if known is None:
        raise _Misfit(text[:40])
    return known


READ: Mapping[str, Callable[[str, ZoneInfo], Any]] = {
    **dict.fromkeys(("int", "integer", "long", "short", "unsignedInt"), _whole),
    **dict.fromkeys(("double", "float", "decimal"), _number),
    "boolean": _yes,
    "dateTime": read_time,
}


def rows(value: Any) -> Iterable[Mapping[str, Any]]:
    """The objects of an array result, whether it came as an array, one object, or nothing."""
    if isinstance(value, Mapping):
        value = list(value.values()) if all(isinstance(v, Mapping) for v in value.values()) else [value]
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
