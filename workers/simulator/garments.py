"""What must hold of garments: a sale credits once and a hire never, what ended stays ended, sums equal ACS's books."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from adapters.acs.sandbox.garments import Garment, State
from adapters.acs.sandbox.orders import Order, Status
from adapters.acs.sandbox.site import Site
from workers.demo.reconciliation.warehouse_snapshot import (
    GoodsOut,
    InLine,
    OutLine,
    Parcel,
    Receipt,
    Shelf,
    WarehouseBook,
)
from workers.simulator.broken import Broken
from workers.simulator.settings import GLASGOW, GLASGOW_FACILITY
from workers.simulator.stage import Stage

OVER = (Status.CANCELLED, Status.REJECTED)  # orders of which nothing will ever leave
HIRE = "HIRE_RETURN"
CONDITIONS = {
    State.READY: "good", State.ALLOCATED: "good", State.PACKED: "good", State.WITH_CUSTOMER: "with_customer",
    State.RECEIPTED: "inspection", State.INSPECTION: "inspection", State.REFURBISHMENT: "refurbishment",
    State.QUARANTINE: "quarantine", State.RETIRED: "retired",
}  # fmt: skip
RETIRED = "select tag, state from garment where connection = 'acs' and tag = any (%s)"
WRITTEN_OFF = "select tag from garment where written_off_at is not null"
ENTRIES = """
select movement_id, count(*) as entries, sum(units) as units from journal where movement_id like 'write-off %%'
 group by movement_id
"""
REFUSED = "select 1 from exception where kind = 'stock_file_refused' and state = 'open'"
IN_HAND = "select split_part(subject, ':', 3) as tag from exception where subject like 'garment:acs:%%'"
BOOKED = "select 'write-off ' || tag as movement_id from write_off where booked_at is not null"


def after_step(stage: Stage) -> Iterator[Broken]:
    """Everything that must hold of garments at any moment."""
    for name in stage.believed:
        yield Broken("no forged word", f"{name} with a wrong signature was taken")
    yield from _credited(stage)
    yield from _ended(stage)


def _credited(stage: Stage) -> Iterator[Broken]:
    """No more units are credited on an order than garments that it sold came back; a hire credits nothing."""
    given: Counter[tuple[str, str]] = Counter()
    for credit in stage.books.credits:
        source = stage.books.orders.get(credit.source or "")
        if source is not None and source.site == GLASGOW:
            given.update({(source.code, sku): units for sku, units in credit.order.lines.items()})
    if not given:
        return
    back: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in stage.acs.site.returns:
        if entry["kind"] != HIRE:
            back[entry["order"].rpartition("-")[0], entry["product_sku"]].add(entry["rfid"])
    for key, units in given.items():
        if units > len(back[key]):
            yield Broken(
                "no garment credited twice", f"{units} {key[1]} credited on {key[0]}, {len(back[key])} came back"
            )


def _ended(stage: Stage) -> Iterator[Broken]:
    """A garment of whose end the fleet has heard is never anything else again."""
    ended = [one["rfid"] for one in stage.acs.site.retired]
    if not ended:
        return
    for row in stage.store.rows(RETIRED, ended):
        if row["state"] == "retired":
            stage.retired.add(row["tag"])
        elif row["tag"] in stage.retired:
            yield Broken("what is retired never sells", f"garment {row['tag']} was retired, and is {row['state']}")


def at_rest(stage: Stage) -> Iterator[Broken]:
    """Sums by state equal ACS's books; each end is written off at most once, and each write-off entered once."""
    yield from _entered(stage)
    written_off = {row["tag"] for row in stage.store.rows(WRITTEN_OFF)}
    theirs: dict[str, Counter[str]] = defaultdict(Counter)
    for one in stage.acs.site.garments:
        condition = CONDITIONS.get(one.state)
        if condition and one.tag not in written_off:
            theirs[one.product_sku][condition] += 1
    unheard, refused = unsure_skus(stage), bool(stage.store.rows(REFUSED))
    for row in stage.store.rows("select sku, good, other from position where home = %s", GLASGOW):
        ours = +Counter[str]({"good": row["good"], **row["other"]})
        there = theirs[row["sku"]]
        known = row["sku"] not in unheard
        if ours != there if known else ours["good"] > there["good"] and not refused:
            yield Broken("garments by state", f"{row['sku']}: {_say(ours)} in the ledger, {_say(there)} at ACS")


