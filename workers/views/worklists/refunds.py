"""Credited returns whose money is still to go back: Khaos Control cannot be asked whether it went."""

from __future__ import annotations

from workers.views.worklists.worklist import Worklist

WORKLIST = Worklist(
    name="refunds",
    title="Refunds to confirm",
    what=(
        "The credit note is there: see that the customer gets the money, then `fleet returns refunded REF --by NAME`."
        " Consumer law gives 14 days from the goods' arrival. An entry goes when somebody said so."
    ),
    columns={
        "reference": "return",
        "order": "order",
        "sku": "SKU",
        "units": "units",
        "note": "credit note",
        "credited": "credited",
        "since": "arrived",
    },
    query="""
select reference, order_code as "order", sku, units, coalesce(credit_note, '') as note, credited_at as credited,
       received_at as since
  from return_line where state = 'credited' order by received_at, reference
""",
)
