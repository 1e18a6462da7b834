"""What ACS's words for orders, lines, shorts, cancellations and refusals mean.

Source: acs.md 2.5.1 and 2.5.2; ``mappings/acs/tables/orders.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping

from mappings.acs.tables import look_up, meanings, run_together, table
from mappings.canonical import WarehouseStatus
from mappings.canonical.advices import LineOutcome

TABLE = "mappings/acs/tables/orders.toml"
KIND = "unknown_status"
OWN_STATUSES = "[tables.order_statuses.acs]"
OWN_LINES = "[tables.line_statuses.acs]"
REFUSED = "refused_by_warehouse"


def read_status(word: str, own: Mapping[str, str] | None = None) -> WarehouseStatus:
    """Raises Unmappable(kind="unknown_status") for a word without a row."""
    rows = {**_STATUSES, **meanings(WarehouseStatus, own or {}, OWN_STATUSES)}
    return look_up(rows, word, "Status", f"{OWN_STATUSES} of fleet.toml, or to [statuses] in {TABLE}", KIND)


def read_line_status(word: str, own: Mapping[str, str] | None = None) -> LineOutcome:
    """Raises Unmappable(kind="unknown_status") for a word without a row."""
    rows = {**_LINES, **meanings(LineOutcome, own or {}, OWN_LINES)}
    return look_up(rows, word, "LineStatus", f"{OWN_LINES} of fleet.toml, or to [line_statuses] in {TABLE}", KIND)


def is_held(word: str) -> bool:
    """Whether the order is on hold at the warehouse."""
    return run_together(word) in _HELD


def is_refused(word: str) -> bool:
    """Whether the warehouse will not do the order."""
    return run_together(word) in _REFUSED


def short_reason(word: str) -> str:
    """Describe why a line is short, with ACS's own word; a word without a row stands as it is."""
    text = _SHORT.get(run_together(word), "")
    return f"{word.strip()}: {text}" if text else word.strip()


def cancelled_by(word: str) -> str:
    """``client`` or ``warehouse``; a word without a row is the warehouse's doing, which is looked into."""
    return _CANCELLED_BY.get(run_together(word), "warehouse")


def refusal_kind(code: str) -> str:
    """The kind of exception that a refusal's code leads to; one without a row is ``refused_by_warehouse``."""
    return _REFUSALS.get(run_together(code), REFUSED)


def _plain(rows: Mapping[str, str]) -> dict[str, str]:
    return {run_together(word): meaning for word, meaning in rows.items()}


_ROWS = table("orders")
_STATUSES = meanings(WarehouseStatus, _ROWS["statuses"], TABLE)
_LINES = meanings(LineOutcome, _ROWS["line_statuses"], TABLE)
_HELD, _REFUSED = (frozenset(map(run_together, _ROWS["attention"][name])) for name in ("held", "refused"))
_SHORT, _CANCELLED_BY, _REFUSALS = (_plain(_ROWS[name]) for name in ("short_reasons", "cancelled_by", "refusals"))
