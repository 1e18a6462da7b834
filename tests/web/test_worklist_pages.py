"""The forms in the rows of worklists do what their commands do, for those who keep the books."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from fleet_tests.desk import desk
from workers.access import audit
from workers.access.roles import Role
from workers.ledger.store import Store
from workers.views.snapshot import reading_engine

TAG = "3034257BF7194E4000001A85"


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = reading_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def line(store: Store) -> str:
    row = store.row(
        "insert into received_line (connection, their_id, line_id, purchase_order, home, sku, received)"
        " values ('leeds', 'r', '1', 'PO-1', 'Leeds', 'A', 5) returning id"
    )
    assert row
    return str(row["id"])


def test_received_goods_are_booked_in_their_row(engine: Engine, store: Store, line: str) -> None:
    finance = desk(engine, Role.FINANCE, store=store)
    place, form = "/worklists/received", "/worklist-acts/received"
    assert 'value="5"' in finance.get(place).text
    for units in ("some", "-1", "0", "9" * 30):
        answer = finance.post(form, data={"line": line, "units": units})
        assert (answer.status_code, "write a whole number" in answer.text) == (409, True)
    answer = finance.post(form, data={"line": line, "units": "2"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert 'value="3"' in finance.get(place).text
    assert finance.post(form, data={"line": line}).status_code == 200
    assert "Nothing is to be done" in finance.get(place).text
    assert "nothing left to be booked" in finance.post(form, data={"line": line}).text
    assert store.row("select booked, booked_by from received_line") == {"booked": 5, "booked_by": "Wanda"}
    acts = [(e["subject"], e["action"], e["object"]) for e in audit.entries(store)]
    assert acts == 2 * [("local:wanda", "received goods booked", f"received line {line}")]


def test_who_buys_does_not_say_that_goods_are_booked(engine: Engine, store: Store, line: str) -> None:
    for role in (Role.MERCHANDISING, Role.OPERATIONS, Role.VIEWER):
        person = desk(engine, role, store=store)
        assert "worklist-acts" not in person.get("/worklists/received").text
        assert person.post("/worklist-acts/received", data={"line": line}).status_code == 403
    assert store.row("select booked from received_line") == {"booked": 0}


def test_charges_are_settled_in_their_row(engine: Engine, store: Store) -> None:
    store.run(
        "insert into garment_return (connection, fulfilment, item, tag, order_code, kind, sku, received_at, graded_at,"
        " money, book) values ('acs', 'SO1-1', '1', %s, 'SO1', 'hire', 'DRESS', now(), now(), 'charge', '')",
        TAG,
    )
    finance = desk(engine, Role.FINANCE, store=store)
    assert "Dealt with" in finance.get("/worklists/charges").text
    asked = {"order": "SO1", "tag": TAG, "amount": "much"}
    assert "write what was charged" in finance.post("/worklist-acts/charges", data=asked).text
    asked["amount"] = "35.00"
    assert finance.post("/worklist-acts/charges", data=asked, follow_redirects=False).status_code == 303
    assert "is open" in finance.post("/worklist-acts/charges", data=asked).text
    (entry,) = audit.entries(store)
    assert (entry["action"], entry["object"]) == ("charges settled", f"garment {TAG} of order SO1")
    assert '"amount": "35.00"' in entry["detail"]
    assert store.row("select settled_by from garment_return") == {"settled_by": "Wanda"}
