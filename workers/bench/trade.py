"""The bench's trade: orders of ten lines as Khaos shows them, the catalogue they are from, and a backlog of them."""

from __future__ import annotations

import json
from typing import Any

from workers.ledger.store import Store

ERP, FAST, SLOW = "khaos", "leeds", "slow"
SITES = {FAST: ("LDS1", "Main Site"), SLOW: ("SLW1", "Slow Site")}
LINES = 10
NAME = b"@REFERENCE@"  # stands for the reference in the body that the bare task posts
SKUS = tuple(f"BENCH/{n:03d} BLUE" for n in range(200))
FACTS = {
    "account_id": "1",
    "warehouses": {"LDS1": "1", "SLW1": "2"},
    "carriers": {"ROYALMAIL": "5", "DPD": "6"},
    "stock_unit_types": {"EACH": "1"},
}

BACKLOG = """
with fresh as (
    select %(prefix)s || to_char(n, 'FM0000000') as code from generate_series(%(first)s::int, %(last)s::int) n),
filed as (
    insert into fulfilment (reference, erp, order_code, number, invoice_code, associated_ref, site, warehouse, facility,
                            route_reason, state, fingerprint, requested, stage)
    select code || '-1', t.erp, code, 1, 'I' || code, code, t.site, t.warehouse, t.facility, t.route_reason, 'new',
           t.fingerprint, t.requested, t.stage from fresh, fulfilment t where t.reference = %(template)s || '-1')
select count(post('orders-out', m.connection, 'order', code || '-1', 'bench', 'order:' || code || '-1', code,
                  replace(b.body::text, %(template)s, code)::jsonb,
                  convert_to(replace(convert_from(b.wire, 'UTF8'), %(template)s, code), 'UTF8'),
                  jsonb_build_object('note', 'backlog of the bench'))) as posted
  from fresh, message m join message_body b on b.message_id = m.id where m.reference = %(template)s || '-1'
"""


def order_record(codes: list[str], site: str) -> bytes:
    """A record of the orders poll: some orders that are ready, status and detail, as ``intake`` stores it."""
    status = "".join(_status(code) for code in codes)
    orders = "".join(_order(code, site) for code in codes)
    said = {
        "status": f"<STATUS_LIST>{status}</STATUS_LIST>",
        "orders": f"<SALES_ORDERS>{orders}</SALES_ORDERS>",
    }
    return json.dumps(said, sort_keys=True).encode()


def lines_of(code: str) -> list[tuple[str, int]]:
    """SKU and units of each line of an order."""
    start = sum(code.encode()) * 7
    return [(SKUS[(start + n * 3) % len(SKUS)], 1 + n % 4) for n in range(LINES)]


def _status(code: str) -> str:
    items = "".join(f'<INVOICE_ITEM STOCK_CODE="{sku}" QTY_SENT="{units}.00"/>' for sku, units in lines_of(code))
    return (
        f'<ORDER_STATUS SORDER_CODE="{code}" ASSOCIATED_REF="{code}"><INVOICES>'
        f'<INVOICE INVOICE_CODE="I{code}" INVOICE_STAGE_ID="9"><INVOICE_ITEMS>{items}</INVOICE_ITEMS></INVOICE>'
        "</INVOICES></ORDER_STATUS>"
    )


def _order(code: str, site: str) -> str:
    items = "".join(
        f"<ORDER_ITEM><STOCK_CODE>{sku}</STOCK_CODE><STOCK_DESC>Bench item {sku}</STOCK_DESC>"
        f"<ORDER_QTY>{units}.00</ORDER_QTY></ORDER_ITEM>"
        for sku, units in lines_of(code)
    )
    home = (
        "<IADDRESS1>1 Example Street</IADDRESS1><IADDRESS2>Example Park</IADDRESS2><ITOWN>Leeds</ITOWN>"
        "<ICOUNTY>West Yorkshire</ICOUNTY><IPOSTCODE>LS1 1AA</IPOSTCODE><ICOUNTRY_CODE>GB</ICOUNTRY_CODE>"
        "<IFORENAME>Bench</IFORENAME><ISURNAME>Example</ISURNAME>"
    )
    return (
        "<SALES_ORDER><CUSTOMER_DETAIL><COMPANY_CODE>BENCH</COMPANY_CODE>"
        f"<ADDRESSES><INVADDR>{home}</INVADDR></ADDRESSES></CUSTOMER_DETAIL><ORDER_HEADER>"
        f"<INTERNAL_REF>{code}</INTERNAL_REF><ASSOCIATED_REF>{code}</ASSOCIATED_REF><SITE>{site}</SITE>"
        "<ORDER_DATE>2026-11-02T09:30:00</ORDER_DATE></ORDER_HEADER>"
        f"<ORDER_ITEMS>{items}</ORDER_ITEMS></SALES_ORDER>"
    )


def webhook(number: int) -> bytes:
    """A webhook of the size that a completed goods out has."""
    lines = [
        {
            "id": number * 100 + n,
            "product": {"id": n, "code": SKUS[n]},
            "order_quantity": 2.0,
            "allocated_quantity": 2.0,
            "pick_quantity": 2.0,
            "dispatch_quantity": 2.0,
        }
        for n in range(LINES)
    ]
    told = {
        "id": number,
        "goods_out_type": "sales_order",
        "reference": f"HOOK{number:07d}-1",
        "goods_out_status": {"id": 6, "code": "COMPLETED", "name": "Completed"},
        "account": {"id": 1, "code": "BENCH"},
        "warehouse": {"id": 1, "code": "LDS1"},
        "lines": lines,
    }
    return json.dumps({"data": told}).encode()


def stock(store: Store) -> None:
    """Every SKU known and confirmed at both warehouses, and their reference data read."""
    product: dict[str, Any] = {"stock_controlled": True}
    with store.transaction() as db:
        for number, code in enumerate(SKUS):
            body = {**product, "stock_id": str(number), "code": code, "description": f"Bench item {code}"}
            db.execute(
                "insert into product (erp, code, for_warehouse, body, record_id) values (%s, %s, true, %s, 0)",
                (ERP, code, json.dumps(body)),
            )
        for warehouse in (FAST, SLOW):
            db.execute(
                "insert into sku (connection, code, state, their_id)"
                " select %s, c, 'confirmed', (1000 + n)::text from unnest(%s::text[]) with ordinality as s (c, n)",
                (warehouse, list(SKUS)),
            )
            db.execute("insert into partner_fact (connection, value) values (%s, %s)", (warehouse, json.dumps(FACTS)))


def backlog(store: Store, template: str, prefix: str, first: int, orders: int) -> int:
    """Post copies of the message that was read for the order ``template``: ``prefix`` and a number name each."""
    row = None
    for start in range(first, first + orders, 2000):
        with store.connection() as db:
            row = db.execute(
                BACKLOG,
                {
                    "prefix": prefix,
                    "first": start,
                    "last": min(start + 2000, first + orders) - 1,
                    "template": template,
                },
            ).fetchone()
    return first + orders if row else first
