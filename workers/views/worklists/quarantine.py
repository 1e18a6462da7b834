"""Returned goods that Khaos Control put into its own quarantine: releasing them there has no call."""

from __future__ import annotations

from workers.views.worklists.worklist import Worklist

WORKLIST = Worklist(
    name="quarantine",
    title="Returned goods in Khaos Control's quarantine",
    what=(
        "Khaos Control put these units into its quarantine when it processed their return. Release or write them off"
        " there, then `fleet returns released REF --by NAME`: an entry goes when somebody said so."
    ),
    columns={
        "reference": "return",
        "order": "order",
        "sku": "SKU",
        "units": "units",
        "condition": "at the warehouse",
        "site": "Khaos site",
        "note": "credit note",
        "since": "credited",
    },
    query="""
select l.reference, l.order_code as "order", l.sku, sum(t.units)::integer as units, t.condition, l.home as site,
       coalesce(l.credit_note, '') as note, l.credited_at as since
  from return_line l join term t on t.subject = 'return:' || l.reference
 where t.kind = 'khaos_quarantine' and t.cleared_at is null
 group by l.reference, l.order_code, l.sku, t.condition, l.home, l.credit_note, l.credited_at
 order by l.credited_at, l.reference
""",
)
