"""One connection for each thread, a deadline for each operation, and what becomes of both after an error."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from paramiko import SFTPClient

from adapters.errors import Rejected
from adapters.sftp.account import Account
from adapters.sftp.refusals import RAISED, answered, ours
from adapters.sftp.session import Session


@dataclass
class Operation:
    """One attempt. ``doubtful`` is set while a request that has the effect is under way."""

    session: Session
    files: SFTPClient
    doubtful: bool = False

    def answered(self, error: Exception) -> bool:
        """Whether the server said no to this request, so that its effect is ruled out."""
        return answered(error, self.session)

    def remove(self, path: str) -> None:
        """Removes a file of ours; that the server says no, or has it no more, is no error."""
        try:
            self.files.remove(path)
        except OSError as error:
            if not self.answered(error):
                raise


class Line:
    """The connections of one account, handed on from thread to thread: as many are open as were ever needed at once."""

    def __init__(self, account: Account) -> None:
        """Connects to nothing yet."""
        self._account = account
        self._lock = threading.Lock()
        self._idle: list[Session] = []

    @contextlib.contextmanager
    def operation(self, what: str, *, one_file: bool = False) -> Iterator[Operation]:
        """An operation on a connection that nobody else uses, cut off at the deadline. What it raises is ours.

        ``one_file`` says that a bare failure speaks of this file alone, which others need not wait for.

        After a plain refusal the connection is used again; after anything else it is closed, and another opened when
        one is needed.
        """
        session, good = self._take(), False
        watchdog = threading.Timer(self._account.deadline, session.cut)
        watchdog.daemon = True
        watchdog.start()
        operation: Operation | None = None
        try:
            operation = Operation(session, session.open())
            yield operation
            good = True
        except RAISED as error:
            doubtful = operation is not None and operation.doubtful
            refusal = ours(error, what, session, doubtful=doubtful, one_file=one_file)
            good = isinstance(refusal, Rejected)
            raise refusal from error
        except Rejected:
            good = True
            raise
        finally:
            watchdog.cancel()
            self._give_back(session, good=good)

    def hang_up(self) -> None:
        """Ends every connection that nobody uses now."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _take(self) -> Session:
        """The connection that was used last, for that is the likeliest to stand; else a new one."""
        while True:
            with self._lock:
                session = self._idle.pop() if self._idle else None
            if session is None:
                return Session(self._account)
            if session.alive:
                return session
            session.close()

    def _give_back(self, session: Session, *, good: bool) -> None:
        if good and session.alive:
            with self._lock:
                self._idle.append(session)
        else:
            session.close()
