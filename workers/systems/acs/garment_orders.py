"""ACS's orders line by line: hire or sale on the way out, which garment left or was short on the way in."""

from __future__ import annotations

from datetime import datetime

from adapters.acs.settings import Settings
from mappings.acs import Event, EventKind, OrderWord, read_cancelled, read_dispatched, read_event
from mappings.canonical import Fulfilment, GarmentOrder, HireDates, LineKind, OrderLine, PickLine, Product, SalesOrder
from mappings.errors import Unmappable
from workers.systems.acs.agreement import calendar_of
from workers.systems.acs.order_reads import AcsOrderReads
from workers.systems.acs.orders import AcsOrders


class AcsGarmentOrders:
    """Orders of one account, line by line."""

    def __init__(self, settings: Settings, orders: AcsOrders, reads: AcsOrderReads) -> None:
        self.chooses = settings.sku_mode == "unique"
        self._account = settings.account
        self._turnaround = settings.calendar.turnaround_days
        self._calendar = calendar_of(settings)
        self._orders = orders
        self._reads = reads

    def due(self, hire: HireDates | None, at: datetime) -> datetime:
        """The agreed working days after the cut-off that it was in time for; of a hire, after its day of dispatch."""
        if hire is None:
            return self._calendar.deadline(at, self._turnaround)
        leaves = max(hire.dispatch_on, self._calendar.first_dispatch(at))
        return self._calendar.cut_off_of(self._calendar.add(leaves, self._turnaround))

    def kind(self, order: SalesOrder, line: OrderLine, product: Product | None) -> LineKind:
        """By the connection's rules."""
        return self._orders.kind(order, line, product)

    def dates(self, order: SalesOrder) -> HireDates:
        """By the connection's fields, lengths and calendar."""
        return self._orders.dates(order)

    def items(self, fulfilment: Fulfilment) -> dict[str, PickLine]:
        """By LineItemId."""
        return self._orders.items(fulfilment)

    def read_dispatch(self, body: bytes) -> GarmentOrder:
        """``order.dispatched``, or ``order.cancelled``: nothing more leaves."""
        event = read_event(body, self._account)
        if event.kind is EventKind.ORDER_DISPATCHED:
            return read_dispatched(event)
        if event.kind is EventKind.ORDER_CANCELLED:
            return _without_lines(event, read_cancelled(event))
        raise Unmappable("EventType", event.kind_word, "this event is of no dispatch", kind="unknown_event")

    def event_id(self, body: bytes) -> str:
        """EventId."""
        return read_event(body, self._account).id

    def read_shown(self, body: bytes) -> GarmentOrder:
        """A GET."""
        return self._reads.shown(body)


def _without_lines(event: Event, word: OrderWord) -> GarmentOrder:
    return GarmentOrder(
        reference=word.reference,
        status=word.status,
        status_word=word.status_word,
        cancelled_by=word.cancelled_by,
        dispatched_at=event.at,
    )
