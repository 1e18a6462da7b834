"""The turn of a message: its lease is looked at right before bytes leave, and nothing sleeps long while it is held.

A handler paces each of its calls (``limits.Tokens.wait``). Within a turn that is where a call is stopped: when the
lease is over, when the process may count as dead by now, or when the first call of the turn finds no rate token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class NotYet(Exception):
    """No rate token is due. Nothing was sent; ``seconds`` until one is."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the connection's next call is due in {seconds:.1f} s")
        self.seconds = seconds


class LeaseOver(Exception):
    """The message may be somebody else's by now: the call that was about to be made was not made."""


@dataclass(slots=True)
class Turn:
    """One attempt at a message: its lease, and the calls that it made. ``ends`` is the lease's end by ``clock``."""

    ends: float
    clock: Callable[[], float]
    alive: Callable[[], bool]
    calls: int = 0
    sending: bool = False  # from here on bytes may have been handed over
    resending: bool = False

    def check(self) -> None:
        """Raise LeaseOver when nothing may be sent any more."""
        if self.clock() >= self.ends or not self.alive():
            raise LeaseOver


_current: ContextVar[Turn | None] = ContextVar("turn", default=None)


def current() -> Turn | None:
    """Return the turn that this thread is in; None outside of one, as in a poll."""
    return _current.get()


@contextmanager
def within(turn: Turn) -> Iterator[None]:
    """Make a turn the current one while the block lasts."""
    token = _current.set(turn)
    try:
        yield
    finally:
        _current.reset(token)
