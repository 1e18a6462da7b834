"""A warehouse's side of an audit: its orders by every reference, its products and its stock, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from itertools import chain
from typing import Any

from mappings.canonical import Condition, WarehouseOrder, WarehouseStatus
from mappings.errors import Unmappable
from workers.audit.attempts import bisected, paced
from workers.audit.plans import as_text
from workers.audit.reading_khaos import AT_ONCE, UNREADABLE, ask_for
from workers.audit.workspace import Workspace
from workers.going_live.matching import parts_of
from workers.ports.api import OrderReads
from workers.ports.holdings import Holdings
from workers.spine.polling import SHOWN_A_CALL
from workers.spine.runtime import Runtime

INVOICES_A_CALL = 20
HELD = (
    "insert into held_order (warehouse, their_id, reference, units, status, live, cancelled)"
    " values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing"
)
MATCHES = {  # an order that was matched under one name is not matched again under another
    "by reference": "insert into match select distinct a.invoice, h.warehouse, h.their_id, h.reference, a.sort from"
    " held_order h join alias a on a.alias = h.reference where h.warehouse = ? and not exists (select 1 from match m"
    " where m.invoice = a.invoice and m.warehouse = h.warehouse and m.their_id = h.their_id)",
    "by their id": "insert into match select distinct a.invoice, h.warehouse, h.their_id, h.reference,"
    " 'the warehouse''s own id' from held_order h join alias a on a.alias = h.their_id where h.warehouse = ? and not"
    " exists (select 1 from match m where m.invoice = a.invoice and m.warehouse = h.warehouse and"
    " m.their_id = h.their_id)",
}
HOLDS = (
    "insert into match select distinct a.invoice, h.warehouse, h.their_id, h.reference, a.sort || ' within' from"
    " alias a join held_order h on h.reference = ? where a.alias = ? and h.warehouse = ? and not exists (select 1 from"
    " match m where m.invoice = a.invoice and m.warehouse = h.warehouse and m.their_id = h.their_id)"
)
STRANGERS = (
    "select reference from held_order h where warehouse = ? and not exists (select 1 from match m where"
    " m.warehouse = h.warehouse and m.their_id = h.their_id)"
)


def read_orders(runtime: Runtime, work: Workspace, name: str, facts: dict[str, Any], forms: Sequence[str]) -> None:
    """Lay every live order, then whatever carries a reference of a ready invoice, and match them."""
    parts = runtime.warehouse(name).parts
    if parts.holdings is not None:
        _read_live(runtime, work, name, parts.holdings, facts)
    if parts.order_reads is not None:
        _look_up(runtime, work, name, parts.order_reads, facts)
    match_orders(work, name)
    _ask_about_strangers(runtime, work, name, forms)
    match_orders(work, name)


def _read_live(runtime: Runtime, work: Workspace, name: str, holdings: Holdings, facts: dict[str, Any]) -> None:
    others = served_by_others(runtime, name)
    for page in paced(runtime, name, holdings.orders(facts)):
        lay_orders(work, name, _of_ours(page.orders, others), live=True)
        for entry in page.unreadable:
            work.complain(name, UNREADABLE, "order", entry.subject, f"{entry.error.field}: {entry.error.why}")


def _look_up(runtime: Runtime, work: Workspace, name: str, reads: OrderReads, facts: dict[str, Any]) -> None:
    """Ask for the references of ready invoices: an order that was shipped or cancelled is not live any more."""
    wanted, others = "select code from invoice where ready", served_by_others(runtime, name)
    for invoices in work.chunks(wanted, size=INVOICES_A_CALL * AT_ONCE):
        for some, answer in bisected(
            runtime, name, invoices, INVOICES_A_CALL, lambda some: reads.find_orders(_aliases(work, some), facts)
        ):
            if isinstance(answer, Exception):
                why = answer.why if isinstance(answer, Unmappable) else str(answer)
                work.complain(name, UNREADABLE, "order of invoice", some[0], f"what is there cannot be read: {why}")
            else:
                lay_orders(work, name, _of_ours(answer, others), live=False)


def _of_ours(orders: Iterable[WarehouseOrder], others: Container[str]) -> list[WarehouseOrder]:
    return [one for one in orders if one.facility not in others]


def _aliases(work: Workspace, invoices: Iterable[str]) -> list[str]:
    return sorted({row[0] for one in invoices for row in work.rows("select alias from alias where invoice = ?", one)})


def served_by_others(runtime: Runtime, name: str) -> set[str]:
    """Buildings of the same partner that another connection serves: their orders are in its section."""
    own = runtime.configuration.connections[name]
    others = [one for one in runtime.configuration.warehouses if one.system == own.system and one.name != name]
    return {facility for one in others for facility in one.settings.sites} - set(own.settings.sites)


def lay_orders(work: Workspace, name: str, orders: Iterable[WarehouseOrder], *, live: bool) -> None:
    """Lay some orders of a warehouse."""
    work.many(
        HELD,
        (
            (
                name, one.their_id, one.reference, as_text({line.sku: line.ordered for line in one.lines}),
                one.status_word, live, one.status is WarehouseStatus.CANCELLED,
            )
            for one in orders
        ),
    )  # fmt: skip


def match_orders(work: Workspace, name: str) -> None:
    """Match invoices with orders: by reference, by the warehouse's own id, by a code that a reference holds."""
    for matching in MATCHES.values():
        work.run(matching, name)
    for some in work.chunks(STRANGERS, name, size=500):
        work.many(HOLDS, ((reference, piece, name) for reference in some for piece in parts_of(reference)))


