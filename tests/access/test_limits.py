"""Limits count for all processes together, and go on in each by itself while Redis is away."""

from __future__ import annotations

import uuid

import redis

from workers.access.limits import Limit, Limiter
from workers.embedded.folder import free_ports


def test_processes_count_together_and_each_caller_by_itself(redis_url: str) -> None:
    one, other = Limiter(redis_url), Limiter(redis_url)
    who, stranger = str(uuid.uuid4()), str(uuid.uuid4())
    assert [one.allows(Limit.LOGIN_FROM, who) for _ in range(6)] == [True] * 6
    assert [other.allows(Limit.LOGIN_FROM, who) for _ in range(6)] == [True] * 4 + [False] * 2
    assert not one.has_room(Limit.LOGIN_FROM, who)
    assert one.has_room(Limit.LOGIN_AS, who)
    assert other.allows(Limit.LOGIN_FROM, stranger)


def test_nobody_is_named_in_redis(redis_url: str) -> None:
    Limiter(redis_url).allows(Limit.LOGIN_AS, "anna-quillfeather")
    with redis.Redis.from_url(redis_url) as client:
        keys = [key.decode() for key in client.scan_iter("fleet:limit*")]
    assert keys
    assert not any("quillfeather" in key for key in keys)


def test_without_redis_a_process_counts_by_itself() -> None:
    (port,) = free_ports(1)
    for url in (f"redis://127.0.0.1:{port}/0", "amqp://nowhere", ""):
        limiter = Limiter(url)
        assert [limiter.allows(Limit.LOGIN_FROM, "a") for _ in range(11)] == [True] * 10 + [False]
