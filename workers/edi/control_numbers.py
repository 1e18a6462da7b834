"""Control numbers of outbound documents, and the answers to expect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from workers.ledger.store import Claimed, Effect, call, within
from workers.ports.orders import ControlNumber
from workers.spine import restored
from workers.spine.polling import call as polled
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


def control_numbers(runtime: Runtime, messages: Sequence[Claimed]) -> dict[int, ControlNumber]:
    """The control numbers of several messages of one connection, by message: given in their order, in one commit.

    It is not waited for on disk: the freezing of the bytes that carry the numbers comes after it in the same log, and
    nothing is sent before that is on disk. A crash in between gives the same numbers again, and nobody has seen them.
    """
    rows = runtime.store.rows(
        "select n.message_id, n.number, n.given_at from set_config('synchronous_commit', 'off', true) as later,"
        " numbers_for(%s, %s, %s) n",
        messages[0].connection,
        [message.id for message in messages],
        [message.generation for message in messages],
    )
    return {row["message_id"]: ControlNumber(row["number"], row["given_at"]) for row in rows}


def highest_laid(runtime: Runtime, name: str) -> int:
    """The highest control number of ours in a partner's folders, 0 where it shows none. Raises what adapters raise."""
    past = runtime.warehouse(name).parts.past
    highest = 0
    for facility in runtime.warehouse(name).sites if past else ():
        runtime.pace(name)
        highest = max([highest, *runtime.warehouse(name).past.numbers_laid(facility)])
    return highest


def look_at_folders(runtime: Runtime, name: str) -> bool:
    """See whether a file of ours lies there whose number the ledger has yet to give. True at a sign of a restore."""
    highest = polled(runtime, name, "numbers", partial(highest_laid, runtime, name))
    with runtime.store.transaction() as db:
        return restored.look_at_number(within(db), name, highest, f"a file of ours in the folders of {name}")


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
