"""Which lists an audit's report has, each as a query over what was laid down, and what a person does about it."""

from __future__ import annotations

from workers.audit.report import Listing

MATCHED = (
    " from match m join invoice i on i.code = m.invoice join held_order h on h.warehouse = m.warehouse"
    " and h.their_id = m.their_id and h.reference = m.reference where i.ready and m.warehouse = ?"
)
ALONE = (
    "(select count(*) from match o where o.invoice = m.invoice and o.warehouse = m.warehouse) = 1 and"
    " (select count(*) from match o join invoice r on r.code = o.invoice where r.ready and o.warehouse = m.warehouse"
    " and o.their_id = m.their_id) = 1"
)
STRANGER = (
    " from held_order h where h.warehouse = ? and h.live and not exists (select 1 from match m where"
    " m.warehouse = h.warehouse and m.their_id = h.their_id)"
)
AGREE = "the warehouse's order and Khaos Control's differ: make them alike, or `fleet go-live` holds the order"
GET_LIST = "get a list of every order that is there from its people, for `fleet go-live --there FILE`"
NOWHERE = (
    "Ready in Khaos Control, and not found at the warehouse by any number: `fleet go-live` sends them, and holds one"
    " whose goods stand there under an unknown reference"
)
LACKED = "Stock of Khaos Control that the warehouse lacks: the fleet sends it by itself"
NOT_ANNOUNCED = (
    "Stock of Khaos Control of which the warehouse has no garment: `fleet garments announce` tells what it shall keep"
)
NOT_FOUND = "Ready in Khaos Control, and not found by any number; the warehouse lists no orders"
OURS = (
    "invoice",
    "order",
    "at the warehouse",
    "its id",
    "matched by",
    "units in Khaos Control",
    "units there",
    "status",
)


def of_orders(warehouse: str, *, listed: bool) -> list[Listing]:
    """Orders of one warehouse against ready invoices; ``listed`` where the warehouse lists all that it has."""
    shown = "select i.code, i.order_code, h.reference, h.their_id, m.sort, i.units, h.units, h.status"
    same = f"i.units = h.units and not h.cancelled and {ALONE}"
    return [
        Listing(
            "ready_and_there", "Ready in Khaos Control, and at the warehouse already with the same units", OURS,
            f"{shown}{MATCHED} and {same} order by 2, 1", (warehouse,),
        ),
        Listing(
            "ready_and_there_otherwise", "Ready in Khaos Control, and at the warehouse otherwise", OURS,
            f"{shown}{MATCHED} and not ({same}) order by 2, 1, 3", (warehouse,), AGREE,
        ),
        Listing(
            "ready_elsewhere", "Ready for another warehouse by the routing rules, and at this one",
            ("invoice", "order", "routed to", "at the warehouse", "its id"),
            f"select i.code, i.order_code, i.warehouse, h.reference, h.their_id{MATCHED} and i.warehouse not in ('', ?)"
            " order by 2, 1",
            (warehouse, warehouse), "mend the routing rules of fleet.toml, or cancel the order at this warehouse",
        ),
        Listing(
            "ready_nowhere", NOWHERE if listed else NOT_FOUND, ("invoice", "order", "units"),
            "select code, order_code, units from invoice i where ready and warehouse = ? and not exists (select 1 from"
            " match m where m.invoice = i.code) order by 2, 1",
            (warehouse,), "" if listed else GET_LIST,
        ),
        Listing(
            "there_and_not_ready", "At the warehouse to be shipped, and not ready in Khaos Control",
            ("at the warehouse", "its id", "status", "units there", "invoice", "order", "stage"),
            "select h.reference, h.their_id, h.status, h.units, i.code, i.order_code, i.stage from match m"
            " join invoice i on i.code = m.invoice join held_order h on h.warehouse = m.warehouse and"
            " h.their_id = m.their_id and h.reference = m.reference where m.warehouse = ? and h.live and not i.ready"
            " and not exists (select 1 from match o join invoice r on r.code = o.invoice where r.ready and"
            " o.warehouse = m.warehouse and o.their_id = m.their_id) order by 1",
            (warehouse,), "see whether each is still wanted; have the others cancelled at the warehouse",
        ),
        Listing(
            "there_and_unknown", "At the warehouse to be shipped, and unknown to Khaos Control",
            ("at the warehouse", "its id", "status", "units there"),
            f"select h.reference, h.their_id, h.status, h.units{STRANGER} order by 1",
            (warehouse,), "find out whose they are; name a form of reference with --form, or have them cancelled there",
        ),
    ]  # fmt: skip


