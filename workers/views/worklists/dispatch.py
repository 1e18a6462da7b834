"""Dispatched invoices that an operator assigns to the courier in Khaos Control: the two routes without a call."""

from __future__ import annotations

from workers.views.worklists.worklist import Worklist

WORKLIST = Worklist(
    name="dispatch",
    title="Dispatches to assign in Khaos Control",
    what=(
        "The goods have left the warehouse. In Khaos Control assign each invoice to the courier named; where something"
        " is to be split, split it first. An entry goes when Khaos Control shows the invoice as shipped."
    ),
    columns={
        "invoice": "invoice",
        "order": "order",
        "courier": "courier",
        "consignment": "consignment",
        "tracking": "tracking",
        "split": "split first",
        "route": "route",
        "file": "file",
        "answered": "courier answered",
        "since": "left",
        "warehouse": "warehouse",
    },
    # one row an invoice: what left in several goes is assigned once
    query="""
with waiting as (
    select s.*, f.order_code, f.warehouse as at_warehouse, f.erp, b.body->>'courier' as courier
      from message m join shipment s on s.reference = m.reference join fulfilment f on f.reference = s.fulfilment
      left join message_body b on b.message_id = m.id
     where m.flow = 'dispatch-in' and m.kind = 'shipment' and m.connection = f.erp and m.state <> 'dead'
       and s.route in ('courier_hook', 'consignment_file') and s.confirmed_at is null)
select w.invoice_code as invoice, w.order_code as "order", coalesce(max(w.courier), '') as courier,
       (array_agg(coalesce(nullif(w.consignment, ''), w.reference) order by w.number))[1] as consignment,
       coalesce((select string_agg(p->>'tracking', ' ' order by x.number, place)
                   from waiting x cross join lateral jsonb_array_elements(x.parcels) with ordinality as e(p, place)
                  where x.invoice_code = w.invoice_code and x.erp = w.erp and p->>'tracking' <> ''), '') as tracking,
       coalesce((select e.reason from exception e where e.kind = 'split_in_khaos' and e.state = 'open'
                    and e.subject = 'invoice:' || w.invoice_code), '') as split,
       min(w.route) as route,
       coalesce((select string_agg(c.name, ' ' order by c.name) from consignment_file c join waiting x
                    on x.reference = c.shipment where x.invoice_code = w.invoice_code), '') as file,
       (select min(a.answered_at) from courier_answer a join waiting x on x.reference = a.shipment
         where x.invoice_code = w.invoice_code) as answered,
       min(w.told_at) as since, w.at_warehouse as warehouse
  from waiting w group by w.erp, w.invoice_code, w.order_code, w.at_warehouse
 order by min(w.told_at), w.invoice_code
""",
)
