"""Lists of orders hold what their names say, as pages and as sheets that run nothing."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from fleet_tests.desk import desk
from fleet_tests.seeded import seed
from workers.access.roles import Role
from workers.ledger.store import Store
from workers.views import order_lists
from workers.views.feeds import feeds
from workers.views.order_lists import Wanted
from workers.views.teams import exceptions_of
from workers.web.desk.order_lists import beginning_of_day
from workers.web.desk.today import ORDER, PARTS, parts_for, team_of

DAY = beginning_of_day(ZoneInfo("Europe/London"))


@pytest.fixture
def seeded(store: Store) -> Store:
    seed(store)
    return store


def listed(engine: Engine, name: str, warehouse: str = "", state: str = "") -> list[str]:
    return [row["order_code"] for row in order_lists.orders(engine, name, Wanted(DAY, warehouse, state))]


@pytest.mark.usefixtures("seeded")
def test_each_list_holds_what_its_name_says(engine: Engine) -> None:
    assert listed(engine, "late") == ["SO02111", "SO02112"]
    assert listed(engine, "soon") == ["SO02103", "SO02104"]
    assert set(listed(engine, "stuck")) == {"SO02107", "SO02108", "SO02111", "SO02112", "SO02115", "SO02118"}
    assert set(listed(engine, "unbooked")) == {"SO02102", "SO02109", "SO02115"}
    assert set(listed(engine, "in-hand", warehouse="daventry")) == {"SO02111", "SO02112", "SO02113", "SO02114"}
    assert set(listed(engine, "in-hand", state="new")) == {"SO02107", "SO02108", "SO02114"}
    assert "SO02101" not in listed(engine, "in-hand")
    assert [row["order_code"] for row in order_lists.not_ready(engine)] == ["SO02904", "SO02902", "SO02901", "SO02903"]
    counts = order_lists.counts(engine, DAY)
    assert (counts["late"], counts["soon"], counts["unbooked"], counts["in_hand"]) == (2, 2, 3, 14)


@pytest.mark.usefixtures("seeded")
def test_the_funnel_counts_each_order_where_it_stands(engine: Engine) -> None:
    rows = order_lists.funnel(engine, DAY)
    leeds = [row for row in rows if row["warehouse"] == "leeds"]
    assert sum(row["ready"] for row in leeds) == 2
    assert sum(row["picking"] for row in leeds) == 2
    assert sum(row["sent"] for row in leeds) == 1


@pytest.mark.usefixtures("seeded")
def test_feeds_say_which_came_and_what_is_missing(engine: Engine) -> None:
    found = {(row["what"], row["place"]): row for row in feeds(engine)}
    assert not found["whole count", "Leeds"]["late"]
    assert found["files", "Daventry"]["note"] == "1 numbers are missing"
    assert found["files", "Daventry"]["late"]


@pytest.mark.usefixtures("seeded")
def test_a_team_sees_its_own_exceptions_and_support_sees_all(engine: Engine) -> None:
    assert {row["owner"] for row in exceptions_of(engine, ("finance",))} == {"finance"}
    assert len({row["owner"] for row in exceptions_of(engine)}) == 4
    assert team_of(frozenset({Role.FINANCE})) == ("finance",)
    assert team_of(frozenset({Role.ADMIN, Role.FINANCE})) == ()


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_front_page_of_its_own(engine: Engine, role: Role, store: Store) -> None:
    assert set(PARTS[role]) <= set(ORDER)
    answer = desk(engine, role, store=store).get("/")
    assert answer.status_code == 200
    for part, words in (
        ("funnel", "From ready to booked"),
        ("feeds", "Feeds and counts"),
        ("buying", "SKUs not confirmed"),
    ):
        assert (words in answer.text) == (part in parts_for(frozenset({role})))


@pytest.mark.usefixtures("seeded")
def test_a_sheet_has_every_row_and_no_cell_that_a_spreadsheet_would_run(engine: Engine, store: Store) -> None:
    store.run("update fulfilment set associated_ref = '=HYPERLINK(\"http://x\")' where order_code = 'SO02111'")
    store.run("update fulfilment set associated_ref = '@SUM(1)' where order_code = 'SO02112'")
    text = desk(engine, store=store).get("/orders.csv?list=late").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["associated_ref"] for row in rows] == ['\'=HYPERLINK("http://x")', "'@SUM(1)"]
    assert [row["late"] for row in rows] == ["late", "late"]
    assert desk(engine, Role.VIEWER, store=store).get("/orders.csv?list=late").status_code == 403
    assert desk(engine, store=store).get("/orders?list=lunch").status_code == 404


@pytest.mark.usefixtures("seeded")
def test_a_filter_is_kept_under_a_name_for_its_person_alone(engine: Engine, store: Store) -> None:
    mine = desk(engine, Role.OPERATIONS, store=store, name="Wanda")
    form = {"name": "Leeds, late", "address": "/orders?list=late&warehouse=leeds", "form_token": "a-form-token"}
    assert "Leeds, late" in mine.post("/filters", data=form).text
    assert "Leeds, late" not in desk(engine, Role.OPERATIONS, store=store, name="Otto").get("/orders").text
    assert mine.post("/filters", data={**form, "address": "https://elsewhere.example"}).status_code == 409
    assert "Leeds, late" not in mine.post("/filters/forget", data={"name": "Leeds, late"}).text


@pytest.mark.usefixtures("seeded")
def test_what_was_sent_is_shown_to_those_who_may_see_customers_and_each_look_is_recorded(
    engine: Engine, store: Store
) -> None:
    number = (store.row("select id from message_settled where reference = 'SO02101-1'") or {})["id"]
    seen = "select count(*) as n from audit_entry where action = 'body shown'"
    masked = desk(engine, Role.VIEWER, store=store).get(f"/messages/{number}").text
    assert "Quillfeather" not in masked
    assert (store.row(seen) or {})["n"] == 0
    assert "Quillfeather" in desk(engine, Role.SUPPORT, store=store).get(f"/messages/{number}").text
    assert (store.row(seen) or {})["n"] == 1
    assert desk(engine, store=store).get("/messages/0").status_code == 404