def _entered(stage: Stage) -> Iterator[Broken]:
    retired = {f"write-off {one['rfid']}" for one in stage.acs.site.retired}
    entries = {row["movement_id"]: row for row in stage.store.rows(ENTRIES)}
    booked = {row["movement_id"] for row in stage.store.rows(BOOKED)}
    for name, row in entries.items():
        if row["entries"] != 1 or row["units"] != -1:
            yield Broken("written off once", f"{name} has {row['entries']} entries of {row['units']} units")
        if name not in retired:
            yield Broken("written off once", f"{name} is entered, and ACS never retired it")
    for name in booked ^ set(entries):
        yield Broken("written off once", f"{name} is {'booked' if name in booked else 'entered'} alone")


def _say(units: Counter[str]) -> str:
    return ", ".join(f"{n} {condition}" for condition, n in sorted(units.items())) or "none"


def unsure_skus(stage: Stage) -> set[str]:
    """SKUs of whose garments nobody can know all: an event was lost, or the newest file is refused."""
    refused = bool(stage.store.rows(REFUSED))
    return {one.product_sku for one in stage.acs.site.garments if refused or one.tag in stage.acs.unheard}


def unsure(stage: Stage) -> set[str]:
    """Tags of which nobody can know that they came back: an event was lost, or a person has them in hand."""
    return stage.acs.unheard | {row["tag"] for row in stage.store.rows(IN_HAND)}


def as_warehouse(site: Site, written_off: set[str], unsure: set[str]) -> WarehouseBook:
    """ACS's book in the shape in which warehouses' books are compared, without returns of ``unsure`` tags.

    Write-offs are compared apart.
    """
    return WarehouseBook(
        goods_outs=tuple(_goods_out(one) for one in site.orders),
        stock=_shelves(one for one in site.garments if one.tag not in written_off),
        receipts=tuple(_receipt(one) for one in site.returns if one["kind"] != HIRE and one["rfid"] not in unsure),
    )


def _goods_out(order: Order) -> GoodsOut:
    lines: dict[str, OutLine] = {}
    for item in order.items:
        before = lines.get(item.sku, OutLine())
        left = sum(bool(unit.tracking) for unit in item.units)
        lines[item.sku] = OutLine(ordered=before.ordered + len(item.units), dispatched=before.dispatched + left)
    return GoodsOut(
        id=order.number,
        reference=order.number,
        external_system_reference1=str(order.body.get("Misc2") or ""),
        status="CANCELLED" if order.status in OVER else order.status,
        warehouse=GLASGOW_FACILITY,
        lines=lines,
        parcels=tuple(Parcel(tracking=one["TrackingNumber"]) for one in order.parcels),
    )


def _shelves(garments: Iterator[Garment]) -> dict[str, dict[str, Shelf]]:
    states: dict[str, Counter[State]] = defaultdict(Counter)
    for one in garments:
        states[one.product_sku][one.state] += one.state in CONDITIONS
    return {
        sku: {
            GLASGOW_FACILITY: Shelf(
                available=there[State.READY],
                allocated=there[State.ALLOCATED],
                picked=there[State.PACKED],
                physically_there=sum(there.values()),
            )
        }
        for sku, there in states.items()
    }


def _receipt(entry: dict[str, Any]) -> Receipt:
    line = InLine(id=entry["rfid"], product=entry["product_sku"], received=1)
    name = f"{entry['order']}/{entry['rfid']}"
    return Receipt(id=name, reference=entry["order"], warehouse=GLASGOW_FACILITY, lines=(line,))
