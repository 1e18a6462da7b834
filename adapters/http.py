"""One HTTP exchange with a total deadline, and the only place that turns urllib3's errors into ours.

urllib3's time-outs bound one read, not a body that drips; so bodies are read streamed against a
monotonic clock. Nothing here loops or retries: that is the ledger's business. It is urllib3 without
``requests`` around it, because that costs half a millisecond of CPU a call (``make bench``).
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

from adapters.errors import Garbled, Throttled, Unauthorised, Unavailable

MAX_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the headers (names in lower case) and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """A pool of connections for each thread: nothing of a connection is ever shared."""

    def __init__(
        self,
        *,
        connect_timeout: float = 10.0,
        deadline: float = 30.0,
        verify: bool | str = True,
        auth: tuple[str, str] | None = None,
        adapter: HTTPAdapter | None = None,
    ) -> None:
        """``deadline`` bounds the whole exchange in seconds; ``verify`` is as in ``requests``.

        ``adapter`` brings its pool's options to https, for example a certificate's fingerprint.
        """
        self.connect_timeout = connect_timeout
        self.deadline = deadline
        self._trust = {**(adapter.poolmanager.connection_pool_kw if adapter else {}), **_trust(verify)}
        self._headers = {"User-Agent": "khaos-fleet", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
        if auth is not None:
            self._headers |= urllib3.make_headers(basic_auth=":".join(auth))
        self._local = threading.local()

    def _pool(self) -> urllib3.PoolManager:
        pool: urllib3.PoolManager | None = getattr(self._local, "pool", None)
        if pool is None:
            pool = self._local.pool = urllib3.PoolManager(**self._trust)
        return pool

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
            answer = self._pool().urlopen(
                method,
                url,
                headers={**self._headers, **(headers or {})},
                body=body,
                preload_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=self.connect_timeout, read=max(0.05, ends - time.monotonic())),
            )
        except exceptions.SSLError as error:
            raise Unavailable(f"TLS with {_host(url)} failed: {_brief(error)}") from error
        except exceptions.ConnectTimeoutError as error:
            raise Unavailable(f"{_host(url)} did not accept a connection in {self.connect_timeout:g} s") from error
        except exceptions.NewConnectionError as error:
            raise Unavailable(f"{_host(url)}: {_brief(error)}") from error
        except exceptions.HTTPError as error:
            raise Unavailable(f"{_host(url)}: {_brief(error)}", maybe_done=True) from error
        whole = self._read(answer, url, ends)
        return _judge(Reply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, whole), url)

    @staticmethod
    def _read(answer: urllib3.BaseHTTPResponse, url: str, ends: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        whole = False
        try:
            for chunk in answer.stream(65536, decode_content=True):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BODY:
                    raise Garbled(f"{_host(url)} sent more than {MAX_BODY} bytes")
                if time.monotonic() > ends:
                    raise Unavailable(f"{_host(url)} had not finished its answer at the deadline", maybe_done=True)
            whole = True
        except exceptions.HTTPError as error:
            raise Unavailable(f"{_host(url)} broke off its answer: {_brief(error)}", maybe_done=True) from error
        finally:
            if not whole:
                answer.close()
            answer.release_conn()
        promised = answer.headers.get("Content-Length")
        if promised is not None and "Content-Encoding" not in answer.headers and int(promised) != size:
            raise Garbled(f"{_host(url)} promised {promised} bytes and sent {size}")
        return b"".join(chunks)


def _trust(verify: bool | str) -> dict[str, Any]:
    """Whom to believe, in urllib3's words: public authorities, a file or folder of certificates, or anyone."""
    if verify is False:
        return {"cert_reqs": "CERT_NONE"}
    bundle = DEFAULT_CA_BUNDLE_PATH if verify is True else verify
    return {"cert_reqs": "CERT_REQUIRED", "ca_cert_dir" if Path(bundle).is_dir() else "ca_certs": bundle}


def _judge(reply: Reply, url: str) -> Reply:
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorised(f"{_host(url)} refused our credentials (HTTP 401)")
    told = retry_after(reply.headers)
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS or (
        reply.status == HTTPStatus.SERVICE_UNAVAILABLE and told is not None
    ):
        raise Throttled(f"{_host(url)} asked us to wait (HTTP {reply.status})", retry_after=told)
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR and b":Fault" not in reply.body[:4096]:
        raise Unavailable(f"{_host(url)} answered HTTP {reply.status}", maybe_done=True)
    return reply


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header given as a number; None for none or a date."""
    value = headers.get("retry-after", "").strip()
    return float(value) if value.isdigit() else None


def _host(url: str) -> str:
    return url.split("//", 1)[-1].split("/", 1)[0].rpartition("@")[2]


def _brief(error: Exception) -> str:
    """The kind of failure without the URL: a URL may carry a token. urllib3 keeps the cause as its last argument."""
    cause = error.args[-1] if error.args else None
    return type(cause).__name__ if isinstance(cause, Exception) else type(error).__name__
