"""Suppliers' goods that lie at a warehouse and that no delivery note in Khaos Control has booked."""

from __future__ import annotations

from workers.views.worklists.worklist import Worklist

WORKLIST = Worklist(
    name="received",
    title="Received, not booked",
    what=(
        "The warehouse has received these units; they are not for sale before Khaos Control books the purchase order's"
        " delivery note. An entry goes when Khaos Control's levels show it, or by `fleet received book ID --by NAME`."
    ),
    columns={
        "id": "line",
        "purchase_order": "purchase order",
        "sku": "SKU",
        "received": "received",
        "booked": "booked",
        "site": "Khaos site",
        "warehouse": "warehouse",
        "since": "received since",
    },
    query="""
select id, purchase_order, sku, received, booked, home as site, connection as warehouse, received_at as since
  from received_line where booked < received order by received_at, purchase_order, id
""",
)
