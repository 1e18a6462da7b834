"""Control numbers of outbound documents, and the answers to expect."""

from __future__ import annotations

from collections.abc import Callable

from workers.ledger.store import Claimed, Effect, call
from workers.ports.orders import ControlNumber
from workers.spine.runtime import Runtime


def control_number_giver(runtime: Runtime, message: Claimed) -> Callable[[], ControlNumber]:
    """Return what asks the ledger for a message's control number: given at the first call, the same ever after."""

    def stamp() -> ControlNumber:
        row = runtime.store.row(
            "select number, given_at from number_for(%s, %s, %s)", message.connection, message.id, message.generation
        )
        assert row is not None, "number_for gives each message a number"
        return ControlNumber(row["number"], row["given_at"])

    return stamp


def awaits_answers(runtime: Runtime, message: Claimed, *only: str) -> list[Effect]:
    """Expect the warehouse's answers, each within its time; ``only`` names some of them."""
    answers = runtime.warehouse(message.connection).orders.answers
    awaited = {what: seconds for what, seconds in answers.items() if not only or what in only}
    if not awaited:
        return []
    return [
        call(
            "await_answers",
            reference=message.reference,
            subject=message.subject,
            story=message.story,
            flow=message.flow,
            connection=message.connection,
            message=message.id,
            answers=awaited,
        )
    ]
