"""One HTTP exchange with a total deadline, and the only place that turns requests' errors into ours.

``requests`` time-outs bound one read, not a body that drips; so bodies are read streamed against a
monotonic clock. Nothing here loops or retries: that is the ledger's business.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from adapters.errors import Garbled, Throttled, Unauthorised, Unavailable

MAX_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the headers (names in lower case) and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """A pool of sessions, one per thread (sessions must not be shared: psf/requests#4323)."""

    def __init__(
        self,
        *,
        connect_timeout: float = 10.0,
        deadline: float = 30.0,
        verify: bool | str = True,
        auth: tuple[str, str] | None = None,
        adapter: HTTPAdapter | None = None,
    ) -> None:
        """``deadline`` bounds the whole exchange in seconds; ``verify`` is as in ``requests``."""
        self.connect_timeout = connect_timeout
        self.deadline = deadline
        self._verify = verify
        self._auth = auth
        self._adapter = adapter
        self._local = threading.local()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.verify = self._verify
            session.auth = self._auth
            if self._adapter is not None:
                session.mount("https://", self._adapter)
            self._local.session = session
        return session

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

        Returns every answer that is whole, 4xx included, except 401 (Unauthorised), 429 and a 503
        with Retry-After (Throttled) and other 5xx (Unavailable, perhaps done). A failure before
        the request left is ``maybe_done=False``; any later one is ``maybe_done=True``.
        """
        ends = time.monotonic() + (deadline or self.deadline)
        try:
            answer = self._session().request(
                method,
                url,
                headers=dict(headers or {}),
                data=body,
                stream=True,
                allow_redirects=False,
                timeout=(self.connect_timeout, max(0.05, ends - time.monotonic())),
            )
        except requests.exceptions.SSLError as error:
            raise Unavailable(f"TLS with {_host(url)} failed: {_brief(error)}") from error
        except requests.exceptions.ConnectTimeout as error:
            raise Unavailable(f"{_host(url)} did not accept a connection in {self.connect_timeout:g} s") from error
        except requests.exceptions.ConnectionError as error:
            never_sent = "NewConnectionError" in repr(error) or "refused" in repr(error)
            raise Unavailable(f"{_host(url)}: {_brief(error)}", maybe_done=not never_sent) from error
        except requests.exceptions.RequestException as error:
            raise Unavailable(f"{_host(url)}: {_brief(error)}", maybe_done=True) from error
        whole = self._read(answer, url, ends)
        return _judge(Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, whole), url)

    @staticmethod
    def _read(answer: requests.Response, url: str, ends: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            for chunk in answer.iter_content(65536):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BODY:
                    raise Garbled(f"{_host(url)} sent more than {MAX_BODY} bytes")
                if time.monotonic() > ends:
                    raise Unavailable(f"{_host(url)} had not finished its answer at the deadline", maybe_done=True)
        except requests.exceptions.RequestException as error:
            raise Unavailable(f"{_host(url)} broke off its answer: {_brief(error)}", maybe_done=True) from error
        finally:
            answer.close()
        promised = answer.headers.get("Content-Length")
        if promised is not None and "Content-Encoding" not in answer.headers and int(promised) != size:
            raise Garbled(f"{_host(url)} promised {promised} bytes and sent {size}")
        return b"".join(chunks)


def _judge(reply: Reply, url: str) -> Reply:
    if reply.status == requests.codes.unauthorized:
        raise Unauthorised(f"{_host(url)} refused our credentials (HTTP 401)")
    told = retry_after(reply.headers)
    if reply.status == requests.codes.too_many_requests or (
        reply.status == requests.codes.service_unavailable and told is not None
    ):
        raise Throttled(f"{_host(url)} asked us to wait (HTTP {reply.status})", retry_after=told)
    if reply.status >= requests.codes.internal_server_error and b":Fault" not in reply.body[:4096]:
        raise Unavailable(f"{_host(url)} answered HTTP {reply.status}", maybe_done=True)
    return reply


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header given as a number; None for none or a date."""
    value = headers.get("retry-after", "").strip()
    return float(value) if value.isdigit() else None


def _host(url: str) -> str:
    return url.split("//", 1)[-1].split("/", 1)[0].rpartition("@")[2]


def _brief(error: Any) -> str:
    """The kind of failure without the URL: a URL may carry a token."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason or error).__name__
