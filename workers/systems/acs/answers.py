"""ACS's answers to orders: accepted or refused by an event, refused as an order that is read back shows it."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.acs.settings import Settings
from mappings.acs import EventKind, OrderWord, read_accepted, read_cancel_rejected, read_event, read_rejected
from mappings.canonical.advices import Acknowledgement, OrderAdvice, Outcome
from mappings.errors import Unmappable
from workers.systems.acs.order_reads import AcsOrderReads
from workers.systems.acs.refusals import refusal_of


class AcsAnswers:
    """Answers of one account; each names the order, and no number of ours beside it."""

    def __init__(self, settings: Settings, reads: AcsOrderReads, statuses: Mapping[str, str]) -> None:
        """``statuses`` are the merchant's own rows."""
        self._account = settings.account
        self._reads = reads
        self._statuses = statuses

    def read_acknowledgement(self, body: bytes) -> Acknowledgement:
        """Never asked for: whoever puts an order has read the answer."""
        raise Unmappable("EventType", "", "ACS acknowledges no documents", kind="unknown_event")

    def read_order_advice(self, body: bytes) -> tuple[OrderAdvice, ...]:
        """``order.accepted``, ``order.rejected``, ``order.cancel_rejected``; or an order that is shown rejected."""
        if self._reads.is_order(body):
            shown = self._reads.shown(body)
            return (
                OrderAdvice(
                    their_id=shown.reference,
                    reference=shown.reference,
                    outcome=Outcome.REFUSED,
                    code=shown.status_word,
                    why="ACS shows it rejected, and no event says why: ask ACS",
                    answers_set="order",
                ),
            )
        event = read_event(body, self._account)
        match event.kind:
            case EventKind.ORDER_ACCEPTED:
                return (_advice(event.id, read_accepted(event, self._statuses), Outcome.ACCEPTED, "order"),)
            case EventKind.ORDER_REJECTED:
                return (_advice(event.id, read_rejected(event), Outcome.REFUSED, "order"),)
            case EventKind.CANCEL_REJECTED:
                return (_advice(event.id, read_cancel_rejected(event, self._statuses), Outcome.REFUSED, "cancel"),)
        raise Unmappable("EventType", event.kind_word, "this event answers no order", kind="unknown_event")


def _advice(their_id: str, word: OrderWord, outcome: Outcome, answers: str) -> OrderAdvice:
    refused = refusal_of(word.refusals) if answers == "order" and word.refusals else None
    reasons = [" ".join(filter(None, (one.code, one.field, one.line_id))) for one in word.refusals]
    return OrderAdvice(
        their_id=their_id,
        reference=word.reference,
        outcome=outcome,
        code=word.refusals[0].code if word.refusals else "",
        why="; ".join(filter(None, reasons)) or word.status_word,
        answers_set=answers,
        kind=refused.kind if refused else "",
        items=refused.items if refused else (),
    )
