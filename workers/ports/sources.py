"""What a record is, by the word that stands with it in the ledger: whoever stores one and whoever reads it share it."""

from __future__ import annotations

from enum import StrEnum

_EVENT = "webhook "  # before the name of an event that a side posted by itself


class Source(StrEnum):
    """The source of a poll's or an ERP push's record. The words stand in ledgers: they never change."""

    ORDERS = "orders"
    PRODUCTS = "products"
    CODE_WITH_COMMA = "code_with_comma"
    VANISHED_PRODUCTS = "vanished_products"
    STOCK_UPLOAD = "stock_upload"
    STOCK_STATUS_UPLOAD = "stock_status_upload"
    ORDER_STATUS_UPLOAD = "order_status_upload"
    FILE = "file"
    ORDER = "order"
    SWEEP = "sweep"
    MOVEMENTS = "movements"
    RECEIPT = "receipt"
    STOCK_FILE = "stock file"


class Kind(StrEnum):
    """The kind of a document, whether it stood in a file or came as an event; also the source of its record."""

    ACKNOWLEDGEMENT = "acknowledgement"
    ORDER_ADVICE = "order advice"
    SHIPMENT = "shipment advice"
    RECEIPT = "receipt advice"
    ADJUSTMENT = "adjustment"
    COUNT = "stock count"
    ITEM_RESULTS = "item results"
    ENVELOPE_RECEIPT = "envelope receipt"
    GARMENT_DISPATCH = "garment dispatch"
    GARMENT_RETURN = "garment return"
    GARMENT_MOVE = "garment move"
    GARMENT_END = "garment end"
    GARMENT_RESULTS = "garment results"


def of_event(event: str) -> str:
    """The source of an event's record."""
    return f"{_EVENT}{event}"


def event_of(source: str) -> str | None:
    """The event of a record's source; None where it is no event's."""
    return source.removeprefix(_EVENT) if source.startswith(_EVENT) else None
