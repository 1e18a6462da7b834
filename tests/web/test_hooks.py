"""A webhook is refused to strangers, stored before it is answered, and stored once."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.web import Web
from workers.access.roles import Role
from workers.ledger.store import Store
from workers.web.warehouse_hooks import MAX_BODY, receipt_key

BODY = {"data": {"id": 77, "reference": "SO1-1", "name": "Wilhelmina Quillfeather"}}


def test_a_webhook_is_in_the_ledger_when_it_is_answered(web: Web, store: Store, headers: dict[str, str]) -> None:
    answer = requests.post(web.hook(), json=BODY, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    (row,) = store.rows("select connection, source, body from record")
    assert (row["connection"], row["source"]) == ("leeds", "webhook goods_out.completed")
    assert json.loads(row["body"]) == BODY
    assert store.row("select count(*) as n from record_unread")["n"] == 1


def test_a_repeat_is_thanked_for_and_stored_once_however_it_is_written(
    web: Web, store: Store, headers: dict[str, str]
) -> None:
    for text in (
        json.dumps(BODY),
        json.dumps(BODY, indent=3),
        json.dumps({"data": dict(reversed(BODY["data"].items()))}),
    ):
        assert requests.post(web.hook(), data=text, headers=headers, timeout=10).status_code == 200
    assert store.row("select count(*) as n from record")["n"] == 1


def test_the_same_hint_an_hour_later_is_looked_up_again(web: Web, store: Store, headers: dict[str, str]) -> None:
    for _ in range(2):
        requests.post(web.hook(), json=BODY, headers=headers, timeout=10).raise_for_status()
    store.run("update record_key set receipt_key = 'an hour ago ' || receipt_key")
    requests.post(web.hook(), json=BODY, headers=headers, timeout=10).raise_for_status()
    assert store.row("select count(*) as n from record")["n"] == 2


def test_their_id_of_the_telling_makes_two_tellings_of_the_same_body_two(
    web: Web, store: Store, headers: dict[str, str]
) -> None:
    for number in ("e1", "e2", "e1"):
        requests.post(web.hook(), json={**BODY, "event_id": number}, headers=headers, timeout=10).raise_for_status()
    assert store.row("select count(*) as n from record")["n"] == 2


def test_an_id_that_comes_again_with_other_content_is_another_telling(
    web: Web, store: Store, headers: dict[str, str]
) -> None:
    told = [{**BODY, "event_id": "e1"}, {"data": {"id": 78}, "event_id": "e1"}]
    for body in (*told, *reversed(told)):
        requests.post(web.hook(), json=body, headers=headers, timeout=10).raise_for_status()
    assert [json.loads(row["body"]) for row in store.rows("select body from record order by id")] == told
    assert store.rows("select 1 as one from exception") == [], "a hint is only looked up"


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe\x00", b'{"event_id": "\\u0000"}', b"[" * 100_000])
def test_what_is_not_json_is_kept_as_it_came(web: Web, store: Store, headers: dict[str, str], body: bytes) -> None:
    for _ in range(2):
        assert requests.post(web.hook(), data=body, headers=headers, timeout=10).status_code == 200
    (row,) = store.rows("select body from record")
    assert row["body"] == body


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ({"token": "x" * 28}, 404),
        ({"connection": "york"}, 404),
        ({"connection": "khaos"}, 404),
        ({"event": "goods_out"}, 404),
        ({"event": "goods_out.completed.x"}, 404),
        ({"event": "goods_out.unheard_of"}, 401),
    ],
)
def test_a_stranger_is_refused_and_told_nothing(
    web: Web, store: Store, headers: dict[str, str], where: dict[str, str], status: int
) -> None:
    answer = requests.post(web.hook(**where), json=BODY, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (status, {"ok": False})
    assert store.row("select count(*) as n from record")["n"] == 0


@pytest.mark.parametrize("header", ["X-ClarusWMS-Subdomain", "X-ClarusWMS-Automation-ID"])
def test_a_webhook_with_a_wrong_or_missing_header_is_refused(
    web: Web, store: Store, headers: dict[str, str], header: str
) -> None:
    for value in (None, "another"):
        changed = {**headers, header: value}
        answer = requests.post(web.hook(), json=BODY, headers=changed, timeout=10)
        assert (answer.status_code, answer.json()) == (401, {"ok": False})
    assert store.row("select count(*) as n from record")["n"] == 0


def test_events_that_are_refused_again_and_again_are_somebodys_until_one_is_taken(
    web: Web, store: Store, headers: dict[str, str]
) -> None:
    def told() -> list[tuple[str, str, str]]:
        rows = store.rows("select kind, subject, owner from exception where state = 'open'")
        return [(row["kind"], row["subject"], row["owner"]) for row in rows]

    def post(**where: str) -> int:
        return requests.post(web.hook(**where), json=BODY, headers=headers, timeout=10).status_code

    for _ in range(4):
        assert post(token="y" * 28) == 404
    assert post() == 200
    for _ in range(4):
        post(token="y" * 28)
    assert told() == [], "one was taken between them"
    for _ in range(8):
        post(token="y" * 28)
        post(connection="york")
    assert told() == [("calls_refused", "calls:leeds:events", "support")]
    assert "token" in store.row("select reason from exception")["reason"]
    assert post() == 200
    assert told() == []


def test_a_webhook_by_get_is_refused(web: Web, store: Store, headers: dict[str, str]) -> None:
    assert requests.get(web.hook(), params={"id": 77}, headers=headers, timeout=10).status_code == 405
    assert store.row("select count(*) as n from record")["n"] == 0


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(web: Web, store: Store, headers: dict[str, str]) -> None:
    assert requests.post(web.hook(), data=b"x" * MAX_BODY, headers=headers, timeout=10).status_code == 200
    chunks = (b"x" * 65536 for _ in range(MAX_BODY // 65536 + 1))
    assert requests.post(web.hook(), data=chunks, headers=headers, timeout=10).status_code == 413
    assert store.row("select count(*) as n from record")["n"] == 1


def test_a_body_that_is_announced_as_too_large_is_refused_before_it_is_sent(web: Web, headers: dict[str, str]) -> None:
    place = urlsplit(web.hook())
    line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    line.putrequest("POST", place.path)
    for name, value in {**headers, "Content-Length": str(MAX_BODY + 1)}.items():
        line.putheader(name, value)
    line.endheaders()
    assert line.getresponse().status == 413
    line.close()


def test_a_body_that_breaks_off_is_not_stored(web: Web, store: Store, headers: dict[str, str]) -> None:
    place = urlsplit(web.hook())
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        told = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Content-Length": "50"}.items())
        line.sendall(f"POST {place.path} HTTP/1.1\r\nHost: x\r\n{told}\r\n".encode() + b'{"data"')
    requests.post(web.hook(), json=BODY, headers=headers, timeout=10).raise_for_status()
    assert store.row("select count(*) as n from record")["n"] == 1


def test_while_the_ledger_is_away_they_are_asked_to_repeat(
    start: Callable[..., AbstractContextManager[Web]], headers: dict[str, str]
) -> None:
    with start("postgresql://fleet:x@127.0.0.1:1/fleet") as web:
        answer = requests.post(web.hook(), json=BODY, headers=headers, timeout=10)
        assert (answer.status_code, answer.json()) == (503, {"ok": False})
        assert answer.headers["Retry-After"]
        assert requests.get(f"{web.url}/health", timeout=10).status_code == 503
        assert requests.get(f"{web.url}/", timeout=10).status_code == 503
        shown = {"Authorization": "Bearer fleet_x"}
        assert requests.get(f"{web.url}/metrics", headers=shown, timeout=10).status_code == 503


def test_a_ledger_that_comes_back_is_used_again(web: Web, store: Store, headers: dict[str, str]) -> None:
    requests.post(web.hook(), json=BODY, headers=headers, timeout=10).raise_for_status()
    mine = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fleet-web'"
    store.rows(mine)
    answers = [requests.post(web.hook(), json={"n": n}, headers=headers, timeout=10).status_code for n in range(5)]
    assert answers[-1] == 200, "a lost connection costs one repeat at the most"
    assert set(answers) <= {200, 503}
    assert store.row("select count(*) as n from record")["n"] == 1 + answers.count(200)


def test_neither_token_nor_body_is_logged(web: Web, headers: dict[str, str]) -> None:
    requests.post(web.hook(), json=BODY, headers=headers, timeout=10)
    requests.post(web.hook(event="goods_out.unheard_of"), json=BODY, headers=headers, timeout=10)
    requests.post(web.hook(connection="wilhelmina"), json=BODY, headers=headers, timeout=10)
    log = web.log.read_text()
    assert "a webhook came" in log
    assert log.count("a webhook was refused") == 2
    for secret in ("unguessable", "Quillfeather", "wilhelmina", "SO1-1"):
        assert secret not in log


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.lists(st.booleans())))
def test_a_receipt_key_does_not_depend_on_how_the_same_json_is_written(body: dict[str, Any]) -> None:
    compact = json.dumps(body, separators=(",", ":")).encode()
    spread = json.dumps(dict(reversed(body.items())), indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert receipt_key("a.b", compact) == receipt_key("a.b", spread)
    assert receipt_key("a.b", compact) != receipt_key("a.c", compact)


def test_wrong_tokens_are_limited_and_a_right_one_is_taken_all_the_same(
    web: Web, store: Store, headers: dict[str, str]
) -> None:
    wrong = [
        requests.post(web.hook(token=f"guess-{n}"), json=BODY, headers=headers, timeout=10).status_code
        for n in range(33)
    ]
    assert wrong == [404] * 30 + [429] * 3
    for n in range(3):
        body = {"data": {"id": n}}
        assert requests.post(web.hook(), json=body, headers=headers, timeout=10).status_code == 200
    assert store.row("select count(*) as n from record")["n"] == 3
    told = store.rows("select action, object from audit_entry")
    assert [tuple(row.values()) for row in told] == [("too many wrong tokens", "calls of /hooks")]
    assert "guess-" not in web.log.read_text()


def test_a_webhook_is_stored_while_every_connection_of_the_pages_waits(
    web: Web, database: str, headers: dict[str, str]
) -> None:
    person = web.somebody(Role.ADMIN)
    with psycopg.connect(database) as holding, ThreadPoolExecutor(12) as readers:
        holding.execute("lock table received_line, return_line in access exclusive mode")
        pages = [readers.submit(person.see, path) for path in ("/worklists/received", "/returns") for _ in range(6)]
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
        with psycopg.connect(database, autocommit=True) as asking:
            while asking.execute(waiting).fetchone() != (6,):  # of two pools, three connections each
                time.sleep(0.05)
        assert requests.post(web.hook(), json=BODY, headers=headers, timeout=10).status_code == 200
        assert not any(page.done() and page.result().ok for page in pages)
