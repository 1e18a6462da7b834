"""The tenant's records, kept in memory in the shape in which GraphQL shows them, with look-ups by key."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]

# table -> (first id, path that is looked up often). First ids differ, so that a mixed-up id is met.
TABLES: dict[str, tuple[int, str]] = {
    "accounts": (1, "code"),
    "warehouses": (11, "code"),
    "account_warehouses": (21, "account.id"),
    "carriers": (31, "code"),
    "carrier_services": (61, "code"),
    "stock_unit_types": (91, "code"),
    "products": (1001, "code"),
    "account_products": (500001, "product.id"),
    "goods_outs": (3001, "reference"),
    "goods_out_lines": (2000001, "goods_out.id"),
    "shipments": (4000001, "goods_out.id"),
    "packages": (6000001, "shipment.id"),
    "pick_processing_requests": (1, "process_reference"),
    "automations": (41, "resource_name"),
}
STATUSES = {
    code: {"id": number, "code": code, "name": name}
    for number, code, name in (
        (1, "DRAFT", "Draft"),
        (2, "PENDING", "Pending"),
        (3, "PICK", "Picking"),
        (4, "PART", "Part"),
        (5, "ALLOCATED", "Allocated"),
        (6, "COMPLETED", "Completed"),
        (7, "PART_ALLOCATED", "Part Allocated"),
        (8, "CANCELLED", "Cancelled"),
    )
}


def at(record: Any, path: str) -> Any:
    """What stands at a dotted path, None where it breaks off."""
    for part in path.split("."):
        if not isinstance(record, dict):
            return None
        record = record.get(part)
    return record


def now() -> str:
    """The time as Clarus writes it in REST and webhooks."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Table:
    """Records by id, and by one other key."""

    def __init__(self, first_id: int, key: str) -> None:
        self.key = key
        self.rows: dict[str, Record] = {}
        self._next = first_id
        self._by_key: dict[str, dict[str, Record]] = defaultdict(dict)

    def add(self, record: Record) -> Record:
        """Gives the record its id and keeps it."""
        record["id"] = str(self._next)
        self._next += 1
        self.rows[record["id"]] = record
        self._by_key[str(at(record, self.key))][record["id"]] = record
        return record

    def remove(self, record: Record) -> None:
        """Forgets the record."""
        del self.rows[record["id"]]
        del self._by_key[str(at(record, self.key))][record["id"]]

    def rekey(self, record: Record, before: str) -> None:
        """To be called after the record's key was ``before`` and has changed."""
        self._by_key[before].pop(record["id"], None)
        self._by_key[str(at(record, self.key))][record["id"]] = record

    def by_key(self, values: Iterable[Any]) -> Iterator[Record]:
        """The records with one of the keys."""
        for value in values:
            yield from self._by_key.get(str(value), {}).values()

    def one(self, value: Any) -> Record | None:
        """The first record with this key, if any."""
        return next(self.by_key((value,)), None)


class Books:
    """All tables, the orders that were deleted, and how often each operation was called."""

    def __init__(self) -> None:
        self.tables = {name: Table(*how) for name, how in TABLES.items()}
        self.deleted: list[Record] = []
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Table:
        try:
            return self.tables[name]
        except KeyError:
            raise AttributeError(name) from None

    def move(self, order: Record, status: str) -> None:
        """Puts an order into another status."""
        order["goods_out_status"] = STATUSES[status]
        order["updated_at"] = now()

    def show(self) -> dict[str, Any]:
        """What ``/_sandbox/books`` answers about orders, products and calls."""
        orders = [*self.goods_outs.rows.values(), *self.deleted]
        return {
            "goods_outs": [_shown(order) for order in sorted(orders, key=lambda order: int(order["id"]))],
            "products": sorted({row["product"]["code"] or "" for row in self.account_products.rows.values()}),
            "calls": dict(self.calls),
        }


def _shown(order: Record) -> dict[str, Any]:
    lines: dict[str, dict[str, int]] = {}
    for line in order["lines"]:
        counts = lines.setdefault(line["product"]["code"], {"ordered": 0, "dispatched": 0})
        counts["ordered"] += int(line["order_quantity"])
        counts["dispatched"] += int(line["dispatch_quantity"])
    return {
        "id": order["id"],
        "reference": order["reference"],
        "external_system_reference1": order.get("external_system_reference1"),
        "external_system_reference2": order.get("external_system_reference2"),
        "status": order["goods_out_status"]["code"],
        "deleted": bool(order.get("deleted")),
        "warehouse": at(order, "warehouse.code"),
        "address": order["address"],
        "lines": lines,
        "lines_by_id": [
            {
                "id": line["id"],
                "product": line["product"]["code"],
                "ordered": int(line["order_quantity"]),
                "dispatched": int(line["dispatch_quantity"]),
            }
            for line in order["lines"]
        ],
        "parcels": [
            {"tracking": package["tracking_number"], "carrier": at(shipment, "carrier.code")}
            for shipment in order["shipments"]
            for package in shipment["packages"]
        ],
    }
