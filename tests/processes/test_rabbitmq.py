"""With RabbitMQ as the broker orders flow, rubbish is kept, and a broker that dies doubles and loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu.connection import Connection

from fleet_tests.processes import Fleet, running_fleet
from fleet_tests.rabbit import Rabbit, installed
from workers.broker.depth import UNKNOWN, Depth
from workers.demo.run import DEFAULT_FILE

pytestmark = pytest.mark.skipif(installed() is None, reason="install the package rabbitmq-server to run these")


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rabbit]:
    server = Rabbit(Path(tmp_path_factory.mktemp("rabbit")))
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="module")
def fleet(postgres: str, rabbit: Rabbit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = Path(tmp_path_factory.mktemp("fleet"))
    with running_fleet(postgres, folder, "rabbit", BROKER_URL=rabbit.url) as running:
        yield running


def test_bells_go_through_quorum_queues_and_redis_holds_no_queue(fleet: Fleet, rabbit: Rabbit) -> None:
    orders = fleet.orders(10)
    fleet.until(lambda: fleet.sent(orders))
    assert {fleet.there(order) for order in orders} == {1}
    with Connection(rabbit.url) as connection:
        for queue in ("orders-out", "control", "orders-out.dead"):
            channel = connection.channel()
            answer = channel.queue_declare(queue, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
            assert answer.queue == queue, "another type would be refused"
            channel.close()
    kept = {key.decode().split(":")[0] for key in fleet.redis.scan_iter()}
    assert kept <= {"fleet"}, "rates and marks, and nothing of Celery's"


def test_the_depth_of_a_queue_is_known_also_of_one_that_is_not_there_and_of_a_broker_that_is_away(
    rabbit: Rabbit,
) -> None:
    depth = Depth(rabbit.url)
    assert depth.of("nobody-rang-here") == 0
    with Connection(rabbit.url) as connection, connection.channel() as channel:
        channel.queue_declare("three", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        producer = connection.Producer(channel)
        for n in range(3):
            producer.publish({"n": n}, routing_key="three")
        channel.queue_declare("three", passive=True)
    assert depth.of("three") == 3
    assert Depth("amqp://guest:guest@127.0.0.1:9//").of("three") == UNKNOWN


def test_rubbish_in_a_queue_is_kept_and_the_workers_live(fleet: Fleet, rabbit: Rabbit) -> None:
    with Connection(rabbit.url) as connection, connection.channel() as channel:
        producer = connection.Producer(channel)
        producer.publish(b"\xff\x00 no JSON {", routing_key="orders-out", content_type="application/json",
                         content_encoding="utf-8")  # fmt: skip
        producer.publish({"no": "task"}, routing_key="orders-out", serializer="json")
        producer.publish([[1, 1], {}, {}], routing_key="orders-out", serializer="json",
                         headers={"task": "no.such.task", "id": "x", "lang": "py"})  # fmt: skip
    fleet.until(lambda: sorted(fleet.exceptions()) == ["poison", "poison", "task_unknown"])
    orders = fleet.orders(2)
    fleet.until(lambda: fleet.sent(orders))
    assert fleet.alive("flows")
    fleet.dismiss_all()


def test_the_broker_dies_while_orders_flow_and_each_is_there_once(fleet: Fleet, rabbit: Rabbit) -> None:
    orders = fleet.orders(20)
    fleet.until(lambda: fleet.rows("select 1 from message_settled where kind = 'order'"))
    rabbit.kill()
    orders += fleet.orders(10)
    rabbit.start()
    orders += fleet.orders(10)
    fleet.until(lambda: fleet.sent(orders))
    assert [order for order in orders if fleet.there(order) != 1] == []
    assert all(fleet.alive(name) for name in fleet.processes)
    assert fleet.rows("select 1 from timeline where step = 'worker died'") == []


def test_a_worker_that_is_told_to_stop_stops_also_over_rabbitmq(fleet: Fleet) -> None:
    code = fleet.stop("flows")
    assert code == os.EX_OK
    fleet.start("flows")
    orders = fleet.orders(3)
    fleet.until(lambda: fleet.sent(orders))
    assert {fleet.there(order) for order in orders} == {1}


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_day_of_the_demo_balances_over_rabbitmq(rabbit: Rabbit, tmp_path: Path) -> None:
    """The first orders of the shipped file; each of the fleet's processes takes its bells from quorum queues."""
    part = tmp_path / "orders.csv"
    part.write_text("\n".join(DEFAULT_FILE.read_text(encoding="utf-8").splitlines()[:26]) + "\n", encoding="utf-8")
    report = tmp_path / "report.json"
    fleet = Path(sys.executable).with_name("fleet")
    done = subprocess.run(
        [fleet, "demo", "--orders", part, "--broker", rabbit.url, "--report", report],
        env=os.environ | {"FLEET_VAR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    told = json.loads(report.read_text(encoding="utf-8"))
    assert (told["balanced"], told["lost"], told["doubled"]) == (True, 0, 0)
    with Connection(rabbit.url) as connection, connection.channel() as channel:
        queue = {"durable": True, "auto_delete": False, "arguments": {"x-queue-type": "quorum"}}
        assert channel.queue_declare("orders-out", **queue).message_count == 0
