"""Settles outcomes in the ledger: again and again while the ledger is away, and never given up in silence.

An outcome that the ledger does not take, whatever the reason, is settled dead without its effects after a few tries: a
message that stayed claimed would be pushed again at each end of its lease.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog

from workers.ledger.store import Claimed, Effect, LateSettle, Store

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
        except psycopg.OperationalError as error:
            pause = next(pauses, None)
            if pause is None:
                raise
            log.warning(
                "the ledger did not take a settling; again", message=message.task_id, error=type(error).__name__
            )
            sleep(pause)
        except LateSettle:
            if not store.has_settled(message):
                raise
            # only the answer was lost, and what it claimed was given back with it
            return store.claim(following, lease) if following else None, settlement
        except Exception as error:
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
