"""What came in at the warehouses' doors: each returned line is credited once, each supplier's line is booked once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mappings.canonical import Canonical
from workers.demo.reconciliation.khaos_snapshot import Credit, KhaosBooks
from workers.demo.reconciliation.ledger_rows import Excepted, LedgerRows
from workers.demo.reconciliation.stock import Building
from workers.demo.reconciliation.warehouse_snapshot import WarehouseBook

STOPPED = "stopped"  # a person said that it shall not be credited


class ReturnFigures(Canonical):
    """``lines`` are return lines of the ledger; each is ``credited`` once or ``waits`` in an exception of its own."""

    parcels: int = 0
    lines: int = 0
    credited: int = 0
    waits: int = 0
    credited_twice: tuple[str, ...] = ()
    uncredited: tuple[str, ...] = ()


class ReceiptFigures(Canonical):
    """Suppliers' goods: ``received`` units, and ``not_booked`` with a sentence for each difference."""

    lines: int = 0
    received: int = 0
    not_booked: tuple[str, ...] = ()


def compare_returns(
    khaos: KhaosBooks, warehouses: Mapping[str, WarehouseBook], ledger: LedgerRows, exceptions: Sequence[Excepted]
) -> ReturnFigures:
    """Every line that customers sent back, against Khaos Control's credit notes. ``exceptions`` are the open ones."""
    by_return: dict[str, list[Credit]] = defaultdict(list)
    for credit in khaos.credits:
        by_return[credit.returned].append(credit)
    in_hand = {one.subject for one in exceptions if one.owner}
    uncredited, twice, credited, waits = [], [], 0, 0
    for line in ledger.returns:
        what = f"return {line.reference} of {line.units} {line.sku}"
        notes = by_return[line.reference]
        units = sum(note.lines.get(line.sku, 0) for note in notes)
        if len(notes) > 1 or units > line.units:
            twice.append(f"{what} is credited by {' and '.join(n.reference for n in notes)} with {units}")
        elif units == line.units:
            credited += 1
        elif f"return:{line.reference}" in in_hand or line.state == STOPPED:
            waits += 1
        else:
            uncredited.append(f"{what} is credited with {units}, and nobody has it in hand")
    return ReturnFigures(
        parcels=len({line.receipt for line in ledger.returns}),
        lines=len(ledger.returns),
        credited=credited,
        waits=waits,
        credited_twice=(*twice, *_beyond(khaos, warehouses)),
        uncredited=(*uncredited, *_unknown(warehouses, ledger, in_hand)),
    )


def _beyond(khaos: KhaosBooks, warehouses: Mapping[str, WarehouseBook]) -> Iterable[str]:
    """More units credited on an order than ever left for it, whoever raised the notes."""
    orders = {invoice.invoice: invoice.order for invoice in khaos.invoices}
    left: Counter[tuple[str, str]] = Counter()
    for book in warehouses.values():
        for out in book.goods_outs:
            left.update({(orders.get(out.invoice, ""), sku): units for sku, units in out.left.items()})
    given: Counter[tuple[str, str]] = Counter()
    for credit in khaos.credits:
        if credit.order:
            given.update({(credit.order, sku): units for sku, units in credit.lines.items()})
    for (order, sku), units in sorted(given.items()):
        if units > left[order, sku]:
            yield f"order {order}: {units} {sku} credited, {left[order, sku]} left"


def _unknown(warehouses: Mapping[str, WarehouseBook], ledger: LedgerRows, in_hand: set[str]) -> Iterable[str]:
    """Lines at the door that the ledger knows neither as a return nor as a supplier's, or with other units."""
    known: Counter[tuple[str, str]] = Counter()
    for back in ledger.returns:
        known[back.receipt, back.line_id] += back.units
    for one in ledger.received:
        known[one.their_id, one.line_id] += one.received
    for book in warehouses.values():
        for receipt in book.receipts:
            for line in receipt.lines:
                units = known.pop((receipt.id, line.id), 0)
                told = any(subject.endswith(f":{receipt.id}") for subject in in_hand)
                if units != line.received and not told:
                    yield (
                        f"receipt {receipt.reference}: {line.received} {line.product} came in, the ledger knows {units}"
                    )
    yield from (f"the ledger has {units} units of receipt {name}, line {line}, which no warehouse took in"
                for (name, line), units in known.items())  # fmt: skip


def compare_receipts(
    khaos: KhaosBooks, warehouses: Mapping[str, WarehouseBook], ledger: LedgerRows, buildings: Iterable[Building]
) -> ReceiptFigures:
    """Every supplier's line: at the warehouse, on Khaos Control's delivery notes, and booked in the ledger."""
    homes = {(one.warehouse, one.facility): one.home for one in buildings}
    returned = {line.receipt for line in ledger.returns}
    came: Counter[tuple[str, str, str]] = Counter()
    lines = 0
    for name, book in warehouses.items():
        for receipt in book.receipts:
            home = homes.get((name, receipt.warehouse), "")
            for line in receipt.lines if receipt.id not in returned else ():
                lines += line.received > 0
                came[receipt.reference, home, line.product] += line.received
    noted: Counter[tuple[str, str, str]] = Counter()
    for delivery in khaos.deliveries:
        noted.update({(delivery.po, delivery.site, sku): units for sku, units in delivery.lines.items()})
    booked: Counter[tuple[str, str, str]] = Counter()
    for row in ledger.received:
        booked[row.purchase_order, row.home, row.sku] += row.booked
    return ReceiptFigures(
        lines=lines,
        received=sum(came.values()),
        not_booked=tuple(
            f"purchase order {key[0]}: {came[key]} {key[2]} received at {key[1]}, {noted[key]} on delivery notes,"
            f" {booked[key]} booked"
            for key in sorted({*came, *noted, *booked})
            if not came[key] == noted[key] == booked[key]
        ),
    )
