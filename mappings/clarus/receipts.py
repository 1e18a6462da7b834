"""Goods that came in, as the header, the tasks of the lines and the stock where they lie show it.

Sources: GraphQL lists goods_in_receipts, tasks, stocks; knowledgebase/inbound/book-goods-in. Receipt
lines have no list: RCV tasks count what was taken in, PWAY tasks what was put away, and the stock
record at the place shows the condition. REST says ``…_of_arrival`` where GraphQL says ``…_of_receipt``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mappings.canonical import Condition, GoodsReceipt, ReceiptLine, ReceiptStatus
from mappings.clarus.conditions import LESS_SELLABLE, Conditions
from mappings.clarus.tables import read_receipt_status
from mappings.clarus.values import mapping, moment, needed, text, whole, within
from mappings.errors import Unmappable
from mappings.text import without_placeholder

Node = Mapping[str, Any]
StockCondition = tuple[Condition, str]  # condition and hold reason
NOT_THERE: StockCondition = (Condition.UNKNOWN, "")


def read_receipt(
    detail: Mapping[str, Any],
    read_at: datetime,
    return_words: Collection[str] = ("return",),
    own: Mapping[str, str] | None = None,
) -> GoodsReceipt:
    """One receipt from ``{"goods_in_receipt", "lines": [{"id", "tasks"}], "stocks"}``.

    A line stands once for each condition in which its units lie, and once more for what is not put away;
    its entries add up to the line. Where records show this receipt's reference as their batch, they say
    how many units lie there in which condition; else all the records at the place are looked at, and
    where they disagree the least sellable condition counts for all. Units that were put away and have
    no record there any more are UNKNOWN. A line without a task is not known yet, and is left out.
    ``return_words`` are the receipt types that mean a return, ``own``
    the merchant's rows of ``[tables.stock_conditions.clarus]``.

    Raises:
        Unmappable: ``unknown_status``, ``fractional_quantity``, else ``unmappable``.
    """
    header = mapping(detail.get("goods_in_receipt"), "goods_in_receipt")
    word, kind = text(header.get("status")), text(header.get("receipt_type"))
    status, reference = read_receipt_status(word), without_placeholder(text(header.get("reference")))
    is_return = kind.lower() in {one.strip().lower() for one in return_words}
    shelves = _PutAwayStock(detail.get("stocks") or (), reference, Conditions(own))
    return GoodsReceipt(
        their_id=needed(header.get("id"), "goods_in_receipt.id"),
        reference=reference,
        facility=within(header.get("warehouse"), "code"),
        status=status,
        status_word=word,
        kind_word=kind,
        return_reference=reference if is_return else "",
        order_reference=without_placeholder(text(header.get("external_system_reference2"))),
        lines=tuple(
            entry
            for line in detail.get("lines") or ()
            for entry in _entries(line, shelves, done=status is ReceiptStatus.COMPLETED)
        ),
        received_at=_received(header),
        read_at=read_at,
    )


class _PutAwayStock:
    """Stock records at the places of put-away, by condition; each unit is claimed once."""

    def __init__(self, records: Iterable[Node], batch: str, conditions: Conditions) -> None:
        self._worst: dict[tuple[str, str], StockCondition] = {}
        self._ours: dict[tuple[str, str], Counter[StockCondition]] = {}
        for record in records:
            judged = conditions.judge(record)
            if judged.condition is None or record.get("quantity") == 0:  # a record of no units vouches for none
                continue
            place, found = _place(record, "location"), (judged.condition, judged.hold_reason)
            self._worst[place] = max(self._worst.get(place, found), found, key=_rank)
            if batch and text(record.get("string1")) == batch:
                self._ours.setdefault(place, Counter())[found] += whole(record.get("quantity"), "stocks.quantity")

    def claim(self, task: Node, units: int) -> Iterator[tuple[StockCondition, int]]:
        """The present conditions of units that a task put away: the least sellable first, UNKNOWN for absent ones."""
        place = _place(task, "location_to")
        if place not in self._ours:
            yield self._worst.get(place, NOT_THERE), units
            return
        for found, there in sorted(self._ours[place].items(), key=lambda entry: _rank(entry[0]), reverse=True):
            claimed = min(there, units)
            self._ours[place][found] -= claimed
            units -= claimed
            yield found, claimed
        yield NOT_THERE, units

    def nothing_at(self, task: Node) -> bool:
        """Whether no goods of the product lie where a task put them."""
        return _place(task, "location_to") not in self._worst

    def in_bay(self, task: Node) -> bool:
        """Whether what a task took in is not on its shelf yet, or cannot be seen."""
        return self._worst.get(_place(task, "location_to"), NOT_THERE)[0] in {Condition.GOODS_IN, Condition.UNKNOWN}


def _rank(condition: StockCondition) -> tuple[int, str]:
    return LESS_SELLABLE.index(condition[0]), condition[1]


def _place(node: Node, location: str) -> tuple[str, str]:
    return within(node.get("product"), "id"), within(node.get(location), "id")


def _entries(line: Node, shelves: _PutAwayStock, *, done: bool) -> Iterator[ReceiptLine]:
    line_id = needed(line.get("id"), "goods_in_receipt_line.id")
    tasks: Sequence[Node] = line.get("tasks") or ()
    if not tasks:
        return
    taken, away = _of_type(tasks, "RCV"), _of_type(tasks, "PWAY")
    sku = needed(within(tasks[0].get("product"), "code"), "tasks.product.code")
    back = _taken_back(taken, away, shelves)
    expected = sum(_expected_units(task) for task in taken) - back
    received = sum(_confirmed(task) for task in taken) - back
    # Received straight to its shelf there is no PWAY task; in the goods-in bay the record says "received".
    moved = away or [task for task in taken if done or not shelves.in_bay(task)]
    lying: Counter[StockCondition] = Counter()
    for task in moved:
        for found, units in shelves.claim(task, _confirmed(task)):
            lying[found] += units
    for (condition, reason), units in lying.items():
        if units:
            share = min(units, expected)
            expected, received = expected - share, max(received - units, 0)
            yield ReceiptLine(
                line_id=line_id, sku=sku, expected=share, received=units, put_away=units, condition=condition,
                hold_reason=reason,
            )  # fmt: skip
    if expected or received:
        yield ReceiptLine(line_id=line_id, sku=sku, expected=expected, received=received)


def _taken_back(taken: Sequence[Node], away: Sequence[Node], shelves: _PutAwayStock) -> int:
    """Units that were received, have a receive task again, and stand neither in the bay nor in a put-away task."""
    missing = sum(_confirmed(task) for task in taken) - sum(_confirmed(task) or _expected_units(task) for task in away)
    gone = sum(_confirmed(task) for task in taken if shelves.nothing_at(task))
    open_again = sum(_expected_units(task) for task in taken if not _completed(task))
    return max(0, min(missing, gone, open_again))


def _of_type(tasks: Iterable[Node], code: str) -> list[Node]:
    return [task for task in tasks if within(task.get("task_type"), "code").upper() == code]


def _completed(task: Node) -> bool:
    return text(task.get("status")).upper() == "COMPLETED"


def _expected_units(task: Node) -> int:
    return whole(task.get("start_quantity") or 0, "tasks.start_quantity")


def _confirmed(task: Node) -> int:
    confirmed = task.get("confirmed_quantity")  # left out when completing means all of it
    if not _completed(task):
        return 0
    return _expected_units(task) if confirmed is None else whole(confirmed, "tasks.confirmed_quantity")


def _received(header: Node) -> datetime | None:
    received = header.get("actual_date_of_receipt") or header.get("actual_date_of_arrival")
    try:
        return moment(received, "actual_date_of_receipt") if received else None
    except Unmappable:  # a date is not worth the goods: unknown is said as unknown
        return None
