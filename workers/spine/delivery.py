"""The spine: claim, gate, write, push, settle. It knows nothing of Celery and nothing of any system.

A slot drains: one call to the ledger settles message k and claims message k+1. Whatever is killed
in between, the ledger says what may have been sent, and nothing is sent again without proof.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from adapters.errors import Garbled, ReachError, Rejected, Throttled, Unauthorised, Unavailable
from mappings.errors import Unmappable
from workers.ledger.store import Claimed, Effect, LateSettle, Store
from workers.spine.limits import Health
from workers.spine.outcomes import Dead, Delivered, Duplicate, Held, NotNeeded, Outcome, Retry, Sent
from workers.spine.policy import back_off, verdict

log = structlog.get_logger(__name__)


class Absent:
    """A look-up's answer: the reference is provably not over there."""


class Handler(Protocol):
    """What one kind of message does at one connection."""

    @property
    def repeatable(self) -> bool:
        """Pushing it twice has the effect of once: a doubt needs no look-up."""

    @property
    def refused(self) -> str:
        """The exception's kind when the other side says no."""

    def write(self, message: Claimed) -> bytes | Outcome:
        """Gate and write: the bytes to freeze, or why it may not go. No network."""

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Send the frozen bytes. Raises what adapters raise."""

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | Absent:
        """After a doubt: is it over there already?"""


class Narrator(Protocol):
    """Tells Flower what becomes of each message."""

    def started(self, message: Claimed) -> None:
        """A message was claimed."""

    def ended(self, message: Claimed, state: str, note: str, seconds: float) -> None:
        """A message was settled."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """An outcome in the ledger's words."""

    state: str
    note: str
    args: dict[str, Any]
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """What a draining slot works with."""

    store: Store
    handler: Callable[[str, str, str], Handler]  # flow, connection, kind
    health: Health
    narrator: Narrator
    doubt_wait: Callable[[str], float]  # connection -> seconds until a first call must be over
    lease: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    dice: random.Random
    on_dead: Callable[[Claimed], None]
    stopping: Callable[[], bool]


def drain(slot: Slot, lane: str) -> int:
    """Work until nothing of the lane may go or the process is stopping. Returns how many messages were settled."""
    done = 0
    message = None if slot.stopping() else slot.store.claim(lane, slot.lease)
    while message is not None:
        began = slot.clock()
        slot.narrator.started(message)
        settlement = judge(slot, message, attempt(slot, message))
        following = None if slot.stopping() else lane
        try:
            claimed = _settle(slot, message, settlement, following)
        except LateSettle:
            keep_evidence(slot.store, message, settlement)
            claimed = slot.store.claim(lane, slot.lease) if following else None
        else:
            done += 1
            slot.narrator.ended(message, settlement.state, settlement.note, slot.clock() - began)
            if settlement.state == "dead":
                slot.on_dead(message)
        message = claimed
    return done


def _settle(slot: Slot, message: Claimed, settlement: Settlement, following: str | None) -> Claimed | None:
    """Settle and claim, again and again while the ledger is away: what came of a push must not be forgotten."""
    for patience in (0.05, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, None):
        try:
            return slot.store.settle_and_claim(
                message, settlement.state, settlement.note, settlement.args, settlement.effects, following, slot.lease
            )
        except (psycopg.OperationalError, PoolTimeout) as error:
            if patience is None:
                raise
            log.warning(
                "the ledger did not take a settling; again", message=message.task_id, error=type(error).__name__
            )
            slot.sleep(patience)
    raise AssertionError("the last turn returns or raises")


