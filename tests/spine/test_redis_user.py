"""The fleet's user in Redis, as docs/operations.md gives it: all that the fleet does, and nothing that harms it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis
from celery import Celery
from kombu.simple import SimpleQueue

from fleet_tests.places import ROOT
from workers.broker.depth import Depth
from workers.config.rates import Rate
from workers.spine.tokens import Tokens


@pytest.fixture
def url(redis_url: str) -> Iterator[str]:
    """The URL of the user that the document has made."""
    text = (ROOT / "docs" / "operations.md").read_text()
    written = re.search(r"^ACL SETUSER fleet (.+)$", text, re.MULTILINE)
    assert written
    with redis.Redis.from_url(redis_url) as admin:
        admin.execute_command("ACL", "SETUSER", "fleet", *written[1].replace("PASSWORD", "secret").split())
        at = urlsplit(redis_url)
        yield f"redis://fleet:secret@{at.hostname}:{at.port}{at.path}"
        admin.execute_command("ACL", "DELUSER", "fleet")


def test_the_fleets_user_sends_and_takes_bells_keeps_the_pace_and_is_looked_at(url: str) -> None:
    app = Celery("fleet", broker=url)
    with app.connection_for_write() as connection:
        queue = SimpleQueue(connection, "acl-test")
        queue.put({"n": 1})
        message = queue.get(timeout=5)
        message.ack()
        assert message.payload == {"n": 1}
        queue.close()
        app.control.broadcast("ping", connection=connection)
        app.events.Receiver(connection, handlers={})
    assert Depth(url).of("acl-test") == 0
    with redis.Redis.from_url(url) as client:
        Tokens(client).wait("leeds", Rate(10, 1))
        assert client.info("server")["redis_version"]
        client.lpush("fleet:poison", b"x")
        assert client.lindex("fleet:poison", -1) == b"x"
        client.delete("fleet:poison")


@pytest.mark.parametrize(
    "command",
    ["CONFIG GET *", "FLUSHALL", "KEYS *", "MODULE LIST", "REPLICAOF NO ONE", "SHUTDOWN", "ACL LIST", "SCRIPT FLUSH"],
)
def test_the_fleets_user_changes_and_ends_nothing_of_the_server(url: str, command: str) -> None:
    with redis.Redis.from_url(url) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command.split())
