"""Redis as kombu reaches it, with a guarded decode: an item that is no message would end the worker.

Kombu decodes what BRPOP returns outside any handler (kombu 5.7, ``Channel._brpop_read``); measured, an
undecodable list item makes a worker exit. Here such an item is handed to ``on_poison`` and skipped.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from kombu import transport as kombu_transport
from kombu.transport import redis as kombu_redis

on_poison: list[Callable[[str, str, bytes], None]] = []  # called with queue, kind of exception, bytes


def is_message(item: bytes) -> bool:
    """True when kombu can make a message of it."""
    try:
        read = json.loads(item)
        properties = read["properties"]
        return (
            isinstance(read["body"], str)
            and isinstance(read.get("headers", {}), dict)
            and "compression" not in read.get("headers", {})  # a bell is short: whoever packs one means to fill us
            and isinstance(properties["delivery_tag"], str)
            and isinstance(properties["delivery_info"], dict)
            and _is_call(read["body"], properties.get("body_encoding"), read.get("headers") or {})
        )
    except (ValueError, KeyError, TypeError, RecursionError, LookupError):
        return False


def _is_call(body: str, encoding: Any, headers: dict[str, Any]) -> bool:
    """True when Celery can make a call of the body: its arguments, its keywords and its embedding (protocol 2)."""
    if encoding not in {None, "base64"}:
        return False
    raw = base64.b64decode(body, validate=True) if encoding == "base64" else body.encode()
    if "task" not in headers:
        return True  # no task of Celery's: its consumer hands that to ``on_unknown_message``
    call = json.loads(raw)
    limits = headers.get("timelimit") or [None, None]
    return isinstance(call, list) and [type(part) for part in call] == [list, dict, dict] and isinstance(limits, list)


class Channel(kombu_redis.Channel):  # type: ignore[misc]
    """A channel whose reads are looked at before they are decoded."""

    def _create_client(self, asynchronous: bool = False) -> Any:
        client = super()._create_client(asynchronous=asynchronous)
        if not asynchronous:
            return client
        parse = client.parse_response

        def guarded(connection: Any, command: str, **options: Any) -> Any:
            answer = parse(connection, command, **options)
            if command == "BRPOP" and answer and not is_message(answer[1]):
                queue = answer[0].decode() if isinstance(answer[0], bytes) else answer[0]
                raw = answer[1] if isinstance(answer[1], bytes) else str(answer[1]).encode()
                for keep in on_poison:
                    keep(queue.rsplit(self.sep, 1)[0], "poison", raw)
                return None
            return answer

        client.parse_response = guarded
        return client


class Transport(kombu_redis.Transport):  # type: ignore[misc]
    """Kombu's Redis transport with guarded channels."""

    Channel = Channel
    brpop_timeout = 3  # seconds; a bell ends the wait at once, and a worker that stops waits for its end


def install() -> None:
    """Make ``redis://`` mean the guarded transport in this process."""
    kombu_transport.TRANSPORT_ALIASES["redis"] = "workers.broker.transport:Transport"
    kombu_transport.TRANSPORT_ALIASES["rediss"] = "workers.broker.transport:Transport"
