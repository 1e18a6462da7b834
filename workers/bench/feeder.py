"""Live intake: records come in at a steady pace, as the orders poll stores them, while the workers drain."""

from __future__ import annotations

import hashlib
import threading
import time

from workers.bench import trade
from workers.ledger.store import Store

ORDERS_A_RECORD = 15  # as the poll asks for them


class Feeder:
    """Receives records of new orders from a thread of its own, between start and stop."""

    def __init__(self, store: Store, prefix: str, template: str) -> None:
        """``prefix`` begins the codes of all orders; ``template`` is an order that was read before."""
        self._store, self._prefix, self._template = store, prefix, template
        self._backlog = self._live = 1
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._began, self._orders, self._read = 0.0, 0, 0

    def stock(self, orders: int) -> None:
        """Put so many orders into the backlog at once."""
        self._backlog = trade.backlog(self._store, self._template, f"{self._prefix}B", self._backlog, orders)

    def start(self, pace: float) -> None:
        """Begin, with ``pace`` orders a second; 0 is none."""
        self._stopping.clear()
        self._began, self._orders, self._read = time.monotonic(), 0, self._posted()
        if pace > 0:
            self._thread = threading.Thread(target=self._run, args=(pace,), name="feeder", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """No more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def told(self) -> dict[str, float]:
        """Orders received, and read into messages, a second since the start."""
        seconds = time.monotonic() - self._began
        return {
            "live_received_per_second": self._orders / seconds,
            "live_read_per_second": (self._posted() - self._read) / seconds,
        }

    def _posted(self) -> int:
        row = self._store.row("select count(*) as n from message_key where reference like %s", f"{self._prefix}L%")
        return int(row["n"]) if row else 0

    def _run(self, pace: float) -> None:
        while not self._stopping.wait(ORDERS_A_RECORD / pace):
            codes = [f"{self._prefix}L{n:07d}" for n in range(self._live, self._live + ORDERS_A_RECORD)]
            self._live += ORDERS_A_RECORD
            body = trade.order_record(codes, trade.SITES[trade.FAST][1])
            self._store.receive(trade.ERP, "orders", hashlib.sha256(body).hexdigest(), body)
            self._orders += ORDERS_A_RECORD
