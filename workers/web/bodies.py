"""How a body is taken from a caller: whole, within a size and a time, or not at all."""

from __future__ import annotations

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect

MAX_BODY = 1024 * 1024  # bytes, unless a door needs more
BODY_PATIENCE = 20.0  # seconds for the whole body to arrive


class Unacceptable(Exception):
    """A body that is not taken; ``status`` is the answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


async def read_body(request: Request, *, largest: int = MAX_BODY, patience: float = BODY_PATIENCE) -> bytes:
    """The whole body. Raises Unacceptable: 413 above ``largest`` bytes, 408 when it drips, 400 when it breaks off."""
    promised = request.headers.get("content-length", "")
    if promised.isascii() and promised.isdigit() and int(promised[:12]) > largest:
        raise Unacceptable(413, "too large")
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.stream():
                size += len(chunk)
                if size > largest:
                    raise Unacceptable(413, "too large")
                chunks.append(chunk)
    except TimeoutError:
        raise Unacceptable(408, "too slow") from None
    except ClientDisconnect:
        raise Unacceptable(400, "broken off") from None
    return b"".join(chunks)
