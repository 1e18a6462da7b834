"""Compares what Khaos Control's and the warehouses' books say with what the exception table explains.

Everything is counted from the two sides' books; the ledger is not asked, so it cannot flatter itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mappings.canonical import Canonical
from workers.demo.pages import Confirmed, Excepted, GoodsOut, KhaosBooks, KhaosInvoice


class Lines(Canonical):
    """What became of the orders file's lines."""

    in_file: int
    refused: int
    service: int
    for_warehouse: int


class Report(Canonical):
    """What the books show. Nothing is amiss when ``balanced``; the sentences say what to look at."""

    orders_ready: int
    no_warehouse_lines: int
    fulfilments_sent: int
    shipments_confirmed: int
    lost: int
    doubled: int
    lost_invoices: tuple[str, ...]
    doublings: tuple[str, ...]
    disagreements: tuple[str, ...]
    held: int
    exceptions: dict[str, int]
    in_flight: int
    seconds: float
    balanced: bool
    lines: Lines | None = None


def compare(
    khaos: Mapping[str, Any],
    warehouses: Mapping[str, Mapping[str, Any]],
    exceptions: Sequence[Mapping[str, Any]],
    *,
    in_flight: int,
    seconds: float = 0.0,
    lines: Lines | None = None,
) -> Report:
    """The report over both sides' books. Pure; raises pydantic's ValidationError for a book of another shape.

    ``warehouses`` goes by connection; ``in_flight`` counts messages that are not settled. An open
    exception of an invoice, of its whole order, or of one of its references explains a loss and a
    disagreement; nothing explains a doubling.
    """
    side = _Sides(
        KhaosBooks.model_validate(khaos),
        {name: [GoodsOut.model_validate(one) for one in book["goods_outs"]] for name, book in warehouses.items()},
        [one for one in map(Excepted.model_validate, exceptions) if one.state == "open"],
    )
    ready = [one for one in side.invoices if one.ready and one.warehouse_lines]
    unfinished = [one for one in ready if not side.finished(one)]
    lost = [one for one in unfinished if not side.explained(one)]
    doublings = [*side.alive_twice(), *side.beyond(), *side.confirmed_twice()]
    disagreements = [*side.contradictions(), *side.strangers(), *side.ownerless()]
    return Report(
        orders_ready=len(ready),
        no_warehouse_lines=sum(one.ready and not one.warehouse_lines for one in side.invoices),
        fulfilments_sent=len({out.reference for _, out in side.alive}),
        shipments_confirmed=len({shipment.reference for one in side.invoices for shipment in one.shipments}),
        lost=len(lost),
        doubled=len(doublings),
        lost_invoices=tuple(one.invoice for one in lost),
        doublings=tuple(doublings),
        disagreements=tuple(disagreements),
        held=len(unfinished) - len(lost),
        exceptions=dict(sorted(Counter(one.kind for one in side.open).items())),
        in_flight=in_flight,
        seconds=seconds,
        balanced=not (lost or doublings or disagreements or in_flight),
        lines=lines,
    )