def attempt(slot: Slot, message: Claimed) -> Outcome:
    """One attempt at a message: look up first where there is a doubt, else write and push."""
    resent = False
    try:
        handler = slot.handler(message.flow, message.connection, message.kind)
        wire = message.wire
        if wire is None:
            written = handler.write(message)
            if not isinstance(written, bytes):
                return written
            slot.store.freeze(message, written)
            wire = written
        elif message.doubt_since is not None and not handler.repeatable:
            found = handler.look_up(message, wire)
            if not isinstance(found, Absent):
                return found
            if message.resends:
                return Dead(
                    "uncertain", "sent twice without an answer, and not to be found over there", maybe_done=True
                )
            resent = True
        outcome = handler.push(message, wire)
        slot.health.well(message.connection)
    except ReachError as error:
        return _after_error(slot, message, error, resent=resent)
    except Unmappable as error:
        return Dead(error.kind, f"{error.field} {error.value!r}: {error.why}")
    except Exception as error:
        log.exception("a handler crashed", message=message.task_id)
        return Retry("crashed", f"{type(error).__name__} in {message.flow} {message.kind}", maybe_done=True)
    else:
        return outcome


def _after_error(slot: Slot, message: Claimed, error: ReachError, *, resent: bool) -> Outcome:
    maybe = error.maybe_done
    if isinstance(error, Throttled):
        wait = error.retry_after if error.retry_after is not None else 5.0
        slot.health.told_to_wait(message.connection, wait)
        return Retry("throttled", error.what, wait=wait, counted=False)
    if isinstance(error, Rejected):
        handler = slot.handler(message.flow, message.connection, message.kind)
        return Dead(handler.refused, f"{error.symbol}: {error.what}" if error.symbol else error.what, maybe_done=maybe)
    if isinstance(error, Unauthorised):
        slot.health.failed(message.connection, error.kind, error.what, at_once=True)
        return Retry(error.kind, error.what, counted=False, wait=2.0)
    assert isinstance(error, (Unavailable, Garbled))
    down = slot.health.failed(message.connection, error.kind, error.what)
    return Retry(error.kind, error.what, counted=not down, maybe_done=maybe, absent=resent)


def judge(slot: Slot, message: Claimed, outcome: Outcome) -> Settlement:
    """Turn an outcome into what the ledger writes. Only here are retries and doubts reckoned."""
    before = message.doubt_since.isoformat() if message.doubt_since else None
    match outcome:
        case Delivered(note, effects):
            return Settlement("delivered", note, {}, effects)
        case Duplicate(note, effects):
            return Settlement("delivered", note, {"proven_before": True, "step": "found there already"}, effects)
        case NotNeeded(note, effects):
            return Settlement("not_needed", note, {}, effects)
        case Sent(proof, within, note, effects):
            return Settlement("sent", note, {"proof": proof, "proof_within": within}, effects)
        case Held(gates, note, effects):
            return Settlement("held", note, {"gates": list(gates), "maybe_sent": before}, effects)
        case Dead(kind, why, maybe_done, effects):
            args: dict[str, Any] = {"error_kind": kind}
            if not maybe_done:
                args["maybe_sent"] = before
            return Settlement("dead", why, args, effects)
        case Retry():
            return _retry(slot, message, outcome, before)


def _retry(slot: Slot, message: Claimed, outcome: Retry, before: str | None) -> Settlement:
    allowed = verdict(outcome.kind).retries
    if outcome.counted and message.tries >= allowed:
        why = f"{outcome.why} (given up after {message.tries + 1} tries)"
        args: dict[str, Any] = {"error_kind": outcome.kind}
        if not outcome.maybe_done:
            args["maybe_sent"] = before
        return Settlement("dead", why, args)
    wait = outcome.wait if outcome.wait is not None else back_off(message.tries, slot.dice)
    args = {"error_kind": outcome.kind, "tried": 1 if outcome.counted else 0, "step": "tried"}
    if outcome.maybe_done:
        wait = max(wait, slot.doubt_wait(message.connection))
    else:
        args["maybe_sent"] = before
    if outcome.absent:
        args["resent"] = 1
    args["wait"] = wait
    return Settlement("waiting", outcome.why, args)


def keep_evidence(store: Store, message: Claimed, settlement: Settlement) -> None:
    """A settle that came too late changes nothing, and is written down."""
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
