"""What an object of the web-services channel is: members under the vendor's names, in every spelling, strictly typed.

One declaration serves both forms. A member's name is its field's in the vendor's capitals; ``Also`` names further
spellings. Names are compared without case, because the vendor's own samples differ in it (``PostCode``, ``items``).
Unknown members are passed over: the vendor adds some over time (README of ``kcc-web-services``).
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator

from mappings.khaos.values import legal

# parts of names that the vendor writes otherwise than with one capital
CAPITALS: Mapping[str, str] = {
    "aavcv2": "AAVCV2",
    "bacs": "BACS",
    "creturn": "CReturn",
    "cv2": "CV2",
    "ec": "EC",
    "eu": "EU",
    "id": "ID",
    "ioss": "IOSS",
    "po": "PO",
    "scs": "SCS",
    "sku": "SKU",
    "sorder": "SOrder",
    "url": "URL",
    "urn": "URN",
}


def vendor_name(field: str) -> str:
    """``sorder_code`` -> ``SOrderCode``."""
    return "".join(CAPITALS.get(part) or part.capitalize() for part in field.split("_"))


@dataclass(frozen=True, slots=True)
class Also:
    """Another spelling of a member's name, read and never written."""

    name: str


@dataclass(frozen=True, slots=True)
class Each:
    """The name that XML gives to each entry of an array; without it an entry is named after its object."""

    name: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """An array that XML writes without a wrapper: the member's own element, once for each entry."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object: its name, the type of its value or of each of its entries, and its form in XML."""

    name: str
    kind: Any
    many: bool
    each: str
    repeated: bool


class Word(BaseModel):
    """An object of the channel. Frozen, strict, without nulls and without characters that XML forbids.

    A class's name is the vendor's name of the object, and so its element's. ``XML_ATTRIBUTES``: its members are
    attributes. ``XML_TEXT``: the member that the element's text means when read; it is written so where
    ``XML_TEXT_WRITTEN``. ``XML_FLAGS``: how a document spells no and yes.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="ignore", populate_by_name=True, alias_generator=vendor_name
    )
    XML_ATTRIBUTES: ClassVar[bool] = False
    XML_TEXT: ClassVar[str] = ""
    XML_TEXT_WRITTEN: ClassVar[bool] = False
    XML_FLAGS: ClassVar[tuple[str, str]] = ("False", "True")  # as in the documents that Khaos fetches

    @model_validator(mode="before")
    @classmethod
    def _in_one_spelling(cls, given: Any) -> Any:
        return in_one_spelling(cls, given) if isinstance(given, Mapping) else given


def in_one_spelling(word: type[Word], given: Mapping[str, Any]) -> dict[str, Any]:
    """The members that are known, under their written names; nulls and empty values of another type than text go.

    A single entry where an array belongs is an array of one: a sample shows ``Returns`` as a bare object.
    """
    declared = members(word)
    tidy: dict[str, Any] = {}
    for spelling, value in given.items():
        member = declared.get(str(spelling).casefold())
        if member is None or value is None or member.name in tidy:
            continue
        if member.many:
            entries = value if isinstance(value, list | tuple) else [value] if value != "" else []
            tidy[member.name] = tuple(_legal(entry) for entry in entries if entry is not None)
        elif value != "" or member.kind is str:
            tidy[member.name] = _legal(value)
    return tidy


def _legal(value: Any) -> Any:
    return legal(value) if isinstance(value, str) else value


@cache
def members(word: type[Word]) -> Mapping[str, Member]:
    """Each spelling of each member's name, without case, in the order of declaration."""
    found: dict[str, Member] = {}
    for field, about in word.model_fields.items():
        kind, many = _kind(about.annotation)
        each = next((m.name for m in about.metadata if isinstance(m, Each)), _entry_name(kind))
        repeated = any(isinstance(m, Repeated) for m in about.metadata)
        member = Member(about.alias or field, kind, many, each, repeated)
        others = [m.name for m in about.metadata if isinstance(m, Also)]
        found |= {spelling.casefold(): member for spelling in (member.name, field, *others)}
    return found


def _entry_name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and issubclass(kind, Word) else "string"


def _kind(annotation: Any) -> tuple[Any, bool]:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        return _kind(next(arm for arm in inside if arm is not type(None)))
    if origin is Annotated:
        return _kind(inside[0])
    if origin is tuple:
        return _kind(inside[0])[0], True
    return annotation, False
