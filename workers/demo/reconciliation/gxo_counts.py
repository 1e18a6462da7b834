"""What GXO's book shows of the day's trade, counted: that both its facilities had some of every kind."""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from mappings.canonical import Canonical
from workers.demo.reconciliation.gxo_snapshot import CANCELLED, GOOD, GxoBook, Moved


class GxoTrade(Canonical):
    """``orders`` goes by facility; ``several_cartons`` and ``in_parts`` count orders, ``lines_short`` lines.

    ``announced`` and ``blind`` are returns, ``supplies`` suppliers' receipts; ``adjusted`` counts 947s of one type,
    ``passed`` those in which units pass from one type to another.
    """

    orders: dict[str, int] = Field(default_factory=dict)
    several_cartons: int = 0
    in_parts: int = 0
    lines_short: int = 0
    announced: int = 0
    blind: int = 0
    supplies: int = 0
    adjusted: int = 0
    passed: int = 0


def count_trade(book: GxoBook) -> GxoTrade:
    """The day's trade at GXO. Pure."""
    alive = [one for one in book.orders if one.state != CANCELLED]
    left = [(one, [shipment for shipment in one.shipments if shipment.tracking]) for one in alive]
    by_message: dict[tuple[str, str], list[Moved]] = {}
    for moved in book.movements:
        if moved.kind == "adjusted":
            by_message.setdefault((moved.facility, moved.message), []).append(moved)
    pairs = sum(any(one.type != GOOD for one in parts) for parts in by_message.values())
    returns = [one.blind for one in book.receipts if one.kind == "return"]
    return GxoTrade(
        orders=dict(sorted(Counter(one.facility for one in alive).items())),
        several_cartons=sum(any(len(one.tracking) > 1 for one in shipments) for _, shipments in left),
        in_parts=sum(len(shipments) > 1 for _, shipments in left),
        lines_short=sum(line.result in ("CP", "DS") for one in alive for line in one.lines),
        announced=sum(not blind for blind in returns),
        blind=sum(returns),
        supplies=len(book.receipts) - len(returns),
        adjusted=len(by_message) - pairs,
        passed=pairs,
    )
