"""Bytes to the channel's objects and back, in either form, and which form a body has.

README of ``kcc-web-services``: a document is an object in JSON, an element named after it in XML; a missing value is
omitted, for ``null`` causes errors in Khaos.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeVar
from xml.etree.ElementTree import ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic import ValidationError

from mappings.errors import Unmappable
from mappings.khaos.channel.word import Word, in_one_spelling, members
from mappings.khaos.channel.xml_form import local, read_element, write_element

Form = Literal["json", "xml"]
W = TypeVar("W", bound=Word)
FIRST_BYTES: Mapping[bytes, Form] = {b"<": "xml", b"{": "json", b"[": "json"}
CONTENT_TYPES: Mapping[Form, str] = {
    "json": "application/json; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
}


def form_of(content_type: str, body: bytes) -> Form:
    """The form that the content type names, else the one that the body's first byte shows.

    Raises:
        Unmappable: neither tells.
    """
    named = content_type.partition(";")[0].strip().lower()
    if named.endswith("json"):
        return "json"
    if named.endswith("xml"):
        return "xml"
    first = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first not in FIRST_BYTES:
        raise Unmappable(
            "Content-Type", named[:40], "neither JSON nor XML; set the Format in the channel's config file"
        )
    return FIRST_BYTES[first]


def read_document(document: type[W], body: bytes, form: Form) -> W:
    """The document as a whole.

    Raises:
        Unmappable: no such document, or a member that is missing or of another type (``field`` is its path).
    """
    return judge(document, open_document(document, body, form))


def open_document(document: type[Word], body: bytes, form: Form) -> dict[str, Any]:
    """The document's members by name, unjudged, so that each entry can be judged by itself.

    Raises:
        Unmappable: not well-formed, or another document (``field`` is the document's name).
    """
    return _from_xml(document, body) if form == "xml" else _from_json(document, body)


def inner(word: type[Word], raw: Any) -> dict[str, Any]:
    """The members of an object inside an opened document, by name and unjudged; none of what is no object."""
    return in_one_spelling(word, raw) if isinstance(raw, Mapping) else {}


def judge(word: type[W], raw: Any) -> W:
    """``raw`` as that object. Raises Unmappable with the path of the first member at fault, and never its content."""
    try:
        return word.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join([word.__name__, *(str(part) for part in first["loc"])])
        given = "" if first["type"] == "missing" else type(first["input"]).__name__
        why = f"{first['msg'].lower()}; correct it in Khaos, or compare the object with the vendor's current README"
        raise Unmappable(path, given, why) from None  # the cause would quote what stood there


def write_document(document: Word, form: Form) -> bytes:
    """The document in UTF-8, without a null.

    Raises:
        Unmappable: an entry of a member whose shape in XML the vendor does not publish.
    """
    if form == "json":
        plain = document.model_dump(by_alias=True, exclude_none=True)
        return json.dumps(plain, default=_plain, allow_nan=False).encode()
    text = tostring(write_element(type(document).__name__, document, document.XML_FLAGS), encoding="unicode")
    # a bare carriage return would be read as a line feed
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.replace("\r", "&#13;").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):  # the vendor's type is a double
        return int(value) if value == int(value) else float(value)
    raise TypeError(type(value).__name__)


def _from_json(document: type[Word], body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(
            body.removeprefix(b"\xef\xbb\xbf"),
            parse_float=_double,
            parse_constant=str,  # NaN is refused where it stands, and its neighbours are read
            object_pairs_hook=lambda pairs: {name: value for name, value in pairs if value is not None},
        )
    except (ValueError, RecursionError) as error:
        raise Unmappable(document.__name__, type(error).__name__, "not well-formed JSON; have it sent again") from None
    tidy = in_one_spelling(document, found) if isinstance(found, dict) else {}
    if not tidy:
        names = ", ".join(dict.fromkeys(member.name for member in members(document).values()))
        why = f"another document: none of {names} in it; compare the URLs in the channel's config file"
        raise Unmappable(document.__name__, type(found).__name__, why)
    return tidy


def _double(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:  # beyond any exponent: refused where it stands
        return text


def _from_xml(document: type[Word], body: bytes) -> dict[str, Any]:
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unmappable(document.__name__, type(error).__name__, "not well-formed XML; have it sent again") from None
    if local(root.tag) != document.__name__:
        why = f"another document than {document.__name__}; compare the URLs in the channel's config file"
        raise Unmappable(document.__name__, local(root.tag)[:40], why)
    return read_element(document, root)
