"""What the operations of ``IKosWeb`` return as objects, and how they are read from decoded SOAP.

Field names are from the vendor's Web Integration Guide v7.8d, "Result types". A field that is
missing or of the wrong kind is empty: the service fills them as it likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.errors import Garbled
from adapters.khaos.envelope import rows


@dataclass(frozen=True, slots=True)
class Site:
    """A stock site. Documents name it by ``name``, ``export_stock_status`` by ``id``."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class SiteList:
    """All sites; ``current_id`` is the default one's."""

    current_id: int
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class StockInfo:
    """One entry of a stock list. ``parent_code`` is filled for a variant: export the parent then."""

    stock_code: str
    other_ref: str
    description: str
    parent_code: str
    last_updated: datetime | None


@dataclass(frozen=True, slots=True)
class Imported:
    """An order that is in Khaos now. ``urn`` is the customer it was booked on."""

    order_code: str
    associated_ref: str
    message: str
    urn: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """An order that Khaos did not take. ``reason`` is free text: read the order back, never match on it."""

    ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of one import of orders."""

    imported: tuple[Imported, ...]
    skipped: tuple[Skipped, ...]


def read_sites(found: Any) -> SiteList:
    """``GetSiteList``'s result. Raises Garbled when it is none."""
    if not isinstance(found, Mapping):
        raise Garbled("GetSiteList: the reply is no site list", maybe_done=False)
    sites = tuple(Site(_number(r, "SiteID"), _word(r, "SiteName")) for r in rows(found.get("List")))
    return SiteList(_number(found, "CurrentSiteID"), sites)


def read_import(found: Any) -> ImportResult:
    """``TOrderImportResult``. Raises Garbled, perhaps done, when it is none."""
    if not isinstance(found, Mapping):
        raise Garbled("ImportOrders: the reply is no import result; read the order back")
    return ImportResult(
        tuple(
            Imported(_word(r, "SalesOrderCode"), _word(r, "AssociatedRef"), _word(r, "Msg"), _word(r, "URN"))
            for r in rows(found.get("OrderImport"))
        ),
        tuple(Skipped(_word(r, "OrderRef"), _word(r, "SkipReason")) for r in rows(found.get("OrderSkipped"))),
    )


def _word(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _number(row: Mapping[str, Any], name: str) -> int:
    text = _word(row, name).strip()
    return int(text) if text.lstrip("-").isdecimal() else 0


def read_stock_infos(found: Any) -> tuple[StockInfo, ...]:
    """``TStockList``'s entries; none when there is no list."""
    listed = rows(found.get("List")) if isinstance(found, Mapping) else ()
    return tuple(
        StockInfo(
            stock_code=_word(r, "StockCode"),
            other_ref=_word(r, "OtherRef"),
            description=_word(r, "StockDesc"),
            parent_code=_word(r, "ParentCode"),
            last_updated=moment if isinstance(moment := r.get("LastUpdated"), datetime) else None,
        )
        for r in listed
    )
