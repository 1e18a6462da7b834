"""The moments at which a process may die or something else may happen: each call, each word to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import ClassVar
from weakref import WeakKeyDictionary

from workers.ledger.store import Connection, Store
from workers.simulator.clock import CLOCK
from workers.simulator.ledger import AT, AT_ANEW


class Died(BaseException):
    """The process was killed: nothing of it may catch this."""


class Moments:
    """Counts down to the one moment at which ``then`` happens."""

    def __init__(self) -> None:
        self._left = -1
        self._calls_only = False
        self._effect_at = ""
        self._then: Callable[[], None] = _nothing
        self.seen = 0

    def expect(self, number: int, then: Callable[[], None], *, calls_only: bool) -> None:
        """Let ``then`` happen at the moment with this number; ``calls_only`` counts partners' calls alone."""
        self._left, self._then, self._calls_only = number, then, calls_only

    def expect_effect(self, host: str, then: Callable[[], None]) -> None:
        """Let ``then`` happen right after the next call to ``host`` that changed something there."""
        self._effect_at, self._then = host, then

    def forget(self) -> bool:
        """Nothing is expected any more. Whether it had happened."""
        happened = self._left == 0
        self._left, self._effect_at = -1, ""
        return happened

    def call_begins(self, _host: str, *, writes: bool) -> None:
        """A call to a partner begins."""
        self._pass()

    def call_ended(self, host: str, *, writes: bool) -> None:
        """A call to a partner was answered."""
        self._pass()
        if writes and host == self._effect_at:
            self._effect_at = ""
            self._then()

    def word(self) -> None:
        """A word to the ledger begins or has been committed."""
        if not self._calls_only:
            self._pass()

    def _pass(self) -> None:
        self.seen += 1
        if self._left > 0:
            self._left -= 1
            if self._left == 0:
                self._then()


def _nothing() -> None:
    """Nothing happens."""


def die() -> None:
    """The process dies at this very moment."""
    raise Died


class WatchedStore(Store):
    """A door to the ledger whose every word is a moment.

    Its connections lie in a pile, and the uppermost is lent: mostly the same one, which has planned the statements
    and knows what time it is.
    """

    moments: Moments | None = None
    began: ClassVar[datetime | None] = None  # the moment whose microseconds are counted

    def __init__(self, dsn: str, *, size: int, application: str) -> None:
        """As the fleet's own."""
        super().__init__(dsn, size=size, application=application)
        self._lending = ExitStack()
        self._pile: list[Connection] = []
        self._shown: WeakKeyDictionary[Connection, datetime] = WeakKeyDictionary()

    def close(self) -> None:
        """Give the connections back."""
        self._lending.close()
        super().close()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """As the fleet's own."""
        if self.moments is not None:
            self.moments.word()
        connection = self._pile.pop() if self._pile else self._open()
        try:
            if self._shown.get(connection) != CLOCK.at:
                self._tell_time(connection)
            yield connection
        except BaseException:
            connection.rollback()
            raise
        finally:
            self._pile.append(connection)
        if self.moments is not None:
            self.moments.word()

    def _open(self) -> Connection:
        """One more, which plans each statement once."""
        connection = self._lending.enter_context(super().connection())
        connection.prepare_threshold, connection.prepared_max = 0, None
        return connection

    def _tell_time(self, connection: Connection) -> None:
        words = AT if WatchedStore.began == CLOCK.at else AT_ANEW
        connection.pgconn.exec_(words.format(CLOCK.at.isoformat()).encode())
        self._shown[connection] = WatchedStore.began = CLOCK.at
