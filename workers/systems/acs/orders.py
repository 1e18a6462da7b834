"""Orders to ACS as the flows see them: put whole, put again with the flag that takes them back, read back by number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import mappings.acs as words
from adapters.acs.client import Acs
from adapters.acs.refusals import Refused
from adapters.acs.settings import Settings
from adapters.errors import ReachError
from mappings.canonical import Fulfilment, HireDates, LineKind, OrderLine, PickLine, Product, SalesOrder
from mappings.errors import Unmappable
from mappings.hire_rules import kind_of, read_hire
from mappings.working_days import sale_dates
from workers.ledger.expected import Expected
from workers.ports.orders import CancelResult, Manner, SentOrder, WriteContext
from workers.systems.acs.agreement import account_of, calendar_of, hire_rules_of
from workers.systems.acs.refusals import refused


class AcsOrders:
    """One account at ACS: its orders, and the rules by which a line is a hire."""

    manner = Manner.CALL
    numbered = True  # its days are reckoned from the moment at which it is written
    replaces = False  # a change is a cancellation and a new number: what was picked is settled by the cancellation

    def __init__(self, settings: Settings, client: Acs, tables: Mapping[str, Any]) -> None:
        """Connects to nothing yet."""
        self.settings = settings
        self.client = client
        self.sites = dict(settings.sites)
        self.ack_proof: str = "get" if settings.proof == "get" else "2xx"
        self.repeatable = not settings.polls  # the same PUT changes nothing; where it can be asked, it is asked first
        self.answers = {Expected.ACCEPTED.value: settings.answer_within} if settings.proof == "event" else {}
        self.answer_patience = settings.answer_within
        self._account = account_of(settings)
        self._calendar = calendar_of(settings)
        self._rules = hire_rules_of(settings)
        self._carriers: Mapping[str, str] = tables.get("carriers", {}).get("acs", {})
        self._statuses: Mapping[str, str] = tables.get("order_statuses", {}).get("acs", {})
        self._lines: Mapping[str, str] = tables.get("line_statuses", {}).get("acs", {})

    def ping(self) -> None:
        """Read an order that is not there."""
        self.client.ping()

    def reference_data(self) -> dict[str, Any]:
        """ACS has no ids of its own: that the account can be used is all there is."""
        self.client.ping()
        return {"account": self.settings.account}

    def write_order(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        """The body of the PUT. A sale leaves at the next cut-off after the moment that it is written for."""
        words.item_ids(fulfilment, self._account)  # what cannot be written takes no moment
        days = sale_dates(context.stamp().at, self._calendar, self.settings.calendar.transit_days)
        return words.write_order(fulfilment, self._account, zone=self._calendar.zone, sale_days=days)

    def write_change(self, fulfilment: Fulfilment, facts: dict[str, Any], context: WriteContext) -> bytes:
        """Never asked for: ``replaces`` says so."""
        raise Unmappable("OrderNumber", fulfilment.reference, "an order at ACS is cancelled and sent anew")

    def send_order(self, wire: bytes) -> str:
        """Put it; ACS knows the order by our number."""
        number = str(json.loads(wire)["OrderNumber"])
        try:
            self.client.put_order(number, wire)
        except Refused as error:
            raise (refused(error, wire) or error) from error
        return number

    def release_order(self, their_id: str) -> None:
        """ACS picks by itself."""

    def write_cancel(self, sent: SentOrder, context: WriteContext) -> bytes:
        """The whole order as it was sent, with the flag. Raises Unmappable where its bytes were purged."""
        return words.write_cancellation(sent.wire)

    def cancel_order(self, their_id: str, wire: bytes) -> CancelResult:
        """Put it with the flag. Raises Rejected (409, ``too_late``) once it is being picked.

        Where orders are read back, what was answered counts only once ACS shows the order cancelled; what cannot be
        read just now is read with the open orders.
        """
        self.client.put_order(their_id, wire)
        if not self.settings.polls:
            return CancelResult.ASKED if self.settings.proof == "event" else CancelResult.CANCELLED
        try:
            shown = self.client.get_order(their_id)
            order = words.read_order(shown, statuses=self._statuses, line_statuses=self._lines) if shown else None
        except (ReachError, Unmappable):  # it was taken, whatever becomes of this question
            return CancelResult.ASKED
        return CancelResult.CANCELLED if order is not None and order.cancelled_by else CancelResult.ASKED

    def courier(self, carrier: str, service: str) -> str:
        """Khaos's courier for ACS's agent and service."""
        return words.read_courier(carrier, service, self.settings.services, self._carriers)

    def kind(self, order: SalesOrder, line: OrderLine, product: Product | None) -> LineKind:
        """Hire by any of the connection's rules, else sale."""
        return kind_of(order, line, product, self._rules)

    def dates(self, order: SalesOrder) -> HireDates:
        """The days of the order's hire. Raises Unmappable, kind ``hire_dates_missing``."""
        return read_hire(order, self._rules, self._calendar)

    def items(self, fulfilment: Fulfilment) -> dict[str, PickLine]:
        """Our line behind each LineItemId."""
        return words.item_ids(fulfilment, self._account)
