"""One HTTP exchange with a total deadline, and the only place that turns a library's errors into ours.

Nothing here loops or retries: that is the ledger's business.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import exceptions

from adapters import bounded
from adapters.errors import Garbled, ReachError, Throttled, TooLong, Unauthorised, Unavailable
from adapters.exchange import MAX_BODY, Connections, TooLarge
from adapters.faults import holds_fault
from adapters.waiting import LONGEST_WAIT, requested_wait, retry_after

POOLED = frozenset({"maxsize", "block"})  # options of a pool, not of its connections
SENSELESS = (
    exceptions.DecodeError,
    exceptions.InvalidHeader,
    exceptions.InvalidChunkLength,
    exceptions.HeaderParsingError,
)

__all__ = ["MAX_BODY", "Http", "Reply", "is_nobodys", "retry_after"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the headers (names in lower case) and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


NO_SUCH_ADDRESS = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE})


def is_nobodys(reply: Reply) -> bool:
    """Whether a web server alone answered that there is no such address, with a page for people: its service is away.

    An answer of the service itself, that it has no such thing, is no page.
    """
    return reply.status in NO_SUCH_ADDRESS and b"<html" in reply.body[:2000].lower()


class Http:
    """Connections for each thread: nothing of a connection is ever shared."""

    def __init__(
        self,
        *,
        connect_timeout: float = 10.0,
        deadline: float = 30.0,
        verify: bool | str = True,
        auth: tuple[str, str] | None = None,
        adapter: HTTPAdapter | None = None,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        """``deadline`` bounds the whole exchange in seconds; ``verify`` is as in ``requests``.

        ``longest_wait`` is how many seconds a partner may make us wait, whatever it asks for.

        ``adapter`` brings its connections' options to https, for example a certificate's fingerprint.
        """
        self.connect_timeout = connect_timeout
        self.deadline = deadline
        self.longest_wait = longest_wait
        pinned = adapter.poolmanager.connection_pool_kw if adapter else {}
        self._trust = {**{key: value for key, value in pinned.items() if key not in POOLED}, **_trust(verify)}
        self._headers = {"User-Agent": "khaos-fleet", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
        if auth is not None:
            self._headers |= urllib3.make_headers(basic_auth=":".join(auth))
        self._local = threading.local()

    def _connections(self) -> Connections:
        kept: Connections | None = getattr(self._local, "connections", None)
        if kept is None:
            kept = self._local.connections = Connections(self._trust)
        return kept

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline: float | None = None,
    ) -> Reply:
        """Send and read the answer within ``deadline`` seconds (the client's own by default).

        Returns every answer that is whole, 4xx and SOAP faults included, except 401 (Unauthorised), 429 and a
        503 with Retry-After (Throttled, the latter perhaps done) and other 5xx (Unavailable, perhaps done). Whatever
        else happens is Unavailable, or Garbled where the answer makes no sense: ``maybe_done`` when part of the
        request had left.
        """
        seconds = deadline or self.deadline
        ends = time.monotonic() + seconds
        bounded.begin(ends)
        try:
            said = {**self._headers, **(headers or {})}
            connect = min(self.connect_timeout, max(0.05, seconds))
            reply = Reply(*self._connections().exchange(method, url, said, body, connect))
        except TooLarge:
            raise TooLong(f"{_host(url)} sent more than {MAX_BODY} bytes") from None
        except Exception as error:  # whatever a library makes of their bytes, only ours leave
            raise _ours(error, url, self.connect_timeout, late=time.monotonic() >= ends) from error
        return _judge(reply, url, self.longest_wait)


def _ours(error: Exception, url: str, connect_timeout: float, *, late: bool) -> ReachError:
    host, sent = _host(url), bounded.sent()
    if late and sent:
        return Unavailable(f"{host} had not finished its answer at the deadline", maybe_done=True)
    if isinstance(error, exceptions.SSLError) and not sent:
        return Unavailable(f"TLS with {host} failed: {_brief(error)}")
    if isinstance(error, exceptions.ConnectTimeoutError):
        return Unavailable(f"{host} did not accept a connection in {connect_timeout:g} s", maybe_done=sent)
    if (
        isinstance(error, SENSELESS)
        or isinstance(_cause(error), SENSELESS)
        or (sent and not isinstance(error, (exceptions.HTTPError, OSError)))
    ):
        return Garbled(f"{host} answered what is no HTTP: {_brief(error)}", maybe_done=sent)
    return Unavailable(f"{host}: {_brief(error)}", maybe_done=sent)


def _trust(verify: bool | str) -> dict[str, Any]:
    """Whom to believe, in urllib3's words: public authorities, a file or folder of certificates, or anyone."""
    if verify is False:
        return {"cert_reqs": "CERT_NONE"}
    bundle = DEFAULT_CA_BUNDLE_PATH if verify is True else verify
    return {"cert_reqs": "CERT_REQUIRED", "ca_cert_dir" if Path(bundle).is_dir() else "ca_certs": bundle}


def _judge(reply: Reply, url: str, longest_wait: float) -> Reply:
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorised(f"{_host(url)} refused our credentials (HTTP 401)")
    requested = requested_wait(reply.headers)
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS or (
        reply.status == HTTPStatus.SERVICE_UNAVAILABLE and requested is not None
    ):
        too_long = requested is not None and requested > longest_wait
        more = f" for {requested:.0f} s, of which we wait {longest_wait:g}" if too_long else ""
        wait = None if requested is None else min(requested, longest_wait)
        raise Throttled(
            f"{_host(url)} asked us to wait{more} (HTTP {reply.status})",
            retry_after=wait,
            # a gateway that gave up on its server says 503 as well: Varnish with "Retry-After: 5"
            maybe_done=reply.status == HTTPStatus.SERVICE_UNAVAILABLE,
        )
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not holds_fault(reply.body):
        raise Unavailable(f"{_host(url)} answered HTTP {reply.status}", maybe_done=True, answered=True)
    return reply


def _host(url: str) -> str:
    return url.split("//", 1)[-1].split("/", 1)[0].rpartition("@")[2]


def _cause(error: Exception) -> Exception | None:
    """urllib3 keeps what it wrapped as its last argument."""
    last = error.args[-1] if error.args else None
    return last if isinstance(last, Exception) else None


def _brief(error: Exception) -> str:
    """The kind of failure without the URL: a URL may carry a token."""
    return type(_cause(error) or error).__name__
