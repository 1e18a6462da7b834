"""Poison: an item in a queue that is no task of ours. Its bytes become a record, and it is filed for a person."""

from __future__ import annotations

import hashlib
import time

import redis
import structlog

from workers.ledger.store import Store

log = structlog.get_logger(__name__)

FALLBACK = "fleet:poison"  # while Postgres is away
LONGEST_SOURCE = 200
SOURCES = {"poison": "it cannot be decoded", "task_unknown": "no task of this release has its name"}


def keep(store: Store, client: redis.Redis, queue: str, kind: str, raw: bytes) -> None:
    """Keep the bytes; the reading of the record files the exception. Never raises: a worker must live."""
    source = f"{kind} {queue}"
    receipt = f"{hashlib.sha256(raw).hexdigest()}:{time.time_ns()}"  # the same rubbish twice is two findings
    try:
        store.receive("broker", source, receipt, raw)
    except Exception as error:  # noqa: BLE001  whatever Postgres suffers from, the bytes must not be lost
        log.warning("poison is kept in Redis until Postgres is back", queue=queue, error=type(error).__name__)
        client.lpush(FALLBACK, source.encode() + b"\0" + raw)


def sweep(store: Store, client: redis.Redis) -> int:
    """Move what had to be kept in Redis into the ledger. Returns how much."""
    moved = 0
    while (item := client.lindex(FALLBACK, -1)) is not None:
        kept = item if isinstance(item, bytes) else item.encode()
        name, _, raw = kept.partition(b"\0")
        source = name.decode(errors="replace").replace("\0", "")[:LONGEST_SOURCE]
        if source.partition(" ")[0] not in SOURCES:  # not ours: somebody else writes to this Redis
            source, raw = f"poison {FALLBACK}", kept
        store.receive("broker", source, hashlib.sha256(kept).hexdigest(), raw)
        client.rpop(FALLBACK)
        moved += 1
    return moved
