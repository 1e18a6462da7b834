"""Tables are changed on the desk: by role, checked, and what waits for a row is replayed from its own page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fleet_tests.desk import desk
from fleet_tests.ledger_fixtures import CONNECTIONS, configured
from workers.access.roles import Role
from workers.config import Configuration
from workers.ledger.store import Store
from workers.spine import exceptions
from workers.views.exception_groups import groups
from workers.views.snapshot import reading_engine

SITES = 'sites = {{ LDS1 = "Leeds" }}\n'


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = reading_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Configuration:
    return configured(tmp_path, CONNECTIONS + SITES)


def test_a_carrier_row_is_put_from_the_group_that_waits_for_it(
    engine: Engine, store: Store, settings: Configuration
) -> None:
    for n in range(47):
        exceptions.file(
            store.run, "unknown_carrier", subject=f"order:SO{n}-1", story=f"SO{n}", flow="dispatch-in", record=n + 1,
            connection="leeds", why="carrier.code 'RMX': add a row \"RMX\" = \"<courier>\" to [tables.carriers.clarus]",
        )  # fmt: skip
    key = groups(engine)[0]["key"]
    place = f"/exceptions/groups/{key}"
    support = desk(engine, Role.SUPPORT, store=store, settings=settings)
    shown = support.get(place).text
    assert "Add this row and replay the 47 that wait" in shown
    assert 'name="word" value="RMX"' in shown
    fields = {"table": "carriers.clarus", "word": "RMX", "value": "Royal Mail", "replay": "true", "back": place}
    refused = support.post("/tables/put", data={**fields, "why": ""})
    assert (refused.status_code, "needs a reason" in refused.text) == (409, True)
    answer = support.post("/tables/put", data={**fields, "why": "a new service"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert store.row("select total, who from group_retry") == {"total": 47, "who": "Wanda"}
    listed = support.get("/tables").text
    assert "Royal Mail" in listed
    assert "a new service" in listed
    elsewhere = {**fields, "why": "x", "back": "https://example.com/"}
    assert support.post("/tables/put", data=elsewhere, follow_redirects=False).headers["location"] == "/tables"
    back = support.post(
        "/tables/remove", data={"table": "carriers.clarus", "word": "RMX", "why": "wrong"}, follow_redirects=False
    )
    assert back.status_code == 303
    assert store.rows("select 1 from table_row") == []


def test_rules_need_their_own_right(engine: Engine, store: Store, settings: Configuration) -> None:
    rule = {"word": "all", "value": '{"to": "leeds", "facility": "LDS1"}', "why": "x"}
    for role, row, routing in (
        (Role.VIEWER, 403, 403), (Role.FINANCE, 403, 403), (Role.SUPPORT, 303, 403), (Role.OPERATIONS, 303, 303),
    ):  # fmt: skip
        client = desk(engine, role, store=store, settings=settings)
        put = {"table": "carriers.clarus", "word": "A", "value": "B", "why": "x"}
        assert client.post("/tables/put", data=put, follow_redirects=False).status_code == row, role
        assert client.post("/tables/routing/put", data=rule, follow_redirects=False).status_code == routing, role
        assert client.get("/tables").status_code == 200
    around = desk(engine, Role.SUPPORT, store=store, settings=settings).post(
        "/tables/put", data={"table": "routing", **rule}
    )
    assert (around.status_code, "right to change routing" in around.text) == (409, True)
    client = desk(engine, Role.OPERATIONS, store=store, settings=settings)
    gone = client.post("/tables/routing/remove", data={"word": "all", "why": "x"}, follow_redirects=False)
    assert (gone.status_code, store.rows("select 1 from table_row where name = 'routing'")) == (303, [])


def test_finance_puts_its_own_rows_and_no_others(engine: Engine, store: Store, settings: Configuration) -> None:
    exceptions.file(
        store.run, "reason_unmapped", subject="reason:leeds:ZZ", story="ZZ", flow="stock-in", connection="leeds",
        why="reason='ZZ': add a row `\"ZZ\" = { khaos = \"<reason>\" }` to [tables.adjustment_reasons.clarus]",
    )  # fmt: skip
    place = f"/exceptions/groups/{groups(engine)[0]['key']}"
    finance = desk(engine, Role.FINANCE, store=store, settings=settings)
    assert 'action="/tables/reasons/put"' in finance.get(place).text
    row = {"table": "adjustment_reasons.clarus", "word": "ZZ", "why": "x", "back": place}
    row["value"] = '{"khaos": "VARIANCE", "account": "5210"}'
    answer = finance.post("/tables/reasons/put", data=row, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    other = finance.post("/tables/reasons/put", data={**row, "table": "carriers.clarus", "value": "B"})
    assert (other.status_code, "who keeps the books" in other.text) == (409, True)
