"""Connections are paused, resumed and opened on the desk by those who may, each with a reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from fleet_tests.desk import desk
from workers.access.roles import Role
from workers.ledger.store import Store
from workers.views.snapshot import reading_engine


@pytest.fixture
def engine(database: str, store: Store) -> Iterator[Engine]:
    store.run("insert into connection (name, system) values ('khaos', 'khaos'), ('leeds', 'clarus')")
    made = reading_engine(database)
    yield made
    made.dispose()


def shut_kind(store: Store) -> str | None:
    row = store.row("select shut_kind from connection where name = 'leeds'")
    assert row is not None
    kind: str | None = row["shut_kind"]
    return kind


def test_a_pause_and_its_end_are_forms_with_a_reason(engine: Engine, store: Store) -> None:
    client = desk(engine, Role.OPERATIONS, Role.SUPPORT, store=store)  # whose page Today shows connections
    said = client.post("/connection-acts/pause", data={"connection": "leeds", "why": " "}, follow_redirects=False)
    assert (said.status_code, shut_kind(store)) == (409, None)
    form = {"connection": "leeds", "why": "<b>it moves house"}
    assert client.post("/connection-acts/pause", data=form, follow_redirects=False).status_code == 303
    for path in ("/flows", "/"):
        page = client.get(path).text
        assert "leeds is paused" in page
        assert "probed by itself" not in page
        assert "<b>it moves" not in page
    assert client.post("/connection-acts/open", data={"connection": "leeds"}).status_code == 409
    assert client.post("/connection-acts/open", data=form).status_code == 200
    assert shut_kind(store) is None


def test_a_shut_connection_is_opened_by_hand(engine: Engine, store: Store) -> None:
    store.run(
        "update connection set shut_kind = 'unavailable', shut_since = now(), shut_reason = 'HTTP 503'"
        " where name = 'leeds'"
    )
    client = desk(engine, Role.OPERATIONS, store=store)
    assert "Open leeds by hand" in client.get("/flows").text
    client.post("/connection-acts/open", data={"connection": "leeds", "why": "they telephoned: it is well"})
    assert shut_kind(store) is None
    assert store.row("select step, note from timeline where who = 'Wanda' and step = 'opened'") == {
        "step": "opened", "note": "they telephoned: it is well",
    }  # fmt: skip


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT, Role.FINANCE, Role.MERCHANDISING, Role.CUSTOMER_SERVICE])
def test_whoever_may_not_open_gates_sees_no_form_and_is_refused(engine: Engine, store: Store, role: Role) -> None:
    client = desk(engine, role, store=store)
    assert "/connection-acts/" not in client.get("/flows").text
    assert client.post("/connection-acts/pause", data={"connection": "leeds", "why": "x"}).status_code == 403
    assert shut_kind(store) is None
