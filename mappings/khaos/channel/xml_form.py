"""How an object of the channel stands in XML: elements and attributes by its declaration, arrays in wrappers.

README of ``kcc-web-services``, "Types", and its XML examples. Reading judges no value: text that is not of its member's
type stays text, and the object refuses it. An array's entries are taken whatever they are called, because the vendor
has renamed some (``ReturnItem`` to ``ReturnedItem``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from mappings.errors import Unmappable
from mappings.khaos.channel.word import Member, Word, members

_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_FLAGS: Mapping[str, bool] = {"true": True, "false": False, "1": True, "0": False}


def _number(text: str) -> Any:
    return Decimal(text) if _NUMBER.fullmatch(text) else text


SCALARS: Mapping[Any, Callable[[str], Any]] = {
    bool: lambda text: _FLAGS.get(text.casefold(), text),
    int: _number,
    Decimal: _number,
}


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def read_element(word: type[Word], element: Element) -> dict[str, Any]:
    """The element's members by name, unjudged: as the same object's JSON would show them."""
    declared = members(word)
    found: dict[str, Any] = {local(name): value for name, value in element.attrib.items()}
    for child in element:
        member = declared.get(local(child.tag).casefold())
        if member is None:
            continue
        if member.many:
            found[member.name] = (*found.get(member.name, ()), *_entries(member, child))
        elif member.name not in found and not (_is_empty(child) and member.kind is not str):
            found[member.name] = _value(member.kind, child)
    if word.XML_TEXT and (text := (element.text or "").strip()):
        found.setdefault(word.XML_TEXT, element.text if word.XML_TEXT_WRITTEN else text)
    return found


def _is_empty(element: Element) -> bool:
    return not (len(element) or element.attrib or (element.text or "").strip())


def _value(kind: Any, element: Element) -> Any:
    if _is_word(kind):
        plain = not (kind.XML_TEXT or len(element) or element.attrib)
        return element.text or "" if plain else read_element(kind, element)
    text = "".join(element.itertext()).strip() if len(element) else element.text or ""
    convert = SCALARS.get(kind)
    return text if convert is None else convert(text.strip())


def _is_word(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Word)


def _entries(member: Member, element: Element) -> Iterator[Any]:
    if len(element) and not _is_itself_an_entry(member.kind, element):
        for child in element:
            yield _value(member.kind, child)
    elif not _is_empty(element):
        yield _value(member.kind, element)


def _is_itself_an_entry(kind: Any, element: Element) -> bool:
    """True for an array without a wrapper: the element's children are members of an entry, each once.

    ``<Barcodes><Barcode><Barcode>..`` is a wrapper although its entries are called as their first member is.
    """
    if not _is_word(kind):
        return False
    names = [local(child.tag).casefold() for child in element]
    first = members(kind).get(names[0])
    if first is None or len(set(names)) < len(names):
        return False
    return first.many or _is_word(first.kind) or not len(element[0])


def write_element(name: str, word: Word, flags: tuple[str, str]) -> Element:
    """The object as an element called ``name``; absent members are omitted, an empty array is an empty element.

    Raises:
        Unmappable: an entry of a member whose shape the vendor does not publish.
    """
    element = Element(name)
    for field in type(word).model_fields:
        member, value = members(type(word))[field.casefold()], getattr(word, field)
        if value is None:
            continue
        if member.many:
            holder = element if member.repeated else SubElement(element, member.name)
            for entry in value:
                _append(holder, member.name if member.repeated else member.each, entry, flags)
        elif word.XML_TEXT_WRITTEN and member.name == word.XML_TEXT:
            element.text = spell(member.name, value, flags)
        elif word.XML_ATTRIBUTES:
            element.set(member.name, spell(member.name, value, flags))
        else:
            _append(element, member.name, value, flags)
    return element


def _append(parent: Element, name: str, value: Any, flags: tuple[str, str]) -> None:
    if isinstance(value, Word):
        parent.append(write_element(name, value, flags))
    else:
        SubElement(parent, name).text = spell(name, value, flags)


def spell(name: str, value: Any, flags: tuple[str, str]) -> str:
    """A single value as text: whole numbers without a point, as the vendor's XML samples show them."""
    if isinstance(value, bool):
        return flags[value]
    if isinstance(value, Decimal):
        return str(int(value)) if value == int(value) else f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int):
        return str(value)
    raise Unmappable(name, type(value).__name__, "its shape in XML is not published; send this document as JSON")