class _Sides:
    """Both books, indexed by invoice, order and reference."""

    def __init__(self, khaos: KhaosBooks, warehouses: Mapping[str, list[GoodsOut]], exceptions: list[Excepted]) -> None:
        self.invoices = khaos.invoices
        self.open = exceptions
        self.cancelled_orders = {one.order for one in khaos.orders if one.cancelled}
        self.alive = [(name, out) for name, book in warehouses.items() for out in book if out.alive]
        self.outs: dict[str, list[GoodsOut]] = defaultdict(list)
        self.by_reference: dict[str, list[GoodsOut]] = defaultdict(list)
        for _, out in self.alive:
            self.outs[out.invoice].append(out)
            self.by_reference[out.reference].append(out)
        self.of_order: dict[str, list[KhaosInvoice]] = defaultdict(list)
        self.confirmed: dict[str, Counter[str]] = defaultdict(Counter)  # by fulfilment
        for invoice in self.invoices:
            self.of_order[invoice.order].append(invoice)
            for shipment in invoice.shipments:
                self.confirmed[_fulfilment(shipment)].update(shipment.lines)
        self._explained = {
            key for one in exceptions for key in (one.invoice, "" if one.invoice else one.order, one.subject) if key
        }

    def cancelled(self, invoice: KhaosInvoice) -> bool:
        return invoice.cancelled or invoice.order in self.cancelled_orders

    def explained(self, invoice: KhaosInvoice) -> bool:
        keys = {invoice.invoice, invoice.order, *(out.reference for out in self.outs[invoice.invoice])}
        return not self._explained.isdisjoint(keys)

    def finished(self, invoice: KhaosInvoice) -> bool:
        """Cancelled on both sides, or all of it dispatched and confirmed in equal quantities.

        A warehouse's order may hold more than this invoice: the rest of a part shipment left with it.
        """
        if self.cancelled(invoice):
            return not self.outs[invoice.invoice] and not invoice.shipments
        cited = [out for one in invoice.shipments for out in self.by_reference[_fulfilment(one)]]
        outs = [*self.outs[invoice.invoice], *cited]
        return (
            bool(outs)
            and _told(invoice) == _units(invoice.warehouse_lines)
            and all(self.confirmed[out.reference] <= _dispatched([out]) for out in outs)
        )

    def contradictions(self) -> Iterable[str]:
        """Where the two sides tell different stories of one invoice that nobody has in hand."""
        for invoice in self.invoices:
            outs = self.outs[invoice.invoice]
            if self.explained(invoice):
                continue
            if self.cancelled(invoice) and outs:
                yield f"invoice {invoice.invoice} is cancelled in Khaos Control and alive as {_names(outs)}"
            if outs and not invoice.ready:
                yield f"invoice {invoice.invoice} was never ready in Khaos Control and stands at a warehouse"
            for out in outs:
                left, told = _dispatched([out]), +self.confirmed[out.reference]
                if left != told:
                    yield f"{out.reference}: {_say(left)} left the warehouse, {_say(told)} confirmed in Khaos Control"
            for shipment in invoice.shipments:
                if not self.by_reference[_fulfilment(shipment)]:
                    yield f"shipment {shipment.reference} is confirmed in Khaos Control and no warehouse has its order"

    def strangers(self) -> Iterable[str]:
        """What warehouses have and Khaos Control never heard of."""
        known = {one.invoice for one in self.invoices}
        for name, out in self.alive:
            if out.invoice not in known and self._explained.isdisjoint({out.invoice, out.reference}):
                yield f"{name} has {out.reference} for invoice {out.invoice or '(none)'}, unknown to Khaos Control"

    def ownerless(self) -> Iterable[str]:
        """An exception explains only when someone has it in hand."""
        return (f"exception {one.kind} of {one.subject} has no owner" for one in self.open if not one.owner)

    def alive_twice(self) -> Iterable[str]:
        for reference, outs in self.by_reference.items():
            if len(outs) > 1:
                yield f"{reference} stands {len(outs)} times alive at the warehouses (ids {_ids(outs)})"
        for invoice in self.invoices:
            if len({out.reference for out in self.outs[invoice.invoice]}) > 1:
                yield f"invoice {invoice.invoice} is alive under {_names(self.outs[invoice.invoice])}"

    def beyond(self) -> Iterable[str]:
        """Units above the invoice. The unsent rest of the order may have left with its first invoice's goods."""
        for invoice in self.invoices:
            bound = _units(invoice.warehouse_lines)
            over = _told(invoice) - bound
            if over:
                yield f"invoice {invoice.invoice}: {_say(over)} confirmed beyond it"
            unsent = Counter[str]()
            for rest in self.of_order[invoice.order]:
                if rest.invoice != invoice.invoice and not self.outs[rest.invoice] and not self.cancelled(rest):
                    unsent += _units(rest.warehouse_lines)
            over = _dispatched(self.outs[invoice.invoice]) - (bound + unsent)
            if over:
                yield f"invoice {invoice.invoice}: {_say(over)} dispatched beyond it"

    def confirmed_twice(self) -> Iterable[str]:
        """One parcel told to Khaos Control under two references, or one reference booked twice."""
        for order, invoices in self.of_order.items():
            shipments = [one for invoice in invoices for one in invoice.shipments]
            for reference, times in Counter(one.reference for one in shipments).items():
                if times > 1:
                    yield f"shipment {reference} is booked {times} times in Khaos Control"
            same: dict[tuple[Any, ...], set[str]] = defaultdict(set)
            for one in shipments:
                if one.consignment:
                    same[one.consignment, *sorted(one.lines.items())].add(one.reference)
            for (consignment, *_), references in same.items():
                if len(references) > 1:
                    names = " and ".join(sorted(references))
                    yield f"order {order}: consignment {consignment} is confirmed as {names}"


def _fulfilment(shipment: Confirmed) -> str:
    return shipment.reference.rpartition("/")[0] or shipment.reference


def _units(lines: Mapping[str, int]) -> Counter[str]:
    return +Counter(dict(lines))


def _told(invoice: KhaosInvoice) -> Counter[str]:
    return sum((_units(one.lines) for one in invoice.shipments), Counter[str]())


def _dispatched(outs: Iterable[GoodsOut]) -> Counter[str]:
    return sum((_units({sku: line.dispatched for sku, line in out.lines.items()}) for out in outs), Counter[str]())


def _say(units: Counter[str]) -> str:
    return ", ".join(f"{count} of {sku}" for sku, count in sorted(units.items())) or "nothing"


def _names(outs: Iterable[GoodsOut]) -> str:
    return " and ".join(sorted({out.reference for out in outs}))


def _ids(outs: Iterable[GoodsOut]) -> str:
    return ", ".join(out.id for out in outs)
