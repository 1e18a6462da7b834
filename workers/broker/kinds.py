"""Which brokers there are, by the scheme of their URL, and what Celery needs to know of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

RABBITMQ = ("amqp", "amqps")

# A bell is only a bell: what is lost with a broker is rung again from the ledger. So nothing waits for a confirmation.
_OPTIONS: dict[bool, dict[str, Any]] = {
    False: {
        "visibility_timeout": 3600,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "fanout_prefix": True,
        "fanout_patterns": True,
    },
    True: {"connect_timeout": 5, "write_timeout": 10},
}


def is_rabbitmq(url: str) -> bool:
    """Whether a broker's URL names a RabbitMQ."""
    return urlsplit(url).scheme in RABBITMQ


def transport_options(url: str) -> Mapping[str, Any]:
    """How kombu shall speak to the broker."""
    return _OPTIONS[is_rabbitmq(url)]


def queue_arguments(url: str) -> Mapping[str, Any]:
    """How the broker shall keep a queue: RabbitMQ on most of its nodes, so that one may go."""
    return {"x-queue-type": "quorum"} if is_rabbitmq(url) else {}
