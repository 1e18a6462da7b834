"""Garments that came back and were graded: a hire's deposit and charges with their evidence, and costs to book."""

from __future__ import annotations

from workers.views.worklists.worklist import Worklist

WORKLIST = Worklist(
    name="charges",
    title="Deposits, charges and costs of garments that came back",
    what=(
        "A garment came back and was graded. Of a hire, release: give the deposit back. charge: charge damage or"
        " cleaning, the condition and the images are the evidence. person, hold: decide. To book, of hires and sales:"
        " refurbishment cost, write down (to what it is worth for resale), claim (at its supplier). Then"
        " `fleet garments charged ORDER TAG --by NAME`: an entry goes when somebody said so."
    ),
    columns={
        "order": "order",
        "tag": "tag",
        "sku": "SKU",
        "kind": "hire or sale",
        "money": "what",
        "book": "to book",
        "grade": "grade",
        "condition": "condition",
        "reason": "reason",
        "images": "images",
        "note": "note",
        "since": "graded",
    },
    query="""
select order_code as "order", tag, sku, kind, case kind when 'hire' then money else '' end as money,
       case when book <> 'write_off' then replace(book, '_', ' ') else '' end as book, coalesce(grade, '') as grade,
       array_to_string(condition_codes, ', ') as condition, charge_reason as reason,
       array_to_string(images, ' ') as images, note, graded_at as since
  from garment_return
 where (kind = 'hire' or book in ('refurbishment_cost', 'write_down', 'claim'))
   and money is not null and settled_at is null
 order by graded_at, order_code, tag
""",
)
