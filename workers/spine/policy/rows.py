"""What a row of the verdict table says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error", "critical"]

SUPPORT, OPERATIONS, MERCHANDISING = "support", "operations", "merchandising"
CUSTOMER_SERVICE, FINANCE, ENGINEERING = "customer service", "finance", "engineering"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who owns a kind of trouble, how bad it is, and their next step.

    ``retries`` is how often it is tried again by itself (0: never, a person must act).
    """

    owner: str
    severity: Severity
    next_step: str
    retries: int = 0


RETRY = "fleet exceptions retry ID"
