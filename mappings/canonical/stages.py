"""Stage numbers of a Khaos invoice (reference 2.3): the one place where they are named."""

from __future__ import annotations

CANCELLED_STAGE = 1
ISSUE_STAGE = 16  # stock is issued: an operator has taken it for dispatched
ISSUED_STAGE = 70  # from here on it is invoiced
# As Khaos Control's own screens name them.
STAGE_NAMES = {
    9: "Released", 10: "Staging", 11: "Payment", 12: "Picking", 13: "Packing", 14: "Shipping", 15: "Invoicing",
    16: "Issue", 17: "Awaiting date", 18: "Awaiting stock", 19: "Manual hold", 20: "Processing", 21: "Terms hold",
}  # fmt: skip
