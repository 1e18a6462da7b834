"""Polls: calls that store records, and the cursors that say how far they got."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from adapters.errors import Garbled, ReachError, Rejected, Unavailable
from workers.spine import exceptions, their_words
from workers.spine.limits import poll_slot
from workers.spine.runtime import Runtime
from workers.spine.turn import NotYet

ORDERS_A_CALL = 15


SHOWN_A_CALL = 50
TOO_MANY = 20  # units that fail one after the other: that is the partner, not the units
BROKEN = 8  # calls that are answered with an HTTP 5xx one after the other: the same


class Busy(Exception):
    """The connection is shut, or had no call slot free in time: the next turn asks again."""


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Slices of ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def call(runtime: Runtime, connection: str, what: str, ask: Any) -> Any:
    """One call of a poll, at the connection's rate and inside one of its slots. Raises Busy, or what adapters raise.

    The rate is waited for first: nobody else's call waits meanwhile.
    """
    try:
        runtime.pace(connection)
    except NotYet as error:
        raise Busy(f"{connection} is too busy for {what}: {error}") from error
    with poll_slot(runtime.store, connection, what, runtime.lease) as taken:
        if not taken:
            runtime.tokens.give_back(connection)
            raise Busy(f"{connection} is shut or has no free slot for {what}")
        return ask()


def read_facts(runtime: Runtime, connection: str) -> None:
    """Read a connection's reference data, in a slot like every other call."""
    call(runtime, connection, "reference data", lambda: runtime.read_facts(connection))


def now(runtime: Runtime) -> datetime:
    """This moment of the ledger's clock, which cursors never pass."""
    row = runtime.store.row("select clock_timestamp() as at")
    assert row is not None
    at: datetime = row["at"]
    return at


@dataclass(slots=True)
class Failures:
    """Calls that failed one after the other, and the codes at which their server broke."""

    alone: int = 0
    broken: int = 0
    answered: bool = False
    breaking: list[tuple[str, Unavailable]] = field(default_factory=list)

    def count(self, error: ReachError, *, alone: bool) -> None:
        """Count a failure. Raises it when it speaks of the partner and not of what was asked for."""
        if isinstance(error, Unavailable):
            self.broken += 1
            if not error.answered or self.broken >= BROKEN:
                raise error
        elif alone:
            self.alone += 1
            if self.alone >= TOO_MANY:
                raise error

    def over(self) -> None:
        """The partner answered."""
        self.alone, self.broken, self.answered = 0, 0, True


@dataclass(frozen=True, slots=True)
class Units:
    """What a poll asks for by code, many to a call: where, for which flow, and what one of them is."""

    runtime: Runtime
    connection: str
    flow: str
    what: str  # "order" or "product"
    size: int

    def fetch(
        self,
        codes: Sequence[str],
        ask: Callable[[Sequence[str]], Any],
        calling: Callable[[Callable[[], Any]], Any] | None = None,
    ) -> Iterator[tuple[Sequence[str], Any]]:
        """Ask for codes; yields what was asked for in each call, with its answer.

        A call that is refused, that breaks their server (HTTP 5xx) or whose answer makes no sense is made again for
        each half of its codes. The one code that is left stands in the exception table, and the others go their way.
        Raises the error when too many in a row fail: then it speaks of the partner. ``calling`` makes a call in a slot
        that the caller has already.
        """
        calling = calling or partial(call, self.runtime, self.connection, f"{self.what}s")
        waiting, failures = deque(chunks(codes, self.size)), Failures()
        while waiting:
            some = waiting.popleft()
            try:
                answer = calling(partial(ask, some))
            except (Garbled, Rejected, Unavailable) as error:
                failures.count(error, alone=len(some) == 1)
                if half := len(some) // 2:
                    waiting.extendleft((some[half:], some[:half]))
                elif isinstance(error, Unavailable):
                    failures.breaking.append((some[0], error))
                else:
                    self.not_exported(some[0], error.what, error.theirs)
            else:
                failures.over()
                yield some, answer
        if failures.answered or len(codes) == 1:  # else nobody knows which of them it is, or whether it is any
            for code, why in failures.breaking:
                self.not_exported(code, why.what, why.theirs)
        if failures.breaking and not failures.answered:
            raise failures.breaking[-1][1]

    def not_exported(self, code: str, why: str, theirs: str = "") -> None:
        """File that a code cannot be had from its partner; ``theirs`` is what the partner wrote."""
        their_words.keep(
            self.runtime.store.run, theirs, story=code, subject=self._subject(code), connection=self.connection
        )
        exceptions.file(
            self.runtime.store.run,
            "not_exported",
            subject=self._subject(code),
            story=code,
            flow=self.flow,
            connection=self.connection,
            why=their_words.pointed_at(f"{self.connection}, {self.what} {code}: {why}", theirs),
            once=exceptions.Once.WHILE_OPEN,
        )

    def only_these_fail(self, codes: Sequence[str]) -> None:
        """Close what stands open of every other code: it can be had, or nobody asks for it any more."""
        exceptions.close_all(
            self.runtime.store.run,
            "e.kind = 'not_exported' and starts_with(e.subject, %s) and e.subject <> all (%s)",
            self._subject(""),
            self.subjects(codes),
            why=f"{self.connection} shows it again, or it is not asked for any more",
        )

    def exported(self, codes: Sequence[str]) -> None:
        """Close what stands open of codes that can be had."""
        exceptions.close_all(
            self.runtime.store.run,
            "e.kind = 'not_exported' and e.subject = any (%s)",
            self.subjects(codes),
            why=f"{self.connection} exports it again",
        )

    def owed(self) -> list[str]:
        """Codes that could not be had and that nobody has dismissed: they are asked for again."""
        rows = self.runtime.store.rows(
            "select story from exception where kind = 'not_exported' and state = 'open' and connection = %s"
            " and flow = %s and subject like %s order by story",
            self.connection,
            self.flow,
            self._subject("%"),
        )
        return [row["story"] for row in rows]

    def subjects(self, codes: Iterable[str]) -> list[str]:
        """The exceptions' subjects of some codes."""
        return [self._subject(code) for code in codes]

    def _subject(self, code: str) -> str:
        return f"export:{self.connection}:{self.what}:{code}"


def receipt(body: bytes) -> str:
    """The receipt key of a body that carries none: its hash."""
    return hashlib.sha256(body).hexdigest()
