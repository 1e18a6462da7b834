"""What goes by a code that somebody has in hand. Every question is answered by an index, however much there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection as Reading
from sqlalchemy import Engine

from workers.views.orders import BY_FILE, BY_TRACKING
from workers.views.snapshot import Row, fetch, snapshot

Place = Literal["order", "sku", "garment", "return", "file", "purchase order"]
SHOWN = 25  # hits of one kind
# What is looked for, in which place its page is, and how. The first that finds something decides, but for SKUs: a code
# may name goods as well. Indexes begin with a connection's name, which is taken from the few that there are.
PROBES: tuple[tuple[str, Place, str], ...] = (
    ("order", "order", "select distinct order_code as code from fulfilment where order_code = :ref"),
    (
        "order in Khaos Control",
        "order",
        """
select distinct order_code as code from demand where order_code = :ref
    or (erp in (select name from connection where system = 'khaos') and invoice_code = :ref)
""",
    ),
    (
        "invoice",
        "order",
        """
select order_code as code from fulfilment where invoice_code = :ref
 union select f.order_code from shipment s join fulfilment f on f.reference = s.fulfilment where s.invoice_code = :ref
""",
    ),
    (
        "web order",
        "order",
        "select distinct order_code as code from fulfilment where associated_ref = :ref and associated_ref <> ''",
    ),
    (
        "fulfilment",
        "order",
        """
select order_code as code from fulfilment where reference = :ref
 union select f.order_code from shipment s join fulfilment f on f.reference = s.fulfilment where s.reference = :ref
""",
    ),
    ("tracking number", "order", BY_TRACKING.replace("f.order_code", "f.order_code as code")),
    (
        "number at the warehouse",
        "order",
        """
select distinct order_code as code from fulfilment where warehouse in (select name from connection) and their_id = :ref
""",
    ),
    ("return", "return", "select reference as code from return_line where reference = :ref"),
    ("announced return", "return", "select reference as code from return_advice where reference = :ref"),
    (
        "credit note",
        "order",
        """
select order_code as code from credit_note
 where erp in (select name from connection where system = 'khaos') and code = :ref and order_code <> ''
""",
    ),
    (
        "garment",
        "garment",
        "select tag as code from garment where connection in (select name from connection) and tag = :ref",
    ),
    (
        "purchase order",
        "purchase order",
        """
select distinct purchase_order as code from received_line where purchase_order = :ref
 union select reference from goods_in where reference = :ref and kind = 'supplier'
""",
    ),
    ("file or control number", "order", BY_FILE.replace("m.story as order_code", "m.story as code")),
    ("file that came", "file", "select distinct name as code from partner_file where name = :ref"),
    (
        "reference in the ledger",
        "order",
        """
select cast(:ref as text) as code where exists (select 1 from timeline where story = :ref)
    or exists (select 1 from exception where story = :ref) or exists (select 1 from message where story = :ref)
 union select story from exception where subject in (:ref, 'invoice:' || :ref)
""",
    ),
)
SKU = """
select code from product where erp in (select name from connection where system = 'khaos') and code = :ref
 union select cast(:ref as text) where exists (select 1 from demand where sku = :ref)
 union select sku from told_sku where home in (select site from home) and sku = :ref
 union select sku from position where home in (select site from home) and sku = :ref
"""
PERSON = """
select distinct m.story as code
  from message_body b
  join lateral (select story from message where id = b.message_id
                union all select story from message_settled where id = b.message_id) m on true
 where person_keys(b.body) && cast(:keys as text[])
   and b.body ?| array['address', 'invoice_address', 'delivery_address', 'fulfilment'] limit :limit
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that goes by the code: what it was found as, and which page shows it."""

    found_as: str
    place: Place
    code: str


def search(engine: Engine, ref: str) -> list[Hit]:
    """Find what goes by ``ref``, as it is written or in capitals; nothing when nobody knows it.

    A code is an order, an invoice, a web order, a fulfilment, a shipment, a tracking number, a number at a warehouse, a
    return, an announced return, a credit note, a garment's tag, a purchase order, a file's name, a control number or a
    SKU. No person is looked for: see ``find_people``.
    """
    with snapshot(engine) as reading:
        for spelt in dict.fromkeys((ref.strip(), ref.strip().upper())):
            hits = _hits(reading, spelt) if spelt else []
            if hits:
                return hits
    return []


def _hits(reading: Reading, ref: str) -> list[Hit]:
    goods = [Hit("SKU", "sku", row["code"]) for row in fetch(reading, SKU, ref=ref)]
    for found_as, place, sql in PROBES:
        found = fetch(reading, f"select code from ({sql}) found limit {SHOWN}", ref=ref)  # noqa: S608  our own
        if found and not (goods and found_as == "reference in the ledger"):
            return [Hit(found_as, place, row["code"]) for row in found] + goods
    return goods


def find_people(engine: Engine, word: str) -> list[Row]:
    """Orders of people with this surname, postcode or e-mail address, as ``code``; for those who may see customers.

    Capitals and spaces make no difference. Bodies are kept for some months only: older orders are not found by people.
    """
    wanted = word.strip().lower()
    if not wanted:
        return []
    postcode = "".join(wanted.split()).upper()
    keys = [f"email:{wanted}", f"postcode:{postcode}", f"surname:{wanted}"]
    with snapshot(engine) as reading:
        return fetch(reading, PERSON, keys=keys, limit=SHOWN)
