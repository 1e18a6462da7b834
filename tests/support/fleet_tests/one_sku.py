"""A ledger with one home and one SKU, whose figures are asked for after each fact that it gets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

START = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
HOME, ERP, SKU = "Leeds", "khaos", "MUG"


@dataclass
class OneSku:
    """What a ledger was told of one SKU at one home. Times are minutes after five in the morning."""

    db: psycopg.Connection[dict[str, Any]]
    open: dict[str, tuple[int, int, bool]] = field(default_factory=dict)  # invoice -> units, stage, shown as shipped
    orders: dict[str, str] = field(default_factory=dict)  # of invoices that share an order; else each has its own
    asked: int = 0

    @staticmethod
    def at(minute: float) -> str:
        return (START + timedelta(minutes=minute)).isoformat()

    def begin(self, *, confirmed: bool = True) -> None:
        self.db.execute(
            "insert into home (site, connection, facility, counted_at) values (%s, 'leeds', 'LDS1', now())", (HOME,)
        )
        for site, purpose in ((HOME, "sell"), ("Leeds Buffer", "buffer"), ("Leeds Damaged", "damaged")):
            self.db.execute("insert into stock_site (site, home, purpose) values (%s, %s, %s)", (site, HOME, purpose))
        if confirmed:
            self.confirm()

    def confirm(self, state: str = "confirmed") -> None:
        self.db.execute(
            "insert into sku (connection, code, state) values ('leeds', %s, %s)"
            " on conflict (connection, code) do update set state = excluded.state",
            (SKU, state),
        )

    def count(self, minute: float, good: int, *, ended: float | None = None, **other: int) -> None:
        said = {
            "home": HOME,
            "began": self.at(minute),
            "ended": self.at(minute + 0.1 if ended is None else ended),
            "skus": [{"sku": SKU, "good": good, "other": other}],
        }
        self.db.execute("select count_skus(%s)", (json.dumps(said),))

    def invoices(self) -> None:
        """A reply of Khaos's with all that is open now."""
        self.asked += 1
        lines = [[code, self.order(code), SKU, n, stage, shipped] for code, (n, stage, shipped) in self.open.items()]
        for code in self.open:
            self.db.execute(
                "insert into order_site values (%s, %s, %s) on conflict do nothing", (ERP, self.order(code), HOME)
            )
        self.db.execute("select store_demand(%s, %s, %s)", (ERP, self.at(self.asked), json.dumps(lines)))

    def order(self, code: str) -> str:
        """The order of an invoice."""
        return self.orders.get(code, f"SO-{code}")

    def fulfilment(self, code: str, units: int, state: str = "sent") -> None:
        self.db.execute(
            "insert into fulfilment (reference, erp, order_code, number, invoice_code, site, warehouse, facility,"
            " state, fingerprint, requested, stage) values (%s, %s, %s,"
            " (select count(*) + 1 from fulfilment where order_code = %s), %s, %s, 'leeds', 'LDS1', %s, '', %s, 9)",
            (f"SO-{code}-1", ERP, self.order(code), self.order(code), code, HOME, state, json.dumps({SKU: units})),
        )

    def state(self, code: str, state: str) -> None:
        """What an invoice's fulfilment is now."""
        self.db.execute("update fulfilment set state = %s where reference = %s", (state, f"SO-{code}-1"))

    def left(self, code: str, units: int, minute: float, number: int = 1) -> None:
        reference = f"SO-{code}-1/S{number}"
        self.db.execute(
            "insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels)"
            " values (%s, %s, %s, %s, %s, '[]')",
            (reference, f"SO-{code}-1", number, code, json.dumps({SKU: units})),
        )
        self.db.execute(
            "insert into shipped_line (shipment, order_code, home, sku, units, left_at)"
            " values (%s, %s, %s, %s, %s, %s)",
            (reference, self.order(code), HOME, SKU, units, self.at(minute)),
        )
        self.db.execute(
            "update fulfilment set shipped = jsonb_build_object(%s::text,"
            " coalesce((shipped->>%s)::integer, 0) + %s) where reference = %s",
            (SKU, SKU, units, f"SO-{code}-1"),
        )
        self.db.execute(
            "update fulfilment set state = case when requested = shipped then 'dispatched' else 'part_dispatched' end"
            " where reference = %s",
            (f"SO-{code}-1",),
        )

    def in_hand(self, code: str, units: int, minute: float, name: str = "late 7") -> None:
        """Units left for an invoice and stand on no shipment: a person has that in hand."""
        self.db.execute(
            "insert into shipped_line (shipment, order_code, home, sku, units, left_at)"
            " values (%s, %s, %s, %s, %s, %s)",
            (f"SO-{code}-1/{name}", self.order(code), HOME, SKU, units, self.at(minute)),
        )

    def level(self, semantics: str = "available", issue: str = "issue", site: str = HOME) -> int:
        row = self.db.execute("select * from targets(%s, %s, %s, %s)", (site, [SKU], semantics, issue)).fetchone()
        assert row is not None
        level: int = row["level"]
        return level

    def figures(self, issue: str = "issue") -> dict[str, Any]:
        row = self.db.execute("select * from figures(%s, %s, %s)", (HOME, [SKU], issue)).fetchone()
        assert row is not None
        return row
