"""``StockStatusUpload`` -> what Khaos says of each item at each site.

README of ``kcc-web-services``, "StockStatus": 0 to 100 entries in a push, one for each item and site.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from mappings.errors import Unmappable, Unreadable
from mappings.khaos.channel.codec import Form, inner, judge, open_document
from mappings.khaos.channel.scalars import Number, Whole, units
from mappings.khaos.channel.word import Also, Word


class Levels(Word):
    """Units that can be sold and units on purchase orders."""

    available: Number
    on_order: Number | None = None


class RelationshipPotential(Word):
    """Units that could be put together from other items, or had by taking them apart."""

    from_children: Number | None = None
    from_parents: Number | None = None


class StockStatus(Word):
    """One item at one site. ``levels`` is missing for what is not stock controlled."""

    stock_code: str
    stock_id: str
    site_id: Whole
    levels: Levels | None = None
    relationship_potential: Annotated[RelationshipPotential | None, Also("BuildPotential")] = None  # the name of 2020


class StockStatuses(Word):
    """The whole body."""

    XML_FLAGS: ClassVar[tuple[str, str]] = ("false", "true")  # as Khaos writes what it sends

    statuses: tuple[StockStatus, ...]


@dataclass(frozen=True, slots=True)
class ChannelLevel:
    """Units of an item at a site; None where Khaos gave none. Below zero when more is promised than there is."""

    stock_id: str
    code: str
    site_id: int
    available: int | None
    on_order: int | None
    from_children: int | None

    @property
    def sellable(self) -> int | None:
        """The vendor's rule: the full figure is ``available`` where it is given, else what children could make."""
        return self.from_children if self.available is None else self.available


def read_stock_status_upload(body: bytes, form: Form) -> tuple[list[ChannelLevel], list[Unreadable]]:
    """Every entry of the push; what cannot be read is named by its stock code, else by its place.

    Raises:
        Unmappable: the body as a whole is no such document. An entry with part of a unit is unreadable with the
            ``kind`` ``fractional_quantity``.
    """
    good: list[ChannelLevel] = []
    bad: list[Unreadable] = []
    for place, entry in enumerate(open_document(StockStatuses, body, form).get("Statuses", ()), 1):
        try:
            good.append(_level(judge(StockStatus, entry)))
        except Unmappable as error:
            code = inner(StockStatus, entry).get("StockCode")
            bad.append(Unreadable(code if isinstance(code, str) and code else f"StockStatus {place}", error))
    return good, bad


def _level(status: StockStatus) -> ChannelLevel:
    if not status.stock_id.strip():
        raise Unmappable("StockStatus.StockID", "", "a level without an item; have it sent again")
    levels, potential = status.levels, status.relationship_potential
    return ChannelLevel(
        stock_id=status.stock_id.strip(),
        code=status.stock_code.strip(),
        site_id=status.site_id,
        available=_units("Levels.Available", levels.available if levels else None),
        on_order=_units("Levels.OnOrder", levels.on_order if levels else None),
        from_children=_units("RelationshipPotential.FromChildren", potential.from_children if potential else None),
    )


def _units(field: str, value: Decimal | None) -> int | None:
    return None if value is None else units(field, value)
