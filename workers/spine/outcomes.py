"""The closed set of outcomes of an attempt. A handler returns one of these; there is no other way out."""

from __future__ import annotations

from dataclasses import dataclass

from workers.ledger.store import Effect


@dataclass(frozen=True, slots=True)
class Delivered:
    """It has had its effect, and we know."""

    note: str = ""
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """It had had its effect already: proven by looking it up."""

    note: str
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """There is nothing to do any more, and nothing was done."""

    note: str
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """Pushed; the proof is outstanding and must come within so many seconds."""

    proof: str
    within: float
    note: str = ""
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """It may not go yet: named gates hold it."""

    gates: tuple[str, ...]
    note: str = ""
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """Again later. ``wait`` in seconds, or None for the back-off of its kind.

    ``counted`` is false for what says nothing about the message: a partner's wait, a connection that is
    down. ``maybe_done`` keeps the doubt.
    """

    kind: str
    why: str
    wait: float | None = None
    counted: bool = True
    maybe_done: bool = False
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Dead:
    """A person must act. ``kind`` has an owner and a runbook section in ``policy``."""

    kind: str
    why: str
    maybe_done: bool = False
    effects: tuple[Effect, ...] = ()


Outcome = Delivered | Duplicate | NotNeeded | Sent | Held | Retry | Dead
