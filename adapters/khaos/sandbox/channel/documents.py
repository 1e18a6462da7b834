"""The two forms of a channel or courier document, JSON and XML, to and from the same plain values.

Source: the vendor's repository kcc-web-services, README (DataItem, arrays, empty values) and its samples.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.ElementTree import fromstring

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
MEDIA_TYPES = {"JSON": "application/json; charset=utf-8", "XML": "application/xml; charset=utf-8"}
DATA_ITEM = frozenset({"ID", "Code", "Name"})
# elements of an answer that hold a list of further elements; lists of plain text repeat the element itself
WRAPPERS = frozenset({"Orders", "Items", "Payments", "DiscountCodes", "AlternateMapping", "ExtendedDescription"})
WRAPPERS |= {"Returns", "ReturnedItems", "ReturnItems", "ExchangeItems", "Errors"}
REPEATED = frozenset({"MatchCompanyOn", "MatchAddressOn", "MatchContactOn"})


class UnreadableDocument(ValueError):
    """A body that is not well-formed JSON or XML, or not an object."""


def read(body: bytes, form: str) -> dict[str, Any]:
    """The document's members. XML gives every value as text, and a null as None."""
    try:
        found = json.loads(body) if form == "JSON" else _plain(fromstring(body))
    except Exception as error:
        raise UnreadableDocument(f"no well-formed {form}: {error}") from error
    if not isinstance(found, dict):
        raise UnreadableDocument(f"the {form} document is no object")
    return found


def _plain(element: Element) -> Any:
    children = list(element)
    if element.get(NIL) == "true":
        return None
    if element.tag in WRAPPERS or any(child.tag == "ItemMapping" for child in children):
        return [_plain(child) for child in children]
    if children:
        found: dict[str, Any] = {}
        for child in children:
            if child.tag in REPEATED:
                found.setdefault(child.tag, []).append(_plain(child))
            else:
                found[child.tag] = _plain(child)
        return found
    text = (element.text or "").strip()
    if element.attrib:
        return {**element.attrib, **({"Name": text} if text and "Name" not in element.attrib else {})}
    return text


def nulls(value: Any, path: str = "") -> list[str]:
    """Where the document holds a null."""
    if value is None:
        return [path or "the document"]
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in nulls(inner, f"{path}.{key}".lstrip("."))]
    if isinstance(value, list):
        return [p for n, inner in enumerate(value) for p in nulls(inner, f"{path}[{n}]")]
    return []


def write(root: str, value: Mapping[str, Any], form: str, names: Mapping[tuple[str, str], str]) -> bytes:
    """The document; ``names`` says, for (element, list inside it), how XML names the list's entries."""
    if form == "JSON":
        return json.dumps(value).encode()
    element = Element(root)
    for key, inner in value.items():
        _fill(element, key, inner, names)
    whole: bytes = tostring(element, encoding="utf-8", xml_declaration=True)
    return whole


def _fill(parent: Element, key: str, value: Any, names: Mapping[tuple[str, str], str]) -> None:
    node = SubElement(parent, key)
    if isinstance(value, list):
        for inner in value:
            _fill(node, names[parent.tag, key], inner, names)
    elif isinstance(value, dict) and value.keys() <= DATA_ITEM:
        coded = value.keys() - {"Name"}
        node.attrib = {part: str(text) for part, text in value.items() if part in coded or not coded}
        node.text = str(value["Name"]) if coded and "Name" in value else None
    elif isinstance(value, dict):
        for name, inner in value.items():
            _fill(node, name, inner, names)
    else:
        node.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
