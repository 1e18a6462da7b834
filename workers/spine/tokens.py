"""Rate tokens: how many calls a second a connection gets from all processes together, kept in Redis.

The bucket's arithmetic stands once for Redis and once for a process on its own, when Redis is away.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import redis
import structlog

from workers.config.rates import Rate
from workers.spine.turn import NotYet, current

log = structlog.get_logger(__name__)

# A level above zero is calls that may go at once, one below zero calls that are promised. ARGV: rate, burst, and the
# longest wait for which a call is promised. A clock that went back (NTP, a restored machine, another replica) costs
# nothing: no time has passed. Answers the wait in seconds; negative when nothing was taken, because it is longer.
TAKE = """
local now = redis.call('TIME')
local clock = now[1] + now[2] / 1000000
local rate, burst, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'level', 'at')
local passed = math.max(0, clock - (tonumber(state[2]) or clock))
local level = math.min(burst, (tonumber(state[1]) or burst) + passed * rate)
local wait = math.max(0, (1 - level) / rate)
if wait > longest + 0.000001 then return tostring(-wait) end
redis.call('HSET', KEYS[1], 'level', level - 1, 'at', clock)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst + math.max(0, 1 - level)) / rate * 1000) + 60000)
return tostring(wait)
"""

POLL_WAITS = 60.0  # seconds that a poll waits for its token, holding nothing
TURN_WAITS = 5.0  # seconds that a later call of a turn waits at most: the next turn waits for the rest
PROMISED = 1e9  # seconds: whatever the wait, or a turn of several calls would be begun anew for ever


class Tokens:
    """Rate tokens of all processes together. Without Redis each process keeps the pace by itself."""

    def __init__(self, client: redis.Redis, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """``sleep`` waits for a token."""
        self._client = client
        self._take = client.register_script(TAKE)
        self._sleep = sleep
        self._own: dict[str, tuple[float, float]] = {}  # level and moment, while Redis is away
        self._owning = threading.Lock()

    def wait(self, connection: str, rate: Rate | None) -> None:
        """Wait until one call to the connection is due, or raise NotYet with nothing taken. A poll just waits.

        In a message's turn the first call must find its token there, as nothing is slept for under a lease; later ones
        wait a little. Raises LeaseOver when the turn's lease does not hold any more.
        """
        turn = current()
        if turn is not None:
            turn.check()
            turn.calls += 1
        if rate is None:
            return
        longest = POLL_WAITS if turn is None else 0.0 if turn.calls == 1 else PROMISED
        wait = self._taken(connection, rate.per_second, max(1.0, rate.per_second), longest)
        if wait < 0:
            raise NotYet(-wait)
        if wait > 0:
            self._sleep(wait if turn is None else min(wait, TURN_WAITS))
            if turn is not None:
                turn.check()

    def give_back(self, connection: str) -> None:
        """Give a token back that was not used. One that is lost with Redis is one call less, and no harm."""
        with contextlib.suppress(redis.RedisError):
            self._client.hincrbyfloat(f"fleet:rate:{connection}", "level", 1.0)

    def _taken(self, connection: str, rate: float, burst: float, longest: float) -> float:
        try:
            return float(self._take(keys=[f"fleet:rate:{connection}"], args=[rate, burst, longest]))
        except redis.RedisError as error:
            log.warning("this process keeps the pace by itself", connection=connection, error=type(error).__name__)
            return self._taken_alone(connection, rate, burst, longest)

    def _taken_alone(self, connection: str, rate: float, burst: float, longest: float) -> float:
        with self._owning:
            now = time.monotonic()
            level, at = self._own.get(connection, (1.0, now))  # a burst may have gone through Redis just before
            level = min(burst, level + (now - at) * rate)
            wait = max(0.0, (1 - level) / rate)
            if wait > longest:
                return -wait
            self._own[connection] = (level - 1, now)
            return wait
