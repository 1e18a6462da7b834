"""The sandbox's books: how stock is assigned to orders, and what each move of an invoice does to it.

Available = in stock - assigned. An invoice in stage 18 or cancelled holds no stock; issuing takes
the goods out of stock, or confirming its shipment where ``stock_falls_on`` says so.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from adapters.khaos.sandbox.records import (
    AWAITING_STOCK,
    CANCELLED,
    ISSUE,
    ISSUED,
    RELEASED,
    Invoice,
    Level,
    Order,
    Product,
    now,
)
from adapters.khaos.sandbox.returned import DEFAULT_REASONS, Credit, Return

LOG_LENGTH = 5000
Row = dict[str, Any]


class Books:
    """All of it, in memory. ``seed`` sets where the numbering of codes begins."""

    def __init__(self, seed: int = 0) -> None:
        self.sites: list[str] = ["Main Site"]
        self.products: dict[str, Product] = {}
        self.children: dict[str, list[str]] = defaultdict(list)
        self.levels: dict[tuple[str, str], Level] = defaultdict(Level)
        self.level_log: deque[Row] = deque(maxlen=LOG_LENGTH)
        self.adjustments: list[Row] = []
        self.deliveries: list[Row] = []
        self.journals: dict[str, Row] = {}
        self.orders: dict[str, Order] = {}
        self.by_ref: dict[str, Order] = {}
        self.by_customer: dict[str, list[Order]] = defaultdict(list)
        self.urns: dict[str, str] = {}
        self.invoices: dict[str, Invoice] = {}
        self.by_stage: dict[int, dict[str, Invoice]] = defaultdict(dict)
        self.to_issue: list[tuple[datetime, Invoice]] = []
        self.reasons = {reason.id: reason for reason in DEFAULT_REASONS}
        self.returns: dict[str, Return] = {}
        self.rejected: dict[tuple[str, str], int] = defaultdict(int)  # (return's reference, why) -> times
        self.credits: list[Credit] = []
        self.moved_levels: set[tuple[str, str]] = set()  # for the channel, which empties it
        self.edited_codes: dict[str, None] = {}  # likewise, in order
        self._numbers: dict[str, int] = defaultdict(lambda: seed)

    def number(self, prefix: str) -> str:
        """The next code of a series."""
        self._numbers[prefix] += 1
        return f"{prefix}{self._numbers[prefix]:07d}"

    def add_products(self, sites: Iterable[str], products: Iterable[dict[str, object]]) -> None:
        """Add or replace products; ``in_stock`` counts at each product's ``site``, else at the first."""
        if given := list(sites):
            self.sites = given
        for row in products:
            made = dict(row)
            stock, site = made.pop("in_stock", None), str(made.pop("site", self.sites[0]))
            code = str(made["code"])
            known = self.products.get(code)
            made.setdefault("stock_id", known.stock_id if known else self.number("A"))
            product = Product(**made)  # type: ignore[arg-type]  # a sandbox's JSON: a wrong name is a TypeError
            self.products[code] = product
            self.edited_codes[code] = None
            if product.parent_code and code not in self.children[product.parent_code]:
                self.children[product.parent_code].append(code)
            if stock is not None:
                self.shift(code, site, in_stock=int(str(stock)) - self.levels[code, site].in_stock)
        for code in self.children:
            if code in self.products:
                self.products[code].is_parent = True

    def shift(
        self, code: str, site: str, *, in_stock: int = 0, assigned: int = 0, quarantine: int = 0, return_bay: int = 0
    ) -> None:
        """Move units of one product at one site by these differences: the only way that a level changes."""
        level = self.levels[code, site]
        level.in_stock += in_stock
        level.assigned += assigned
        level.quarantine += quarantine
        level.return_bay += return_bay
        self.products[code].moved = now()
        self.moved_levels.add((code, site))

    def need(self, lines: dict[str, int]) -> dict[str, int]:
        """The part of ``lines`` that must stand on a shelf."""
        return {sku: n for sku, n in lines.items() if self.products[sku].on_shelves}

    def new_invoice(self, order: Order, lines: dict[str, int], stage: int, *, assigned: bool) -> Invoice:
        """A further invoice of the order."""
        code = self.number("INV")
        invoice = Invoice(code, order, lines, id=f"BFDP{code.removeprefix('INV'):0>11}", courier=order.courier)
        order.invoices.append(invoice)
        self.invoices[invoice.code] = invoice
        if assigned:
            self.assign(invoice)
        self.move(invoice, stage)
        return invoice

    def assign(self, invoice: Invoice, sign: int = 1) -> None:
        """Give the invoice its stock, or take it back with ``sign=-1``."""
        if invoice.taken or invoice.assigned is (sign > 0):
            return
        invoice.assigned = sign > 0
        for sku, n in self.need(invoice.lines).items():
            self.shift(sku, invoice.order.site, assigned=sign * n)

    def move(self, invoice: Invoice, stage: int) -> None:
        """Put the invoice into a stage; 70 issues it and takes its goods out of stock."""
        self.by_stage[invoice.stage].pop(invoice.code, None)
        invoice.stage, invoice.moved = stage, True
        self.by_stage[stage][invoice.code] = invoice
        invoice.ready = invoice.ready or stage == RELEASED
        if stage == ISSUED and invoice.issue_date is None:
            invoice.issue_date = now().date()
            self.take_out(invoice)

    def take_out(self, invoice: Invoice) -> None:
        """The invoice's goods leave in stock, once."""
        if invoice.taken:
            return
        for sku, n in self.need(invoice.lines).items():
            self.shift(sku, invoice.order.site, in_stock=-n, assigned=-n if invoice.assigned else 0)
        invoice.taken, invoice.assigned = True, False

    def issue_later(self, invoice: Invoice, seconds: float) -> None:
        """Stage 16 now, and 70 when the time has come (at once with 0)."""
        self.move(invoice, ISSUE)
        if seconds <= 0:
            self.move(invoice, ISSUED)
        else:
            self.to_issue.append((now() + timedelta(seconds=seconds), invoice))

    def tick(self) -> None:
        """Issue what is due."""
        if not self.to_issue:
            return
        moment = now()
        for due, invoice in self.to_issue:
            if due <= moment and invoice.stage == ISSUE:
                self.move(invoice, ISSUED)
        self.to_issue = [(due, invoice) for due, invoice in self.to_issue if due > moment]

    def place(self, order: Order, stage: int, *, auto_split: bool) -> None:
        """Assign stock to a new order and make its invoices: 9 what can go, 18 what cannot."""
        needed = self.need(order.lines)
        level = {sku: max(0, self.levels[sku, order.site].available) for sku in needed}
        now_lines = {sku: min(n, level.get(sku, n)) for sku, n in order.lines.items()}
        later = {sku: n - now_lines[sku] for sku, n in order.lines.items() if n > now_lines[sku]}
        now_lines = {sku: n for sku, n in now_lines.items() if n}
        if not later:
            self.new_invoice(order, dict(order.lines), stage, assigned=True)
        elif auto_split and self.need(now_lines):
            self.new_invoice(order, now_lines, stage, assigned=True)
            self.new_invoice(order, later, AWAITING_STOCK, assigned=False)
        else:
            self.new_invoice(order, dict(order.lines), AWAITING_STOCK, assigned=False)

    def receive(self, code: str, quantity: int, site: str) -> list[str]:
        """Goods in; returns the invoices that it released from 18 to 9, oldest first."""
        self.shift(code, site, in_stock=quantity)
        released = []
        for invoice in list(self.by_stage[AWAITING_STOCK].values()):
            need = self.need(invoice.lines)
            if all(self.levels[sku, invoice.order.site].available >= n for sku, n in need.items()):
                self.assign(invoice)
                self.move(invoice, RELEASED)
                released.append(invoice.code)
        return released

    def cancel(self, order: Order, reason: str) -> list[str]:
        """Cancel the order: its invoices that are not issued go to stage 1 and give their stock back."""
        order.cancelled_at, order.reason = now(), reason
        gone = [i for i in order.invoices if i.stage < ISSUED and i.stage != CANCELLED and not i.ship_date]
        for invoice in gone:
            self.assign(invoice, -1)
            self.move(invoice, CANCELLED)
        return [i.code for i in gone]
