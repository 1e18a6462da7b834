"""What the toy's documents mean, both ways. Pure."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime

from mappings.canonical import Condition, Fulfilment, StockLine
from mappings.canonical.advices import (
    Carton,
    LineOutcome,
    OrderAdvice,
    Outcome,
    ShipmentAdvice,
    ShipmentLine,
    StockSnapshot,
)
from mappings.errors import Unmappable


def write_order(wanted: Fulfilment) -> bytes:
    """An order, whole."""
    lines = {line.sku: line.quantity for line in wanted.lines}
    return json.dumps({"order": wanted.reference, "lines": lines, "cancelled": False}, sort_keys=True).encode()


def write_cancellation(sent: bytes) -> bytes:
    """The whole order as it was sent, with a flag."""
    return json.dumps({**json.loads(sent), "cancelled": True}, sort_keys=True).encode()


def read_shipped(body: bytes, facility: str) -> ShipmentAdvice:
    """An event ``order.shipped``: everything leaves at once."""
    told = json.loads(body)
    return ShipmentAdvice(
        their_id=told["shipment"],
        reference=told["order"],
        facility=facility,
        shipped_on=date.fromisoformat(told["at"][:10]),
        lines=tuple(
            ShipmentLine(line_id=sku, sku=sku, ordered=n, shipped=n, outcome=LineOutcome.FILLED)
            for sku, n in told["lines"].items()
        ),
        cartons=(Carton(tracking=told["tracking"]),),
        carrier=told["carrier"],
    )


def read_refused(body: bytes) -> OrderAdvice:
    """An event ``order.refused``; no number of ours stands in it."""
    told = json.loads(body)
    return OrderAdvice(
        their_id=told["order"], reference=told["order"], outcome=Outcome.REFUSED, code=told["code"], answers_set="order"
    )


def read_stock(data: bytes, number: str, facility: str, at: datetime) -> StockSnapshot:
    """The daily file: ``sku,units``."""
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    lines = tuple(StockLine(sku=row["sku"], condition=Condition.GOOD, units=int(row["units"])) for row in rows)
    return StockSnapshot(number=number, facility=facility, at=at, lines=lines)


def read_courier(carrier: str, own: dict[str, str]) -> str:
    """Khaos's courier for a carrier, by the merchant's rows."""
    if carrier not in own:
        raise Unmappable("carrier", carrier, f'add "{carrier}" to [tables.carriers.toy]', kind="unknown_carrier")
    return own[carrier]
