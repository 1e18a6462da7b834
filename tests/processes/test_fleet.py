"""Real workers on a real Redis: poison, FLUSHALL, SIGKILL and a warm stop lose nothing and double nothing."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
import time
import uuid
from typing import Any

from celery import Celery

from fleet_tests.processes import Fleet
from workers.broker.beat import DEEP


def test_an_order_goes_through_and_redis_holds_nobodys_name(fleet: Fleet, person: tuple[str, ...]) -> None:
    seen: list[bytes] = []
    orders = fleet.orders(10)

    def look() -> bool:
        seen.append(everything_in(fleet.redis))
        return fleet.sent(orders)

    fleet.until(look)
    seen.append(everything_in(fleet.redis))
    assert {fleet.there(order) for order in orders} == {1}
    assert any(seen), "there was something to search"
    assert [word for word in person if any(word.encode() in found for found in seen)] == []


def everything_in(client: Any) -> bytes:
    """All keys and values of a Redis."""
    read = {
        b"string": lambda key: [client.get(key)],
        b"list": lambda key: client.lrange(key, 0, -1),
        b"hash": lambda key: [part for pair in client.hgetall(key).items() for part in pair],
        b"set": lambda key: list(client.smembers(key)),
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"none": lambda _: [],
    }
    found: list[bytes] = []
    for key in client.scan_iter():
        found += [key, *(value or b"" for value in read[client.type(key)](key))]
    return b"\n".join(found)


def test_poison_and_unknown_tasks_end_in_the_exception_table_and_the_workers_live(fleet: Fleet) -> None:
    fleet.redis.lpush("orders-out", b"\xff\x00 this was never JSON {")
    fleet.redis.lpush("orders-out", b'{"body": 7, "properties": {}}')
    fleet.redis.lpush("orders-out.dead", b"rubbish among the dead")
    Celery("stranger", broker=fleet.broker).send_task("no.such.task", args=(1, 1), queue="orders-out", retry=False)
    wanted = ["poison", "poison", "poison", "task_unknown"]
    fleet.until(lambda: sorted(fleet.exceptions()) == wanted)
    rows = fleet.rows("select e.flow, r.body from exception e join record r on r.id = e.record_id order by e.id")
    assert {row["flow"] for row in rows} == {"orders-out"}
    assert b"\xff\x00 this was never JSON {" in [bytes(row["body"]) for row in rows]
    assert fleet.alive("flows")
    assert fleet.alive("dead-letters")
    orders = fleet.orders(2)
    fleet.until(lambda: fleet.sent(orders))
    fleet.dismiss_all()


def test_who_can_write_to_the_broker_ends_no_worker_and_takes_no_queue_away(fleet: Fleet) -> None:
    stranger = Celery("stranger", broker=fleet.broker)
    names = [name for answer in stranger.control.ping(timeout=3) for name in answer]
    assert names
    for command in ("shutdown", "cancel_consumer", "add_consumer", "rate_limit", "revoke", "autoscale", "pool_shrink"):
        stranger.control.broadcast(command, arguments={}, destination=names)
    assert stranger.control.inspect(timeout=3).stats()
    fleet.redis.lpush("fleet:poison", b"\xff\xff x\0y", b"no source")
    orders = fleet.orders(2)
    fleet.until(lambda: fleet.sent(orders))
    assert fleet.alive("flows")
    fleet.until(lambda: fleet.redis.llen("fleet:poison") == 0)
    fleet.until(lambda: len(fleet.exceptions()) == 2)
    fleet.dismiss_all()


def envelope(body: str, **odd: Any) -> bytes:
    """A well-formed message of kombu's around a body, as a stranger might put it together."""
    properties = {
        "correlation_id": "x", "delivery_mode": 2, "delivery_info": {"exchange": "", "routing_key": "orders-out"},
        "priority": 0, "body_encoding": odd.pop("body_encoding", "base64"), "delivery_tag": str(uuid.uuid4()),
    }  # fmt: skip
    headers = {"lang": "py", "task": "orders-out", "id": "x", "root_id": "x", "argsrepr": "", **odd}
    message = {
        "body": body, "content-encoding": "utf-8", "content-type": "application/json", "headers": headers,
        "properties": properties,
    }  # fmt: skip
    return json.dumps(message).encode()


