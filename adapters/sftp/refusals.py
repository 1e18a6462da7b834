"""What paramiko's many errors mean, in the words of ``adapters.errors``."""

from __future__ import annotations

import errno
import struct

from paramiko import AuthenticationException, ChannelException, SFTPError, SSHException
from paramiko.ssh_exception import IncompatiblePeer

from adapters.errors import Garbled, ReachError, Rejected, Throttled, Unauthorised, Unavailable
from adapters.sftp.session import NO_MORE_AUTH_METHODS, Session

RAISED = (SSHException, SFTPError, OSError, EOFError, UnicodeDecodeError, struct.error)
RESOURCE_SHORTAGE = 4  # RFC 4254 section 5.1
LONGEST = 120


def answered(error: Exception, session: Session) -> bool:
    """Whether the server said no to this one request, and the connection is as good as before."""
    return isinstance(error, OSError) and not isinstance(error, TimeoutError) and session.alive


def ours(error: Exception, what: str, session: Session, *, doubtful: bool, one_file: bool = False) -> ReachError:
    """One of RAISED as our error. ``doubtful``: the request that may have its effect was under way.

    A server that is full is Throttled, a refused key Unauthorised; a missing file or folder and a missing
    right are Rejected (``missing``, ``permission``). A bare "failure", which is all that SFTP version 3 has for
    a full disk, is Unavailable and not done; with ``one_file`` it is Rejected (``failure``).
    """
    account = session.account
    at = f"{account.host}: {what}"
    heard = session.heard
    if session.late:
        return Unavailable(f"{at}: not finished within {account.deadline:g} s", maybe_done=doubtful)
    if not doubtful and ((heard and heard.full) or getattr(error, "code", None) == RESOURCE_SHORTAGE):
        return Throttled(f"{at}: the server has too many connections; lower the connection's concurrency")
    if isinstance(error, AuthenticationException):
        return _login(error, at, session)
    if isinstance(error, IncompatiblePeer) and "host key" in str(error):
        return Unauthorised(
            f"{at}: the server shows no host key of the pinned type: ask the partner for its key, and set host_key"
        )
    if answered(error, session):
        return _answer(error, at, one_file=one_file)
    if isinstance(error, UnicodeDecodeError | SFTPError | struct.error):
        return Garbled(f"{at}: the server's answer cannot be read ({type(error).__name__})", maybe_done=doubtful)
    return Unavailable(f"{at}: {_brief(error)}", maybe_done=doubtful)


def _login(error: AuthenticationException, at: str, session: Session) -> ReachError:
    heard = session.heard
    broken = "timeout" in str(error) or "shut down" in str(error)
    if broken and not (heard and heard.code == NO_MORE_AUTH_METHODS):
        return Unavailable(f"{at}: the connection broke during the login")
    return Unauthorised(
        f"{at}: the key of {session.account.user} was refused: have the partner install its public part, or set user"
        " and private_key"
    )


def _answer(error: Exception, at: str, *, one_file: bool) -> ReachError:
    match getattr(error, "errno", None):
        case errno.ENOENT:
            return Rejected(f"{at}: is not there; have the partner make the folder, or correct it", symbol="missing")
        case errno.EACCES:
            return Rejected(f"{at}: not allowed; have the partner give the account the right", symbol="permission")
    if one_file:
        why = "somebody may have it open over there; if it stays so, ask the partner"
        return Rejected(f"{at}: the server answered with a failure: {why}", symbol="failure", theirs=str(error))
    return Unavailable(f"{at}: the server answered with a failure; the disk may be full", theirs=str(error))


def _brief(error: Exception) -> str:
    if isinstance(error, ChannelException):
        return "the server opens no SFTP channel"
    return f"{type(error).__name__} {str(error)[:LONGEST]}".strip()
