"""How often one may try: logins, acts, wrong tokens. A moving window in Redis, in memory while that is away."""

from __future__ import annotations

import hashlib
from enum import Enum

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

log = structlog.get_logger(__name__)

PATIENCE = 1.0  # seconds for Redis to answer


class Limit(Enum):
    """What is limited, and how often a minute it may happen."""

    LOGIN_FROM = RateLimitItemPerMinute(10, namespace="login-from")  # tries of one address
    LOGIN_AS = RateLimitItemPerMinute(10, namespace="login-as")  # tries at one account
    ACT = RateLimitItemPerMinute(60, namespace="act")  # of one session
    TOKEN_FROM = RateLimitItemPerMinute(30, namespace="token-from")  # wrong tokens of one address
    TELL = RateLimitItemPerMinute(1, namespace="tell")  # an excess is recorded once, not each time


class Limiter:
    """Counts what happens, for all processes together. Whoever is counted stands in Redis as a hash."""

    def __init__(self, redis_url: str = "") -> None:
        """``redis_url`` is a Redis or nothing: then, and while it is away, each process counts by itself."""
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._shared: MovingWindowRateLimiter | None = None
        if redis_url.startswith(("redis://", "rediss://", "redis+unix://", "unix://")):
            try:
                storage = RedisStorage(
                    redis_url,
                    key_prefix="fleet:limit",
                    wrap_exceptions=True,
                    socket_timeout=PATIENCE,
                    socket_connect_timeout=PATIENCE,
                )
                self._shared = MovingWindowRateLimiter(storage)
            except Exception as error:  # noqa: BLE001  a Redis that is away, or refuses us, shuts no door
                log.warning("limits are counted in this process alone", error=type(error).__name__)

    def allows(self, limit: Limit, who: str) -> bool:
        """Count one, and tell whether it is within the limit."""
        return self._ask("hit", limit.value, who)

    def has_room(self, limit: Limit, who: str) -> bool:
        """Tell whether one more would be within the limit; nothing is counted."""
        return self._ask("test", limit.value, who)

    def _ask(self, what: str, item: RateLimitItem, who: str) -> bool:
        key = hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        if self._shared is not None:
            try:
                return bool(getattr(self._shared, what)(item, key))
            except StorageError as error:
                log.warning("limits are counted in this process alone", error=type(error.storage_error).__name__)
        return bool(getattr(self._memory, what)(item, key))