def unasked(warehouse: str) -> list[Listing]:
    """Orders for a warehouse that cannot be asked whether it has them."""
    return [
        Listing(
            "ready_and_unasked", "Ready in Khaos Control, and for it; whether it has them cannot be asked",
            ("invoice", "order", "units"),
            "select code, order_code, units from invoice where ready and warehouse = ? order by 2, 1", (warehouse,),
            GET_LIST,
        ),
    ]  # fmt: skip


def of_skus(warehouse: str, *, announced: bool) -> list[Listing]:
    """Products of one warehouse against the catalogue of Khaos Control; ``announced`` where garments are, each."""
    return [
        Listing(
            "sku_missing_there", NOT_ANNOUNCED if announced else LACKED,
            ("sku",),
            "select code from product p where for_warehouse and not discontinued and not exists (select 1 from"
            " held_product h where h.warehouse = ? and h.code = p.code) order by 1",
            (warehouse,),
        ),
        Listing(
            "sku_unknown", "At the warehouse, and unknown to Khaos Control",
            ("sku",),
            "select code from held_product h where warehouse = ? and not exists (select 1 from product p where"
            " p.code = h.code) order by 1",
            (warehouse,), "add it in Khaos Control, or take it off the account at the warehouse",
        ),
        Listing(
            "sku_not_sold", "At the warehouse, and discontinued or no stock in Khaos Control",
            ("sku", "why"),
            "select h.code, case when p.discontinued then 'discontinued' else 'no stock item' end from held_product h"
            " join product p on p.code = h.code where h.warehouse = ? and (p.discontinued or p.for_warehouse = 0)"
            " order by 1",
            (warehouse,),
        ),
    ]  # fmt: skip


def of_stock(site: str) -> list[Listing]:
    """Stock of one site: what Khaos Control shows and has promised, against the count."""
    return [
        Listing(
            "stock_differs", f"Stock of {site} that differs: good units there, less those shown and promised",
            ("sku", "available in Khaos Control", "promised there", "good at the warehouse", "in other conditions",
             "difference", "value by list price"),
            "select sku, available, promised, good, other, units, case when cost is not null then printf('%.2f',"
            " units * cost) end from book where site = ? and units <> 0 order by abs(units) desc, sku",
            (site,), "count again, or correct Khaos Control: once live, the fleet sets levels by the count",
        ),
        Listing(
            "stock_not_good", f"Stock of {site} that is not for sale, in conditions other than good", ("sku", "units"),
            "select sku, other from counted where other <> 0 and site = ? order by 1", (site,),
        ),
    ]  # fmt: skip


def of_complaints(connection: str) -> list[Listing]:
    """What could not be read, what the fleet would refuse, and settings that do not fit."""
    query = "select what, value, why, times from complaint where connection = ? and listing = '{}' order by 1, 2, 3"
    return [
        Listing(
            "settings", "Settings that do not fit", ("what", "value", "what to do", "times"),
            query.format("settings"), (connection,), "correct fleet.toml as each says, then run `fleet audit` again",
        ),
        Listing(
            "refused", "Ready orders that the fleet could not send",
            ("why", "value", "what to do", "orders", "such as"),
            "select what, value, why, times, example from complaint where connection = ? and listing = 'refused'"
            " order by 1, 2, 3",
            (connection,), "correct each as it says: orders that cannot be written wait as exceptions",
        ),
        Listing(
            "unreadable", "What could not be read, and stands in no list", ("what", "which", "why", "times"),
            query.format("unreadable"), (connection,), "look at each where it stands",
        ),
    ]  # fmt: skip
