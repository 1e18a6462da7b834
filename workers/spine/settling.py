"""Settles outcomes in the ledger: again and again while the ledger is away, and never given up in silence.

An outcome that the ledger does not take, whatever the reason, is settled dead without its effects after a few tries: a
message that stayed claimed would be pushed again at each end of its lease.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import structlog

from workers.ledger.pool import is_away
from workers.ledger.store import Claimed, Effect, LateSettle, Store
from workers.ledger.turns import Ending, Wish, claim, take_turn

log = structlog.get_logger(__name__)

PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0, *([8.0] * 10))  # seconds between tries while the ledger is away
TRIES = 3  # of an outcome that the ledger refuses


@dataclass(frozen=True, slots=True)
class Settlement:
    """An outcome in the ledger's words."""

    state: str
    note: str
    args: dict[str, Any]
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a message and what came of it; ``late``: the message had been taken away before it was settled."""

    message: Claimed
    settlement: Settlement
    seconds: float
    late: bool = False


def claim_some(store: Store, wish: Wish) -> list[Claimed]:
    """Claim what is wished for. Where another begins on the same subject at this moment, one that is free."""
    try:
        return claim(store, wish)
    except psycopg.errors.UniqueViolation:
        return _claim_one(store, wish)


def settle_turn(
    store: Store, attempts: Sequence[Attempt], unsent: Sequence[Claimed], wish: Wish, sleep: Callable[[float], None]
) -> tuple[list[Attempt], list[Claimed]]:
    """Settle attempts, give back what was not sent, and claim. Returns the attempts as they were settled, and the next.

    What came too late is noted in the timeline.

    Raises psycopg's OperationalError when the ledger stays away.
    """
    if not attempts and not unsent:
        return [], claim_some(store, wish)
    pauses, again = iter(PAUSES), False
    endings = [
        Ending(a.message, a.settlement.state, a.settlement.note, a.settlement.args, a.settlement.effects)
        for a in attempts
    ]
    while True:
        try:
            late, claimed = take_turn(store, endings, unsent, wish)
        except Exception as error:  # one of them is refused, or two begin on one subject; else the ledger is away
            if not is_away(error):
                return _one_by_one(store, attempts, unsent, wish, sleep)
            pause, again = next(pauses, None), True
            if pause is None:
                raise
            log.warning("the ledger did not take a turn; again", messages=len(attempts), error=type(error).__name__)
            sleep(pause)
        else:
            break
    if not late:
        return list(attempts), claimed
    # after a lost answer: settled by the turn whose answer it was, and what that claimed was given back
    late = {a.message.id for a in attempts if a.message.id in late and not (again and store.has_settled(a.message))}
    settled = [replace(a, late=a.message.id in late) for a in attempts]
    _keep_evidence(store, settled)
    return settled, claim_some(store, wish)


def _one_by_one(
    store: Store, attempts: Sequence[Attempt], unsent: Sequence[Claimed], wish: Wish, sleep: Callable[[float], None]
) -> tuple[list[Attempt], list[Claimed]]:
    """Settle each in a commit of its own, so that what the ledger refuses of one holds up no other."""
    settled = []
    for attempt in attempts:
        try:
            _, settlement = settle(store, attempt.message, attempt.settlement, None, wish.lease, sleep)
            settled.append(replace(attempt, settlement=settlement))
        except LateSettle:
            settled.append(replace(attempt, late=True))
    for message in unsent:
        store.give_back(message)
    _keep_evidence(store, settled)
    return settled, _claim_one(store, wish)


def _claim_one(store: Store, wish: Wish) -> list[Claimed]:
    message = store.claim(wish.lane, wish.lease) if wish.most else None
    return [message] if message else []


def settle(
    store: Store,
    message: Claimed,
    settlement: Settlement,
    following: str | None,
    lease: float,
    sleep: Callable[[float], None],
) -> tuple[Claimed | None, Settlement]:
    """Settle and claim the next of ``following``. Returns it with what was settled.

    Raises LateSettle when the message was taken away, and psycopg's OperationalError when the ledger stays away.
    """
    pauses, refused = iter(PAUSES), 0
    while True:
        try:
            claimed = store.settle_and_claim(
                message, settlement.state, settlement.note, settlement.args, settlement.effects, following, lease
            )
        except LateSettle:
            if not store.has_settled(message):
                raise
            # only the answer was lost, and what it claimed was given back with it
            return store.claim(following, lease) if following else None, settlement
        except Exception as error:
            if is_away(error):
                pause = next(pauses, None)
                if pause is None:
                    raise
                log.warning(
                    "the ledger did not take a settling; again", message=message.task_id, error=type(error).__name__
                )
                sleep(pause)
                continue
            refused += 1
            log.exception("the ledger refuses an outcome", message=message.task_id)
            if refused > TRIES:
                raise
            if refused == TRIES:
                settlement = _without_effects(settlement, error)
        else:
            return claimed, settlement


def _without_effects(settlement: Settlement, error: Exception) -> Settlement:
    why = f"its outcome ({settlement.state}) cannot be stored: {type(error).__name__}; see the log"
    return Settlement("dead", why, {"error_kind": "outcome_not_stored"})


def _keep_evidence(store: Store, attempts: Sequence[Attempt]) -> None:
    for attempt in attempts:
        if attempt.late:
            keep_evidence(store, attempt.message, attempt.settlement)


def keep_evidence(store: Store, message: Claimed, settlement: Settlement) -> None:
    """Note in the timeline a settle that came too late; it changes nothing."""
    store.run(
        "insert into timeline (story, subject, flow, connection, step, note, message_id) values (%s, %s, %s,"
        " %s, %s, %s, %s)",
        message.story,
        message.subject,
        message.flow,
        message.connection,
        "late answer",
        f"attempt {message.attempt} ended {settlement.state} after its lease was taken away: {settlement.note}",
        message.id,
    )
