"""Orders in both sides' books: what was lost, what stands twice, and where the two tell different stories."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workers.demo.reconciliation.khaos_snapshot import Confirmed, KhaosBooks, KhaosInvoice
from workers.demo.reconciliation.ledger_rows import Excepted
from workers.demo.reconciliation.warehouse_snapshot import GoodsOut

ISSUED = 70  # the stage of an invoice that a cancellation of its order does not take back any more


class OrderBooks:
    """Both books, indexed by invoice, order and reference. ``exceptions`` are the open ones."""

    def __init__(
        self, khaos: KhaosBooks, warehouses: Mapping[str, Sequence[GoodsOut]], exceptions: Sequence[Excepted]
    ) -> None:
        self.open = exceptions
        self.cancelled_orders = {one.order for one in khaos.orders if one.cancelled}
        self.alive = [(name, out) for name, book in warehouses.items() for out in book if out.alive]
        self.outs: dict[str, list[GoodsOut]] = defaultdict(list)
        self.by_reference: dict[str, list[GoodsOut]] = defaultdict(list)
        for _, out in self.alive:
            self.outs[out.invoice].append(out)
            self.by_reference[out.reference].append(out)
        self.of_order: dict[str, list[KhaosInvoice]] = defaultdict(list)
        for one in khaos.invoices:
            self.of_order[one.order].append(one)
        self.invoices = [self._with_shipment(one) for one in khaos.invoices]
        self.of_order = defaultdict(list)
        self.confirmed: dict[str, Counter[str]] = defaultdict(Counter)  # by fulfilment
        for invoice in self.invoices:
            self.of_order[invoice.order].append(invoice)
            for shipment in invoice.shipments:
                self.confirmed[_fulfilment(shipment)].update(shipment.lines)
        self._explained = {
            key for one in exceptions for key in (one.invoice, "" if one.invoice else one.order, one.subject) if key
        }

    def _with_shipment(self, invoice: KhaosInvoice) -> KhaosInvoice:
        """What an operator assigned to a courier is confirmed whole, for the warehouse's order that it left with."""
        if invoice.shipments or not invoice.consignment:
            return invoice
        left_with = self.outs[invoice.invoice] or self._by_parcel(invoice)
        name = left_with[0].reference if left_with else invoice.invoice
        told = Confirmed(
            reference=f"{name}/{invoice.invoice}", lines=invoice.warehouse_lines, consignment=invoice.consignment
        )
        return invoice.model_copy(update={"shipments": (told,)})

    def _by_parcel(self, invoice: KhaosInvoice) -> list[GoodsOut]:
        """The rest of a split invoice left with the order of its first part: one of that order's parcels names it."""
        of_order = [out for one in self.of_order[invoice.order] for out in self.outs[one.invoice]]
        named = {invoice.tracking, invoice.consignment}
        return [out for out in of_order if any(parcel.tracking in named for parcel in out.parcels)] or of_order

    def cancelled(self, invoice: KhaosInvoice) -> bool:
        """Whether it, or its order while it was not issued, is cancelled in Khaos Control."""
        return invoice.cancelled or (invoice.order in self.cancelled_orders and invoice.stage != ISSUED)

    def explained(self, invoice: KhaosInvoice) -> bool:
        """Whether an open exception has it in hand."""
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
        """One reference, or one invoice, that stands more than once at the warehouses."""
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
    return sum((_units(out.left) for out in outs), Counter[str]())


def _say(units: Counter[str]) -> str:
    return ", ".join(f"{count} of {sku}" for sku, count in sorted(units.items())) or "nothing"


def _names(outs: Iterable[GoodsOut]) -> str:
    return " and ".join(sorted({out.reference for out in outs}))


def _ids(outs: Iterable[GoodsOut]) -> str:
    return ", ".join(out.id for out in outs)
