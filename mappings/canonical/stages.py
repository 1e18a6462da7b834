"""Stage numbers of a Khaos invoice (reference 2.3): the one place where they are named."""

from __future__ import annotations

CANCELLED_STAGE = 1
ISSUE_STAGE = 16  # stock is issued: an operator has taken it for dispatched
ISSUED_STAGE = 70  # from here on it is invoiced
