"""The verdict table: what each kind of trouble means, who owns it, and what they do next.

Every kind that can stand in the exception table is a row in the module of its flow or subject, and has a section of the
same name in ``docs/runbook.md``: a test holds that.
"""

from __future__ import annotations

from workers.spine.policy import (
    connections,
    dispatch_in,
    files,
    garments,
    journal,
    machinery,
    orders_out,
    returns_in,
    sku_sync,
    stock_in,
    unread,
)
from workers.spine.policy.pauses import BASE, CEILING, back_off
from workers.spine.policy.rows import (
    CUSTOMER_SERVICE,
    ENGINEERING,
    FINANCE,
    MERCHANDISING,
    OPERATIONS,
    RETRY,
    SUPPORT,
    Severity,
    Verdict,
)

__all__ = [
    "BASE", "CEILING", "CUSTOMER_SERVICE", "ENGINEERING", "FINANCE", "MERCHANDISING", "OPERATIONS", "RETRY", "SUPPORT",
    "UNKNOWN", "VERDICTS", "Severity", "Verdict", "back_off", "verdict",
]  # fmt: skip

TABLES = (
    connections.VERDICTS,
    orders_out.VERDICTS,
    sku_sync.VERDICTS,
    dispatch_in.VERDICTS,
    files.VERDICTS,
    stock_in.VERDICTS,
    journal.VERDICTS,
    garments.VERDICTS,
    returns_in.VERDICTS,
    unread.VERDICTS,
    machinery.VERDICTS,
)
VERDICTS: dict[str, Verdict] = {kind: row for table in TABLES for kind, row in table.items()}

UNKNOWN = Verdict(ENGINEERING, "error", "A kind of trouble that no table of workers/spine/policy has: add a row there.")


def verdict(kind: str) -> Verdict:
    """The row of a kind; an unknown kind is engineering's, loudly."""
    return VERDICTS.get(kind, UNKNOWN)
