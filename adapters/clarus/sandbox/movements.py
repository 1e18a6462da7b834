"""The audit of every change: transactions, and which event each of them is told as.

PICK, RCV, TRAN, PWAY, UNRCV and ATTRUP are the vendor's subtypes; those of adjustments, hold, release and dispatch are
unpublished and chosen here. A quantity is positive: the subtype gives the direction.
"""

from __future__ import annotations

from adapters.clarus.sandbox.books import Books, Record, now
from adapters.clarus.sandbox.webhooks import Webhooks

# subtype -> the event of ``stock`` that is told of it
SUBTYPES: dict[str, str | None] = {
    "RCV": "received",
    "UNRCV": "unreceived",
    "PWAY": None,
    "PICK": "picked",
    "DISP": "dispatched",
    "UNDISP": "undispatched",
    "TRAN": None,
    "NEGADJ": "negatively_adjusted",
    "POSADJ": "positively_adjusted",
    "HOLD": "placed_on_hold",
    "RELEASE": "released_from_hold",
    "ATTRUP": None,
}
SAME_TOTALS = frozenset({"TRAN", "ATTRUP"})
USER = {"id": "210"}


class Movements:
    """Writes transactions; called after the change, so that what is told shows its outcome."""

    def __init__(self, books: Books, webhooks: Webhooks) -> None:
        self._books = books
        self._webhooks = webhooks

    def write(
        self,
        subtype: str,
        record: Record,
        units: float,
        balance: Record,
        *,
        came_from: Record | None = None,
        went_to: Record | None = None,
        reason: Record | None = None,
        goods_out: Record | None = None,
        receipt_line: Record | None = None,
    ) -> Record:
        """One movement of units of a stock record, and its events."""
        made = self._books.transactions.add(
            {
                "subtype": subtype,
                "category": subtype,
                "quantity": units,
                "new_quantity": balance["available"],
                "created_at": now(),
                **{name: record[name] for name in ("product", "account", "warehouse")},
                "location_from": came_from,
                "location_to": went_to,
                "completing_user": USER,
                "stock": record,
                "reason_code": reason,
                "goods_out": goods_out,
                "goods_in_receipt_line": receipt_line,
            }
        )
        event = SUBTYPES[subtype]
        if event:
            self._webhooks.fire("stock", event, made)
        if subtype not in SAME_TOTALS:
            self.changed(balance)
        return made

    def changed(self, balance: Record) -> None:
        """Totals have changed."""
        self._webhooks.fire("stock_balance", "updated", balance)
