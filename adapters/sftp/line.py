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
    """The connections of one account. May be used from many threads; none shares another's connection."""

    def __init__(self, account: Account) -> None:
        """Connects to nothing yet."""
        self._account = account
        self._local = threading.local()

    @contextlib.contextmanager
    def operation(self, what: str) -> Iterator[Operation]:
        """An operation on this thread's connection, cut off at the deadline. What it raises is ours.

        After a plain refusal the connection is used again; after anything else the next operation opens another.
        """
        session: Session | None = getattr(self._local, "session", None)
        if session is None or not session.alive:
            self.hang_up()
            session = self._local.session = Session(self._account)
        watchdog = threading.Timer(self._account.deadline, session.cut)
        watchdog.daemon = True
        watchdog.start()
        operation: Operation | None = None
        try:
            operation = Operation(session, session.open())
            yield operation
        except RAISED as error:
            refusal = ours(error, what, session, doubtful=operation is not None and operation.doubtful)
            if not isinstance(refusal, Rejected):
                self.hang_up()
            raise refusal from error
        except Rejected:
            raise
        except BaseException:
            self.hang_up()
            raise
        finally:
            watchdog.cancel()

    def hang_up(self) -> None:
        """Ends this thread's connection, if there is one."""
        session: Session | None = self._local.__dict__.pop("session", None)
        if session is not None:
            session.close()
