"""The tenant's records, kept in memory in the shape in which GraphQL shows them, with look-ups by key."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]

# table -> (first id, paths that are looked up often). First ids differ, so that a mixed-up id is met.
TABLES: dict[str, tuple[int | str, ...]] = {
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
    "suppliers": (201, "code"),
    "reason_codes": (301, "code"),
    "locations": (701, "code"),
    "goods_in_receipts": (800001, "reference"),
    "goods_in_receipt_lines": (900001, "goods_in_receipt.id"),
    "stock_balances": (1, "product.id"),
    "stocks": (20000001, "product.id"),
    "tasks": (30000001, "goods_in_receipt_line.id"),
    "transactions": (70000001, "goods_out.id", "product.id"),
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
    """Records by id, in the order in which they came, and by some other keys."""

    def __init__(self, first_id: int, *keys: str) -> None:
        self.keys = keys
        self.rows: dict[str, Record] = {}
        self._first = self._next = first_id
        self._by_key: dict[str, dict[str, dict[str, Record]]] = {key: defaultdict(dict) for key in keys}

    def add(self, record: Record) -> Record:
        """Gives the record its id and keeps it."""
        record["id"] = str(self._next)
        self._next += 1
        self.rows[record["id"]] = record
        for key, index in self._by_key.items():
            index[str(at(record, key))][record["id"]] = record
        return record

    def remove(self, record: Record) -> None:
        """Forgets the record."""
        del self.rows[record["id"]]
        for key, index in self._by_key.items():
            del index[str(at(record, key))][record["id"]]

    def rekey(self, record: Record, before: str) -> None:
        """To be called after the record's first key was ``before`` and has changed."""
        index = self._by_key[self.keys[0]]
        index[before].pop(record["id"], None)
        index[str(at(record, self.keys[0]))][record["id"]] = record

    def by_key(self, values: Iterable[Any], key: str = "") -> Iterator[Record]:
        """The records with one of the values, in the first key unless another is named."""
        index = self._by_key[key or self.keys[0]]
        for value in values:
            yield from index.get(str(value), {}).values()

    def one(self, value: Any) -> Record | None:
        """The first record with this key, if any."""
        return next(self.by_key((value,)), None)

    def behind(self, an_id: int) -> Iterator[Record]:
        """The records with a higher id, in order; what lies before costs nothing."""
        for number in range(max(an_id + 1, self._first), self._next):
            row = self.rows.get(str(number))
            if row is not None:
                yield row

    def last_before(self, moment: datetime) -> int:
        """The id behind which to look for what came at ``moment`` or later; for tables that forget nothing."""
        ids = range(self._first, self._next)
        came = bisect_left(ids, moment, key=lambda n: datetime.fromisoformat(self.rows[str(n)]["created_at"]))
        return self._first - 1 + came


class Books:
    """All tables, the orders that were deleted, and how often each operation was called."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        for name, (first_id, *keys) in TABLES.items():
            self.tables[name] = Table(int(first_id), *map(str, keys))
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
