"""The desk's pages of exceptions: found by cause, read, retried first alone and then all, cared for, edited."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb
from sqlalchemy import Engine

from fleet_tests.desk import desk
from fleet_tests.full_ledger import FullLedger, open_ledger
from workers.access.roles import Role
from workers.cases import group_retries
from workers.config import Configuration, Desk, Fleet
from workers.ledger.store import Store
from workers.views.exception_groups import groups
from workers.views.snapshot import reading_engine

ADDRESS = {"name": "Wilhelmina Quillfeather", "line1": "7 Larkspur Row", "town": "Leeds", "country": "GB"}
BODY: dict[str, Any] = {
    "reference": "SO1-1", "order_code": "SO1", "invoice_code": "SI1", "facility": "LDS1", "address": ADDRESS,
    "lines": [{"sku": "MUG", "quantity": 2}], "dispatch_by": "2026-03-04T12:00:00Z",
}  # fmt: skip


@pytest.fixture
def engine(database: str) -> Any:
    made = reading_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def world(store: Store) -> FullLedger:
    """Three orders that the warehouse refused for one reason, with a partner's script in it."""
    made = open_ledger(store)
    for n in range(1, 4):
        made.post(f"SO{n}-1")
        made.die("refused_by_warehouse", f"order SO{n}-1: <script>alert(1)</script> the postcode is not known")
    with store.connection() as db:
        db.execute("update message_body set body = %s where message_id = (select min(id) from message)", (Jsonb(BODY),))
    return made


@pytest.fixture
def settings(database: str) -> Configuration:
    fleet = Fleet.model_validate({"database_url": database, "broker_url": "", "sentry_dsn": ""})
    return Configuration(fleet=fleet, connections={}, routing=(), tables={})


@pytest.fixture
def support(engine: Engine, store: Store, settings: Configuration) -> TestClient:
    return desk(engine, Role.SUPPORT, store=store, settings=settings)


def key_of(engine: Engine) -> str:
    return str(groups(engine)[0]["key"])