def _ask_about_strangers(runtime: Runtime, work: Workspace, name: str, forms: Sequence[str]) -> None:
    """Ask Khaos Control about orders that no invoice so far explains: theirs may be of another stage."""
    for some in work.chunks(STRANGERS, name, size=100):
        codes = sorted(set(chain(some, *(parts_of(one) for one in some))))
        ask_for(runtime, work, [code for code in codes if "," not in code], forms)


def read_products(runtime: Runtime, work: Workspace, name: str, facts: dict[str, Any]) -> None:
    """Lay every product that may be ordered there."""
    for page in paced(runtime, name, runtime.warehouse(name).holdings.products(facts)):
        work.many("insert or ignore into held_product values (?, ?)", ((name, code) for code in page))


def count_stock(runtime: Runtime, work: Workspace, name: str, facility: str, facts: dict[str, Any]) -> None:
    """Lay what a building holds, by the warehouse's own word, summed up by SKU."""
    site = runtime.warehouse(name).sites[facility]
    for page in paced(runtime, name, runtime.warehouse(name).stock.pages(facility, facts)):
        good, other = Counter[str](), Counter[str]()
        for line in page.lines:
            (good if line.condition is Condition.GOOD else other)[line.sku] += line.units
        lay_count(work, site, good, other)
        for entry in page.unreadable:
            work.complain(name, UNREADABLE, "stock record", entry.subject, f"{entry.error.field}: {entry.error.why}")


def lay_count(work: Workspace, site: str, good: Counter[str], other: Counter[str]) -> None:
    """Add units to what was counted."""
    work.many(
        "insert into counted values (?, ?, ?, ?) on conflict do update set good = good + excluded.good,"
        " other = other + excluded.other",
        ((site, sku, good[sku], other[sku]) for sku in {**good, **other}),
    )


def read_levels(runtime: Runtime, work: Workspace, site: str) -> None:
    """Lay what Khaos Control shows of a site, for every SKU that it sells or that was counted there."""
    erp, name = runtime.erp, runtime.configuration.erp.name
    runtime.pace(name)
    facts = erp.reference_data()
    wanted = (
        "select code from product where for_warehouse and not instr(code, ',') union select sku from counted"
        " where site = ? and sku in (select code from product where not instr(code, ','))"
    )
    for codes in work.chunks(wanted, site, size=SHOWN_A_CALL * AT_ONCE):
        for some, answer in bisected(
            runtime, name, codes, SHOWN_A_CALL, lambda some: erp.fetch_levels(site, some, facts)
        ):
            if isinstance(answer, Exception):
                work.complain(name, UNREADABLE, "level", some[0], f"{site} does not show it: {answer}")
            else:
                work.many(
                    "insert or replace into shown_level values (?, ?, ?)", ((site, *one) for one in answer.items())
                )
