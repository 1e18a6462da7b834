"""Returns that a person processes in Khaos Control, because the table of dispositions leaves them to one."""

from __future__ import annotations

from workers.views.worklists.worklist import Worklist

WORKLIST = Worklist(
    name="returns",
    title="Returns to process in Khaos Control",
    what=(
        "Khaos Control has pulled these returns unprocessed: look at each, and process or refuse it there. An entry"
        " goes when its credit note shows, or when the return is stopped."
    ),
    columns={
        "reference": "return",
        "order": "order",
        "sku": "SKU",
        "units": "units",
        "condition": "condition",
        "hold_reason": "held for",
        "processing": "processing does",
        "since": "arrived",
    },
    query="""
select reference, order_code as "order", sku, units, condition, hold_reason, processing, received_at as since
  from return_line where state in ('offered', 'presumed_imported') and served_at is not null and not process
 order by received_at, reference
""",
)
