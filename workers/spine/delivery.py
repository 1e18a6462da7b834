"""The spine: claim, gate, write, push, settle. It knows nothing of Celery and nothing of any system.

A slot drains: one call to the ledger settles message k and claims message k+1. Whatever is killed
in between, the ledger says what may have been sent, and nothing is sent again without proof.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import structlog

from adapters.errors import ReachError, Rejected, Throttled, Unauthorised, Unavailable
from mappings.errors import Unmappable
from workers.broker.queues import ISOLATE
from workers.ledger.pool import is_away
from workers.ledger.store import Claimed, LateSettle, Store
from workers.ledger.turns import Wish
from workers.spine import their_words
from workers.spine.limits import Health, resting
from workers.spine.outcomes import Dead, Delivered, Duplicate, Held, NotNeeded, Outcome, Retry, Sent
from workers.spine.policy import back_off, verdict
from workers.spine.settling import Attempt, Settlement, claim_some, settle_turn
from workers.spine.turn import LeaseOver, NotYet, Turn, within
from workers.spine.writing import write_together

log = structlog.get_logger(__name__)


MOST = 4  # messages a turn: more bring no more, and each is in doubt after a crash
QUICK = 0.05  # seconds: a partner that takes longer is given one message a turn
GOES_ON = frozenset({"delivered", "not_needed", "sent", "held"})


class NotAtPartner:
    """The partner does not have the reference."""


class Handler(Protocol):
    """What one kind of message does at one connection."""

    @property
    def repeatable(self) -> bool:
        """Whether pushing it twice has the effect of once. If not, the handler must be ``Doubtful``."""

    @property
    def refused(self) -> str:
        """The exception's kind when the partner refuses."""

    def write(self, message: Claimed) -> bytes | Outcome:
        """Gate and write: the bytes to freeze, or why it may not go. No network."""

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Send the frozen bytes. Raises what adapters raise."""


@runtime_checkable
class Doubtful(Handler, Protocol):
    """A handler whose push, sent again, could have a second effect: after a doubt it asks the partner first."""

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | NotAtPartner:
        """Ask the partner for the reference: what became of it, or NotAtPartner. Raises what adapters raise."""


class Reporter(Protocol):
    """Reports each message to Flower."""

    def started(self, message: Claimed) -> None:
        """A message was claimed."""

    def ended(self, message: Claimed, state: str, note: str, seconds: float) -> None:
        """A message was settled."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What a draining slot works with."""

    store: Store
    handler: Callable[[str, str, str], Handler]  # flow, connection, kind
    health: Health
    reporter: Reporter
    doubt_wait: Callable[[str], float]  # connection -> seconds until a first call must be over
    lease: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    dice: random.Random
    on_dead: Callable[[Claimed], None]
    stopping: Callable[[], bool]
    most: int = 1  # messages a turn, at a partner that answers quickly
    alive: Callable[[], bool] = lambda: True  # no: the fleet may count this process as dead, so it sends nothing


@dataclass(frozen=True, slots=True)
class after_sending:  # noqa: N801  used as a function; a generator costs an order more
    """Keep the doubt of calls that follow a sending: no error of theirs proves that nothing was done."""

    what: str

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise what a partner's error leaves in doubt."""
        if isinstance(error, ReachError):
            raise Unavailable(f"{self.what}: {error.what}", maybe_done=True, theirs=error.theirs) from error


def drain(slot: Slot, lane: str) -> int:
    """Work until nothing of the lane may go or the process is stopping. Returns how many messages were settled.

    At a partner that answers quickly several messages are claimed and settled together, ``slot.most`` at the most.
    They are sent one by one; after the first that does not simply go through the others are given back unsent.
    """
    done = 0
    quick: set[str] = set()
    paced: set[str] = set()  # connections that let a call wait for its rate token: one at a time
    most = 1 if lane == ISOLATE else slot.most  # only what dies alone is convicted
    ends = slot.clock() + slot.lease
    claimed = [] if _ending(slot) else claim_some(slot.store, Wish(lane, slot.lease, most))
    while claimed:
        attempts: list[Attempt] = []
        going, last = True, False
        claimed = write_together(slot.store, slot.handler, claimed)
        for number, message in enumerate(claimed):
            if not going:
                break
            began = slot.clock()
            slot.reporter.started(message)
            last = _ending(slot)
            settlement = _judged(slot, message, Turn(ends, slot.clock, slot.alive))
            seconds = slot.clock() - began
            if settlement is None:
                paced.add(message.connection)
                slot.reporter.ended(message, "waiting", "nothing was sent", seconds)
            else:
                attempts.append(Attempt(message, settlement, seconds))
            going = settlement is not None and settlement.state in GOES_ON
            (quick.add if going and seconds < QUICK else quick.discard)(message.connection)
            going = going and not last
            unsent = claimed[number + 1 :]
        ends = slot.clock() + slot.lease
        wish = Wish(lane, slot.lease, 0 if last else most, tuple(quick - paced))
        settled, claimed = settle_turn(slot.store, attempts, unsent, wish, slot.sleep)
        for attempt in settled:
            done += _report(slot, attempt)
    return done


def _ending(slot: Slot) -> bool:
    """Whether no further message may be begun: the process stops, or the fleet may count it as dead."""
    return slot.stopping() or not slot.alive()


def _report(slot: Slot, attempt: Attempt) -> bool:
    """Report a settled message. False for one that was taken away before."""
    if attempt.late:
        return False
    message, settlement = attempt.message, attempt.settlement
    slot.reporter.ended(message, settlement.state, settlement.note, attempt.seconds)
    if settlement.state == "dead":
        slot.on_dead(message)
    return True


