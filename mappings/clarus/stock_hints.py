"""What a webhook about stock or goods in hints at: SKUs, receipts and movements to be read again, never believed.

Sources: knowledgebase/integrations/webhook-events, webhook-stock-positive, webhook-stock-negative,
sftp-stock-transfer-file (``transaction_source``, ``transaction_target``); a task's relationships are
called ``inbound_good`` and ``inbound_item`` (OpenAPI updateTask), its filters ``goods_in_receipt…``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from mappings.clarus.records import Record, a_code, an_id, garbled, inner, read_record
from mappings.errors import Unmappable

RESOURCES = frozenset({"stock", "stock_balance", "goods_in", "putaway_task"})
# The record of these is the adjustment itself: its id is the movement's, and it may carry the reason.
ADJUSTMENTS = frozenset({"positively_adjusted", "negatively_adjusted"})
# These come with an order or a receipt, which are read by themselves. Any other event of stock may be for the journal.
FLOOR = frozenset({"received", "unreceived", "dispatched", "undispatched", "picked"})


class ReceiptHint(NamedTuple):
    """A receipt to look at, and those of its lines that were named. Id or reference may be empty, never both."""

    their_id: str
    reference: str
    line_ids: tuple[str, ...]


class StockHint(BaseModel):
    """The things to read again. ``product_ids`` are those of products whose code was not named.

    ``reason`` is (movement id, reason code) of an adjustment that carried one; ``movement`` is true when
    the movements should be read, because something was booked that the journal may need.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    skus: tuple[str, ...] = ()
    product_ids: tuple[str, ...] = ()
    receipts: tuple[ReceiptHint, ...] = ()
    reason: tuple[str, str] | None = None
    movement: bool = False


def read_stock_hint(resource: str, event: str, body: bytes) -> StockHint:
    """Read the hint of a webhook for stock, stock_balance, goods_in or putaway_task.

    Raises:
        Unmappable: kind ``garbled_hint``, for another resource and for every body that names neither a
            product nor a receipt, whatever its bytes.
    """
    where = f"webhook {resource}.{event}"
    if resource not in RESOURCES:
        raise Unmappable(where, resource, "read it with read_hint: it speaks of orders", kind="garbled_hint")
    record = read_record(where, body)
    lines = [one for one in _listed(record, "lines") if isinstance(one, dict)]
    products = [_product(one) for one in (record, *lines, *_sides(record))]
    hint = StockHint(
        skus=_unlike(code for code, _ in products),
        product_ids=_unlike(product for code, product in products if not code),
        receipts=tuple(_receipts(resource, record, lines)),
        reason=_reason(record) if resource == "stock" and event in ADJUSTMENTS else None,
        movement=resource == "stock" and event not in FLOOR,
    )
    if not (hint.skus or hint.product_ids or hint.receipts):
        raise garbled(where, body, "it names neither a product nor a receipt")
    return hint


def _product(record: Record) -> tuple[str, str]:
    product = inner(record, "product")
    return (
        a_code(product.get("code")) or a_code(record.get("product_code")),
        an_id(product.get("id")) or an_id(record.get("product_id")),
    )


def _sides(record: Record) -> Iterator[Record]:
    for name in ("transaction_source", "transaction_target"):
        yield inner(record, name)


def _receipts(resource: str, record: Record, lines: list[Record]) -> Iterator[ReceiptHint]:
    if resource == "goods_in":
        found, line_ids = record, [an_id(line.get("id")) for line in lines]
    else:
        line = inner(record, "goods_in_receipt_line", "inbound_item")
        found = inner(record, "goods_in_receipt", "inbound_good") or inner(line, "goods_in_receipt", "inbound_good")
        line_ids = [an_id(line.get("id")) or an_id(record.get("goods_in_receipt_line_id"))]
    hint = ReceiptHint(an_id(found.get("id")), a_code(found.get("reference")), _unlike(iter(line_ids)))
    if hint.their_id or hint.reference:
        yield hint


def _reason(record: Record) -> tuple[str, str] | None:
    movement, code = an_id(record.get("id")), a_code(inner(record, "reason_code").get("code"))
    return (movement, code) if movement and code else None


def _listed(record: Record, name: str) -> list[object]:
    value = record.get(name)
    return value if isinstance(value, list) else []


def _unlike(values: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