def text_of(client: TestClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert "<script>alert" not in answer.text
    return str(answer.text)


def post(client: TestClient, path: str, back: str, **fields: str) -> None:
    answer = client.post(path, data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == (303, back), answer.text


@pytest.mark.usefixtures("world")
def test_a_cause_is_found_read_and_its_first_and_then_all_are_retried(
    support: TestClient, engine: Engine, store: Store
) -> None:
    key = key_of(engine)
    listed = text_of(support, "/exceptions")
    assert "3 exceptions in 1 groups" in listed
    assert f"/exceptions/groups/{key}" in listed
    place = f"/exceptions/groups/{key}"
    read = text_of(support, place)
    assert "the postcode is not known" in read
    assert "What the runbook says" in read
    assert "Retry all 3" in read
    post(support, f"{place}/retry-first", place)
    assert store.row("select state from message order by id limit 1") == {"state": "queued"}
    post(support, f"{place}/retry", place, why="the postcodes were loaded")
    running = text_of(support, f"{place}/progress")
    assert "3 in all: 0 closed" in running
    assert "every 2s" in running
    group_retries.work_off(store)
    store.run("update group_retry set moved_at = moved_at - interval '1 minute'")
    group_retries.work_off(store)
    assert store.row("select count(*) as n from message where state = 'queued'") == {"n": 3}
    store.run("update exception set state = 'resolved'")
    over = text_of(support, place)
    assert "Nothing of this group stands open any more" in over
    assert "3 closed" in text_of(support, f"{place}/progress")
    assert store.rows("select distinct who from timeline where step in ('retried', 'group retried')") == [
        {"who": "Wanda"}
    ]


@pytest.mark.usefixtures("world")
def test_a_group_and_one_exception_are_cared_for(support: TestClient, engine: Engine, store: Store) -> None:
    group, one = f"/exceptions/groups/{key_of(engine)}", "/exceptions/1"
    post(support, f"{group}/take", group)
    post(support, f"{group}/tag", group, text="peak")
    post(support, f"{one}/care/assign", one, text="anna")
    post(support, f"{one}/care/note", one, text="asked them <b>today</b>")
    post(support, f"{one}/care/snooze", one, until="2026-12-24T09:00", why="stock comes")
    shown = text_of(support, one)
    for words in (
        "anna",
        "peak",
        "asked them &lt;b&gt;today",
        "sleeps until",
        "What to do",
        "/exceptions/1/retry",
    ):
        assert words in shown
    assert "2 asleep" not in text_of(support, group)
    assert "1 asleep" in text_of(support, "/exceptions")
    post(support, f"{one}/care/wake", one)
    post(support, f"{one}/dismiss", one, why="shipped by hand")
    assert store.row("select state, closed_by from exception where id = 1") == {
        "state": "dismissed", "closed_by": "Wanda",
    }  # fmt: skip
    assert text_of(support, "/exceptions?assignee=Wanda").count("/exceptions/groups/g") == 1
    assert text_of(support, "/exceptions?tag=Peak").count("/exceptions/groups/g") == 1
    assert "Nothing waits for a person here" in text_of(support, "/exceptions?tag=other")
    assert "Nothing waits for a person here" in text_of(support, "/exceptions?assignee=nobody")


@pytest.mark.usefixtures("world")
def test_what_cannot_be_done_is_said_and_changes_nothing(support: TestClient, engine: Engine, store: Store) -> None:
    group = f"/exceptions/groups/{key_of(engine)}"
    for path, fields in (
        ("/exceptions/999/retry", {}),
        ("/exceptions/1/dismiss", {"why": " "}),
        ("/exceptions/1/care/snooze", {"until": "soon", "why": "x"}),
        ("/exceptions/1/care/juggle", {}),
        (f"{group}/stop", {"retry": "7"}),
        (f"{group}/dismiss", {"why": ""}),
    ):
        answer = support.post(path, data=fields, follow_redirects=False)
        assert (answer.status_code, "Nothing was changed" in answer.text) == (409, True), path
    assert store.rows("select 1 from audit_entry") == []


@pytest.mark.usefixtures("world")
def test_each_role_may_do_what_is_its_own(engine: Engine, store: Store, settings: Configuration) -> None:
    key = key_of(engine)
    for role, solves, looks, edits in (
        (Role.VIEWER, 403, 403, 403),
        (Role.FINANCE, 409, 403, 403),
        (Role.CUSTOMER_SERVICE, 403, 200, 403),
        (Role.OPERATIONS, 409, 200, 200),
    ):
        client = desk(engine, role, store=store, settings=settings)
        assert client.post("/exceptions/999/retry").status_code == solves, role
        assert client.get("/exceptions/1/bodies").status_code == looks, role
        assert client.get("/exceptions/1/edit").status_code == edits, role
        shown = client.get(f"/exceptions/groups/{key}").text
        assert ("Retry all" in shown) == (solves == 409), role


@pytest.mark.usefixtures("world")
def test_bodies_are_shown_to_those_who_may_and_each_look_is_recorded(support: TestClient, store: Store) -> None:
    assert "Quillfeather" not in text_of(support, "/exceptions/1")
    shown = text_of(support, "/exceptions/1/bodies")
    assert "Quillfeather" in shown
    assert "What would be sent" in shown
    kept = store.rows("select action, object, subject from audit_entry")
    assert kept == [{"action": "body shown", "object": "exception 1", "subject": "local:wanda"}]


@pytest.mark.usefixtures("world")
def test_an_edit_is_checked_shown_and_sent(support: TestClient, store: Store) -> None:
    assert "7 Larkspur Row" in text_of(support, "/exceptions/1/edit")
    wrong = support.post("/exceptions/1/edit", data={"body": '{"reference": 1}', "why": "x"})
    assert (wrong.status_code, "the edited body is no order" in wrong.text) == (409, True)
    assert support.post("/exceptions/1/edit", data={"body": "no json", "why": "x"}).status_code == 409
    new = json.dumps({**BODY, "address": {**ADDRESS, "town": "York"}})
    shown = support.post("/exceptions/1/edit", data={"body": new, "why": "she telephoned"})
    assert "address.town" in shown.text
    assert "Store it and send" in shown.text
    assert store.rows("select 1 from message_edit") == []
    post(support, "/exceptions/1/edit", "/exceptions/1", body=new, why="she telephoned", send="true")
    row = store.row("select who, before->'address'->>'town' as was, after->'address'->>'town' as it from message_edit")
    assert row == {"who": "Wanda", "was": "Leeds", "it": "York"}


@pytest.mark.usefixtures("world")
def test_a_guarded_edit_waits_for_another_person(engine: Engine, store: Store, settings: Configuration) -> None:
    guarded = settings.model_copy(update={"desk": Desk(second_person=("address",))})
    wanda = desk(engine, Role.SUPPORT, store=store, settings=guarded)
    ben = desk(engine, Role.OPERATIONS, name="Ben", store=store, settings=guarded)
    new = json.dumps({**BODY, "address": {**ADDRESS, "town": "York"}})
    assert "another person must approve" in wanda.post("/exceptions/1/edit", data={"body": new, "why": "x"}).text
    post(wanda, "/exceptions/1/edit", "/exceptions/1", body=new, why="she telephoned", send="true")
    assert "Wanda proposes an edit" in text_of(ben, "/exceptions/1")
    assert "address.town" in text_of(ben, "/exceptions/proposals/1")
    own = wanda.post("/exceptions/proposals/1/approve")
    assert (own.status_code, "another person must approve" in own.text) == (409, True)
    post(ben, "/exceptions/proposals/1/approve", "/exceptions")
    assert store.row("select state from message order by id limit 1") == {"state": "queued"}
    text_of(ben, "/exceptions/proposals/1", 404)


@pytest.mark.usefixtures("world")
def test_an_order_is_held_and_released_on_its_page_by_those_who_may(
    engine: Engine, store: Store, settings: Configuration
) -> None:
    store.run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, state, fingerprint, requested,"
        " stage, warehouse) values ('SO1-1', 'khaos', 'SO1', 1, 'SI1', 'new', '', '{\"MUG\": 2}', 9, 'leeds')"
    )
    store.run("update message set state = 'queued' where reference = 'SO1-1'")
    service = desk(engine, Role.CUSTOMER_SERVICE, store=store, settings=settings)
    assert "Hold it back" in text_of(service, "/orders/SO1")
    post(service, "/order-acts/hold", "/orders/SO1", order="SO1", why="the address changes")
    assert store.row("select state from message where reference = 'SO1-1'") == {"state": "held"}
    assert "the address changes" in text_of(service, "/orders/SO1")
    post(service, "/order-acts/release", "/orders/SO1", order="SO1", why="it is right now")
    assert store.row("select state from message where reference = 'SO1-1'") == {"state": "queued"}
    assert service.post("/order-acts/hold", data={"order": "SO1", "why": " "}).status_code == 409
    assert service.post("/order-acts/juggle", data={"order": "SO1", "why": "x"}).status_code == 409
    viewer = desk(engine, Role.VIEWER, store=store, settings=settings)
    assert viewer.post("/order-acts/hold", data={"order": "SO1", "why": "x"}).status_code == 403
    assert "Hold it back" not in text_of(viewer, "/orders/SO1")
