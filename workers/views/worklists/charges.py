"""Hires that came back and were graded: deposits to release, and damage and cleaning to charge, with their evidence."""

from __future__ import annotations

from workers.views.worklists.worklist import Worklist

WORKLIST = Worklist(
    name="charges",
    title="Deposits and charges of hires",
    what=(
        "A hired garment came back and was graded. release: give the deposit back. charge: charge damage or cleaning,"
        " the condition and the images are the evidence. person, hold: decide. Then"
        " `fleet garments charged ORDER TAG --by NAME`: an entry goes when somebody said so."
    ),
    columns={
        "order": "order",
        "tag": "tag",
        "sku": "SKU",
        "money": "what",
        "grade": "grade",
        "condition": "condition",
        "reason": "reason",
        "images": "images",
        "note": "note",
        "since": "graded",
    },
    query="""
select order_code as "order", tag, sku, money, coalesce(grade, '') as grade,
       array_to_string(condition_codes, ', ') as condition, charge_reason as reason,
       array_to_string(images, ' ') as images, note, graded_at as since
  from garment_return where kind = 'hire' and money is not null and settled_at is null
 order by graded_at, order_code, tag
""",
)
