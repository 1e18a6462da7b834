"""How long the demo waits for books that do not balance. It always ends by itself, and says what it waited for."""

from __future__ import annotations

from workers.demo.reconciliation.compare import Report

WHOLE = 900.0  # seconds for a demo, and more for each order and each product of the file
EACH = 0.5
EACH_PRODUCT = 0.4  # it is told to every warehouse, counted in every building and shown at every site
STUCK = 200.0  # seconds without any change in the report: more than any limit in the demo's fleet.toml


class Patience:
    """Of one demo that ``began`` at a moment of the monotonic clock, with so many ``orders`` and ``products``."""

    def __init__(self, began: float, orders: int, products: int = 0) -> None:
        self._began, self._whole = began, WHOLE + EACH * orders + EACH_PRODUCT * products
        self._before: Report | None = None
        self._changed = began

    def late(self, now: float) -> bool:
        """Whether the time of the whole demo is over."""
        return now - self._began > self._whole

    def why_not(self, found: Report, now: float) -> str:
        """Why nobody waits any longer, after this look at the books; empty while it is worth to wait."""
        same = found.model_copy(update={"seconds": 0.0})
        if same != self._before:
            self._before, self._changed = same, now
        if self.late(now):
            return f"after {now - self._began:.0f} s the time is over"
        if now - self._changed > STUCK:
            return f"nothing has changed for {now - self._changed:.0f} s"
        return ""