def _judged(slot: Slot, message: Claimed, turn: Turn) -> Settlement | None:
    """The outcome of one attempt; None when it was stopped before anything was sent, and the message is given back."""
    try:
        with within(turn):
            return judge(slot, message, attempt(slot, message, turn))
    except NotYet as stopped:
        slot.store.give_back(message, stopped.seconds)
    except (LeaseOver, LateSettle) as stopped:
        log.warning("nothing was sent: the lease does not hold", message=message.task_id, why=type(stopped).__name__)
        slot.store.give_back(message)
    return None


def attempt(slot: Slot, message: Claimed, turn: Turn) -> Outcome:
    """One attempt at a message: look up first where there is a doubt, else write and push.

    Raises NotYet, LeaseOver or LateSettle when nothing of the message was handed over.
    """
    try:
        handler = slot.handler(message.flow, message.connection, message.kind)
        wire = _wire(slot, message, handler, turn)
        if not isinstance(wire, bytes):
            return wire
        turn.check()
        turn.sending = True
        outcome = _push(handler, message, wire, turn)
        slot.health.well(message.connection)
    except ReachError as error:
        return _after_error(slot, message, error, turn)
    except Unmappable as error:
        return Dead(error.kind, f"{error.field} {error.value!r}: {error.why}", maybe_done=turn.sending)
    except (NotYet, LeaseOver, LateSettle):
        raise
    except Exception as error:
        if is_away(error):
            what = f"the ledger was away: {type(error).__name__}"
            return Retry("crashed", what, counted=False, maybe_done=turn.sending)
        log.exception("a handler crashed", message=message.task_id)
        why = f"{type(error).__name__} in {message.flow} {message.kind}"
        return Retry("crashed", why, maybe_done=turn.sending)
    else:
        return outcome


def _wire(slot: Slot, message: Claimed, handler: Handler, turn: Turn) -> bytes | Outcome:
    """The bytes to push, frozen; or the outcome where none is needed."""
    if message.wire is None:
        written = handler.write(message)
        if isinstance(written, bytes):
            slot.store.freeze(message, written)
        return written
    if message.doubt_since is None or handler.repeatable:
        return message.wire
    if not isinstance(handler, Doubtful):
        return Dead("uncertain", "it may have arrived, and cannot be looked up: ask the partner", maybe_done=True)
    found = handler.look_up(message, message.wire)
    if not isinstance(found, NotAtPartner):
        return found
    if message.resends:
        return Dead("uncertain", "sent twice without an answer, and not to be found over there", maybe_done=True)
    slot.store.count_resend(message, 1)
    turn.resending = True
    return message.wire


def _push(handler: Handler, message: Claimed, wire: bytes, turn: Turn) -> Outcome:
    """Push. What is stopped between two calls of one push may have been done, unless pushing again is harmless."""
    before = turn.calls
    try:
        return handler.push(message, wire)
    except (NotYet, LeaseOver) as stopped:
        if handler.repeatable or turn.calls - before <= 1:
            raise
        raise Unavailable(f"stopped between two calls: {stopped}", maybe_done=True) from stopped


def _after_error(slot: Slot, message: Claimed, error: ReachError, turn: Turn) -> Outcome:
    maybe = error.maybe_done and turn.sending  # a look-up or a reading of facts does nothing over there
    if turn.resending and not maybe:
        slot.store.count_resend(message, -1)  # it surely did not leave
    kept = their_words.keeping(message, error.theirs)
    if isinstance(error, Throttled):
        wait = resting(error.retry_after)
        slot.health.told_to_wait(message.connection, wait)
        return Retry("throttled", error.what, wait=wait, counted=False, maybe_done=maybe, effects=kept)
    if isinstance(error, Rejected):
        slot.health.well(message.connection)  # it answers, and this message is what it does not want
        handler = slot.handler(message.flow, message.connection, message.kind)
        why = f"{error.symbol}: {error.what}" if error.symbol else error.what
        return Dead(handler.refused, their_words.pointed_at(why, error.theirs), maybe_done=maybe, effects=kept)
    if isinstance(error, Unauthorised):
        slot.health.failed(message.connection, error.kind, error.what, at_once=True)
        return Retry(error.kind, error.what, counted=False, maybe_done=maybe, wait=2.0, effects=kept)
    down = slot.health.failed(message.connection, error.kind, error.what)
    return Retry(error.kind, error.what, counted=not down, maybe_done=maybe, effects=kept)


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
            doubt = {} if maybe_done else {"maybe_sent": before}
            return Settlement("dead", why, {"error_kind": kind, **doubt}, effects)
        case Retry():
            return _retry(slot, message, outcome, before)


def _retry(slot: Slot, message: Claimed, outcome: Retry, before: str | None) -> Settlement:
    allowed = verdict(outcome.kind).retries
    doubt = slot.doubt_wait(message.connection) if outcome.maybe_done else 0.0
    args: dict[str, Any] = {"error_kind": outcome.kind}
    if not outcome.maybe_done:
        args["maybe_sent"] = before
    if outcome.counted and message.tries >= allowed:
        # a person's retry waits the doubt out as well
        return Settlement(
            "dead", f"{outcome.why} (given up after {message.tries + 1} tries)", args | {"wait": doubt}, outcome.effects
        )
    wait = outcome.wait if outcome.wait is not None else back_off(message.tries, slot.dice)
    tried = {"tried": 1 if outcome.counted else 0, "step": "tried", "wait": max(wait, doubt)}
    return Settlement("waiting", outcome.why, args | tried, outcome.effects)
