"""One HTTP call of the sandbox as a client, in a thread of its own so that the server keeps answering."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import requests

TIMEOUT = 30.0  # of the courier hook, as the reference assumes; the channel waits no longer
OK = 200
NOBODY = 0  # the status of a call that was not answered


@dataclass(frozen=True)
class Answer:
    """What came back; ``status`` 0 with an ``error`` when nothing did."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""


async def call(
    method: str,
    url: str,
    *,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """The answer, whatever it is. The thread is a daemon, so that a silent partner keeps no process alive."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Answer] = loop.create_future()

    def settle(answer: Answer) -> None:
        if not future.done():
            future.set_result(answer)

    def run() -> None:
        answer = _exchange(method, url, auth, headers or {}, body)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, answer)

    threading.Thread(target=run, daemon=True).start()
    return await future


def _exchange(
    method: str, url: str, auth: tuple[str, str] | None, headers: Mapping[str, str], body: bytes | None
) -> Answer:
    try:
        with requests.Session() as session:
            session.trust_env = False  # neither proxies nor a .netrc of whoever runs the sandbox
            reply = session.request(
                method, url, auth=auth, headers=dict(headers), data=body, timeout=TIMEOUT, allow_redirects=False
            )
            return Answer(reply.status_code, reply.headers, reply.content)
    except (requests.RequestException, ValueError) as error:
        return Answer(NOBODY, error=f"{url}: {type(error).__name__}")
