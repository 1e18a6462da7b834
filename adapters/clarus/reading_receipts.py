"""How goods in are gathered: receipts, the tasks of their lines, and the stock where those tasks put the goods.

Source: GraphQL lists goods_in_receipts, tasks, stocks. Receipt lines have no list of their own: a line
is known by its tasks (filter ``goods_in_receipt_line_id``), and its id from a webhook or, where the
tenant's schema has the field, from the tasks themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.clarus.graphql import PAGE, Ask, Node, batches, nodes, read_together
from adapters.clarus.reading_stock import instant

LINES_AT_ONCE = 50  # receipt lines whose tasks are asked for in one GraphQL request
GOODS_IN_TASKS = {"task_type_code": {"in": ["RCV", "PWAY"]}}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of receipts: those that fit everything. None and an empty text exclude nothing."""

    account_id: str
    warehouse_id: str = ""
    references: Iterable[str] | None = None
    statuses: Iterable[str] | None = None
    expected_since: datetime | None = None

    def conditions(self) -> dict[str, Any]:
        """As Clarus's filter, without the references."""
        conditions: dict[str, Any] = {"account_id": {"eq": self.account_id}}
        if self.warehouse_id:
            conditions["warehouse_id"] = {"eq": self.warehouse_id}
        if self.statuses is not None:
            conditions["status"] = {"in": list(self.statuses)}
        if self.expected_since is not None:
            conditions["expected_date_of_receipt"] = {"from": instant(self.expected_since)}
        return conditions


def receipts(ask: Ask, extra: str, wanted: Wanted) -> Iterator[Node]:
    """The receipts that are wanted; references are asked for 100 at a time."""
    if wanted.references is None:
        yield from nodes(ask, "goods_in_receipts", wanted.conditions(), extra)
        return
    for some in batches(wanted.references, PAGE):
        yield from nodes(ask, "goods_in_receipts", {**wanted.conditions(), "reference": {"in": some}}, extra)


def detail(ask: Ask, stock_extra: str, receipt: Node, line_ids: Iterable[str]) -> dict[str, Any]:
    """``{"goods_in_receipt": node, "lines": [{"id", "tasks": [node]}], "stocks": [node]}``.

    ``stocks`` are the records of the receipt's account at each (product, place) to which a finished task brought goods.
    """
    tasks: dict[str, list[Node]] = {one: [] for some in batches(line_ids, PAGE) for one in some}
    for some in batches(tasks, LINES_AT_ONCE):
        wanted = {
            f"line_{n}": ("tasks", {"goods_in_receipt_line_id": {"eq": one}, **GOODS_IN_TASKS})
            for n, one in enumerate(some)
        }
        for node in read_together(ask, wanted):
            tasks[some[int(node.pop("_alias").removeprefix("line_"))]].append(node)
    places = {place for found in tasks.values() for task in found for place in _place(task)}
    return {
        "goods_in_receipt": receipt,
        "lines": [{"id": one, "tasks": found} for one, found in tasks.items()],
        "stocks": list(_stock_at(ask, stock_extra, receipt, sorted(places))),
    }


def lines_since(
    ask: Ask, task_extra: str, moment: datetime, account_id: str, warehouse_id: str
) -> dict[str, list[str]]:
    """Receipt id -> ids of its lines on which an RCV or PWAY task was finished at or after ``moment``."""
    conditions = {
        **GOODS_IN_TASKS,
        "account_id": {"eq": account_id},
        "warehouse_id": {"eq": warehouse_id},
        "completed_at": {"from": instant(moment)},
    }
    found: dict[str, dict[str, None]] = {}
    for task in nodes(ask, "tasks", conditions, task_extra):
        line = task.get("goods_in_receipt_line") or {}
        receipt = (line.get("goods_in_receipt") or {}).get("id")
        if receipt and line.get("id"):
            found.setdefault(receipt, {})[line["id"]] = None
    return {receipt: list(lines) for receipt, lines in found.items()}


def _place(task: Node) -> Iterator[tuple[str, str]]:
    product, place = (task.get("product") or {}).get("id"), (task.get("location_to") or {}).get("id")
    if str(task.get("status")).upper() == "COMPLETED" and product and place:
        yield product, place


def _stock_at(ask: Ask, extra: str, receipt: Node, places: Sequence[tuple[str, str]]) -> Iterator[Node]:
    for start in range(0, len(places), PAGE):
        some = places[start : start + PAGE]
        conditions = {
            "product_id": {"in": sorted({product for product, _ in some})},
            "location_id": {"in": sorted({place for _, place in some})},
        }
        account = (receipt.get("account") or {}).get("id")
        if account:
            conditions["account_id"] = {"eq": account}
        for node in nodes(ask, "stocks", conditions, extra):
            if ((node.get("product") or {}).get("id"), (node.get("location") or {}).get("id")) in some:
                yield node
