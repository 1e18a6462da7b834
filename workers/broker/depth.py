"""How many bells wait in a queue, at either broker."""

from __future__ import annotations

import threading

import redis
import structlog
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from workers.broker.kinds import is_rabbitmq, transport_options

log = structlog.get_logger(__name__)

UNKNOWN = 1_000_000  # bells: so many count as there when the broker cannot say, and none is rung
PATIENCE = 5  # seconds


class Depth:
    """Asks the broker for the depth of queues. Threads share it; it connects at the first question."""

    def __init__(self, url: str) -> None:
        self._ask = _Rabbit(url).ask if is_rabbitmq(url) else _Redis(url).ask

    def of(self, queue: str) -> int:
        """How many bells wait in a queue; ``UNKNOWN`` when the broker cannot say."""
        return self._ask(queue)


class _Redis:
    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)

    def ask(self, queue: str) -> int:
        try:
            return int(self._client.llen(queue))  # type: ignore[arg-type]  # its types allow for answers that come later
        except redis.RedisError as error:
            log.warning("the depth of a queue cannot be read", queue=queue, error=type(error).__name__)
            return UNKNOWN


class _Rabbit:
    """A connection of its own: a question about a queue that is not there ends the channel it was asked on."""

    def __init__(self, url: str) -> None:
        self._connection = Connection(url, transport_options=dict(transport_options(url)))
        self._asking = threading.Lock()

    def ask(self, queue: str) -> int:
        with self._asking:
            try:
                self._connection.ensure_connection(max_retries=1, timeout=PATIENCE)
                self._connection.connection.sock.settimeout(PATIENCE)
                channel = self._connection.default_channel
                return int(channel.queue_declare(queue=queue, passive=True).message_count)
            except self._connection.channel_errors:
                self._connection.close()
                return 0  # nobody has rung there yet
            except (*self._connection.connection_errors, OperationalError) as error:
                self._connection.close()
                log.warning("the depth of a queue cannot be read", queue=queue, error=type(error).__name__)
                return UNKNOWN