def in_base64(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def test_a_good_envelope_around_rubbish_is_kept_and_ends_no_worker(fleet: Fleet) -> None:
    before = len(fleet.exceptions())
    good = [[1, 1], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    rubbish = [
        envelope("!!!"),
        envelope(in_base64({"a": 1})),
        envelope(in_base64(None)),
        envelope(in_base64(good), timelimit=5),
        envelope(in_base64(good), body_encoding="rot13"),
        envelope(in_base64([[1, 2, 3], {}, {}])),
        envelope(in_base64([[], {}, {}])),
        envelope(in_base64(good), compression="application/x-gzip"),
    ]
    for item in rubbish:
        fleet.redis.lpush("orders-out", item)
    fleet.until(lambda: len(fleet.exceptions()) == before + len(rubbish))
    assert set(fleet.exceptions()) == {"poison"}
    assert fleet.alive("flows")
    assert fleet.alive("dead-letters")
    orders = fleet.orders(2)
    fleet.until(lambda: fleet.sent(orders))
    fleet.dismiss_all()


def test_a_message_that_dies_is_a_failed_task_under_its_readable_id_and_an_exception(fleet: Fleet) -> None:
    failed: list[str] = []
    stop = threading.Event()
    app = Celery("watcher", broker=fleet.broker)

    def watch() -> None:
        with app.connection_for_read() as connection:
            receiver = app.events.Receiver(
                connection, handlers={"task-failed": lambda event: failed.append(event["uuid"])}
            )
            while not stop.is_set():
                try:
                    for _ in receiver.itercapture(limit=None, timeout=0.5, wakeup=False):
                        if stop.is_set():
                            break
                except TimeoutError:
                    continue

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        fleet.clarus_switch(reject={"BAD SKU/1": "barcode_exists"})
        fleet.product("BAD SKU/1")
        fleet.until(lambda: fleet.exceptions() == ["sku_refused"])
        row = fleet.rows("select * from exception where kind = 'sku_refused'")[0]
        assert (row["owner"], row["story"]) == ("merchandising", "BAD SKU/1")
        fleet.until(lambda: "sku-sync:leeds:BAD SKU/1:1" in failed)
    finally:
        stop.set()
        watcher.join(10)
        fleet.clarus_switch(reject={})
        fleet.dismiss_all()


def test_flushall_loses_nothing(fleet: Fleet) -> None:
    orders = fleet.orders(30)
    for share in (1, 10):

        def are_there(share: int = share) -> bool:
            return len(fleet.rows("select 1 from fulfilment where order_code = any (%s)", orders)) >= share

        fleet.until(are_there)
        fleet.redis.flushall()
    fleet.until(lambda: fleet.sent(orders))
    assert {fleet.there(order) for order in orders} == {1}
    assert fleet.exceptions() == []


def test_a_worker_killed_in_mid_push_is_looked_up_and_nothing_is_doubled(fleet: Fleet) -> None:
    fleet.clarus_switch(effect_then_hang_next={"create_goods_out": 1}, hang_seconds=2.5)
    (order,) = fleet.orders(1)
    fleet.until(lambda: fleet.there(order) == 1)
    fleet.kill("flows")
    assert not fleet.sent([order])
    fleet.start("flows")
    more = fleet.orders(5)
    fleet.until(lambda: fleet.sent([order, *more]))
    assert {fleet.there(one) for one in (order, *more)} == {1}
    steps = [row["step"] for row in fleet.rows("select step from timeline where story = %s order by id", order)]
    assert steps[-2:] == ["worker died", "found there already"]
    left = fleet.rows(
        "select holder from slot where holder like 'message:%%' and not exists"
        " (select 1 from message where state = 'working' and 'message:' || id = holder)"
    )
    assert left == []  # a slot that is held is held by work under way


def test_a_worker_that_was_late_for_long_does_what_is_due_and_finds_few_bells(fleet: Fleet) -> None:
    """Its bells wait and do not expire; beat does not pile them up meanwhile."""
    os.kill(fleet.processes["control"].pid, signal.SIGSTOP)
    try:
        fleet.until(lambda: fleet.redis.llen("control") >= DEEP)
        time.sleep(6)  # longer than any bell used to last
        assert fleet.redis.llen("control") <= DEEP + 1
        late = fleet.orders(3)
    finally:
        os.kill(fleet.processes["control"].pid, signal.SIGCONT)
    fleet.until(lambda: fleet.sent(late))
    assert {fleet.there(order) for order in late} == {1}
    assert "Discarding revoked task" not in (fleet.folder / "control.log").read_text()
    fleet.until(lambda: fleet.redis.llen("control") < DEEP / 2)
    assert fleet.exceptions() == []


def test_a_warm_stop_ends_what_is_in_hand_and_leaves_the_rest_for_later(fleet: Fleet) -> None:
    fleet.orders(3)
    assert fleet.stop("flows") == 0
    assert fleet.rows("select 1 from message where state = 'working'") == []
    late = fleet.orders(3)
    fleet.start("flows")
    fleet.until(lambda: fleet.sent(late))
    assert {fleet.there(order) for order in late} == {1}
    assert fleet.exceptions() == []
