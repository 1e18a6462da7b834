"""Lines of an order as a warehouse of garments is asked for them: hire or sale, price, days; units by the invoice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from mappings.canonical import Fulfilment, HireDates, LineKind, NamedLine, OrderLine, PickLine
from mappings.errors import Unmappable
from workers.domain.fulfilment import Rows
from workers.orders_out.ready_invoice import ReadyInvoice
from workers.ports.garments import GarmentOrders
from workers.spine.reading import Reading, fingerprint

ITEM = ("fulfilment", "item", "sku", "units", "kind", "unit_price", "garment", "back_by")
KEEP = f"insert into order_item ({', '.join(ITEM)}) values ({', '.join(['%s'] * len(ITEM))})"  # noqa: S608  our names
SERVICE = (
    "a hire that is entered as a service, so that no garment would go: enter it under the garment's stock code, or say"
    " in service_lines of Khaos Control's connection which garment it is"
)


def with_lines(reading: Reading, ready: ReadyInvoice, connection: str) -> ReadyInvoice:
    """The invoice with the order's lines in it, and the days of a hire, where its warehouse takes lines by themselves.

    Raises Unmappable: ``hire_dates_missing``; ``hire_as_service`` where only services are hires; and where an invoice
    holds some units of lines that differ.
    """
    orders = reading.runtime.warehouse(connection).parts.garment_orders
    if orders is None:
        return ready
    lines = identify(
        ready.order.lines, ready.stock_lines, lambda one: orders.kind(ready.order, one, ready.product(one))
    )
    hired = any(line.kind is LineKind.HIRE for line in lines)
    if not hired:
        _check_services(orders, ready)
    hire = orders.dates(ready.order) if hired else None
    found = [line.model_dump(mode="json") for line in lines]
    also = fingerprint(ready.fingerprint, found, hire.model_dump(mode="json") if hire else None)
    return replace(ready, stock_lines=lines, hire=hire, fingerprint=also)


def check_services(reading: Reading, ready: ReadyInvoice) -> None:
    """Raise Unmappable, kind ``hire_as_service``, where the services of an order without goods are hires."""
    home = reading.runtime.configuration.homes.get(ready.order.site)
    orders = reading.runtime.warehouse(home[0]).parts.garment_orders if home else None
    if orders is not None:
        _check_services(orders, ready)


def _check_services(orders: GarmentOrders, ready: ReadyInvoice) -> None:
    """Raise where a line is a hire and no goods: its garment would not go. Beside a hired garment it is the fee.

    Beside goods a sales source says nothing of the other lines: postage is no hire.
    """
    order = ready.order.model_copy(update={"channel": ""}) if ready.stock_lines else ready.order
    services = [line for line in order.lines if line.quantity and line.sku in ready.others]
    if hires := sorted({one.sku for one in services if orders.kind(order, one, ready.product(one)) is LineKind.HIRE}):
        raise Unmappable("ORDER_ITEM", ", ".join(hires), SERVICE, kind="hire_as_service")


def identify(
    ordered: Sequence[OrderLine], wanted: Sequence[PickLine], kind: Callable[[OrderLine], LineKind]
) -> tuple[PickLine, ...]:
    """The order's lines with the units that the invoice wants of each. A line without an id of its own has its place.

    Raises Unmappable where the invoice wants some units only of lines that are not alike, or more than was ordered.
    """
    ids = Counter(line.line_id for line in ordered)
    named = [
        PickLine(
            sku=line.sku,
            quantity=line.quantity,
            line_id=line.line_id if line.line_id and ids[line.line_id] == 1 else f"L{place}",
            kind=kind(line),
            unit_price=line.unit_price,
            measurements=line.measurements,
            garment=line.garment,
        )
        for place, line in enumerate(ordered, 1)
        if line.quantity
    ]
    found: dict[str, PickLine] = {}
    for one in wanted:
        lines = [line for line in named if line.sku == one.sku]
        for line in _some(lines, one):
            found[line.line_id] = line
    return tuple(found[line.line_id] for line in named if line.line_id in found)


def _some(lines: Sequence[PickLine], wanted: PickLine) -> list[PickLine]:
    there = sum(line.quantity for line in lines)
    if there < wanted.quantity:
        why = f"the invoice has {wanted.quantity} of it, its order {there}: look at the order in Khaos Control"
        raise Unmappable("ORDER_ITEM", wanted.sku, why)
    alike = {(line.kind, line.unit_price, line.measurements, line.garment) for line in lines}
    if there > wanted.quantity and len(alike) > 1:
        why = "the invoice has some of its units, and its lines differ: split the order so that no line is divided"
        raise Unmappable("ORDER_ITEM", wanted.sku, why)
    found, left = [], wanted.quantity
    for line in lines:
        if take := min(line.quantity, left):
            found.append(line.model_copy(update={"quantity": take}))
            left -= take
    return found


def keep_items(reading: Reading, connection: str, fulfilment: Fulfilment) -> None:
    """Keep the lines under the ids by which their warehouse will name them."""
    orders = reading.runtime.warehouse(connection).parts.garment_orders
    if orders is None:
        return
    write_items(reading.run, orders.items(fulfilment), fulfilment)


def write_items(run: Rows, items: Mapping[str, PickLine], fulfilment: Fulfilment) -> None:
    """Write an order's lines into the ledger by the warehouse's ids, in place of what stood there."""
    run("delete from order_item where fulfilment = %s", fulfilment.reference)
    for item, line in items.items():
        run(
            KEEP,
            fulfilment.reference,
            item,
            line.sku,
            1 if line.kind is LineKind.HIRE else line.quantity,
            line.kind.value,
            line.unit_price,
            line.garment,
            _back_by(line, fulfilment.hire),
        )


def adopt_items(run: Rows, reference: str, named: Sequence[NamedLine]) -> None:
    """Keep the lines under the ids that another integration gave them at the warehouse: its dispatches name those.

    Lines of a SKU that is both hired and sold, or has two prices, keep ours, for which is which cannot be seen.
    """
    if not named:
        return
    ours = run("select * from order_item where fulfilment = %s order by item for update", reference)
    theirs: dict[str, Counter[str]] = defaultdict(Counter)
    for line in named:
        theirs[line.sku][line.line_id] += line.quantity
    rows: list[dict[str, Any]] = []
    for sku, some in groupby(sorted(ours, key=itemgetter("sku", "item")), key=itemgetter("sku")):
        mine = list(some)
        alike = len({(row["kind"], row["unit_price"], row["garment"]) for row in mine}) == 1
        if alike and theirs.get(sku):
            rows += [{**mine[0], "item": item, "units": units} for item, units in theirs[sku].items()]
        else:
            rows += mine
    if len({row["item"] for row in rows}) < len(rows):
        return
    run("delete from order_item where fulfilment = %s", reference)
    for row in rows:
        run(KEEP, *(row[column] for column in ITEM))


def _back_by(line: PickLine, hire: HireDates | None) -> object:
    return hire.back_by if hire is not None and line.kind is LineKind.HIRE else None


def forget_items(run: Callable[..., object], reference: str, skus: Collection[str]) -> None:
    """Forget the lines of some SKUs: they turned out to be no stock."""
    run("delete from order_item where fulfilment = %s and sku = any (%s)", reference, sorted(skus))
