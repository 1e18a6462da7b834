"""What people do on the desk is done with the rights of fleet_web, recorded, and refused to whoever may not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql
from sqlalchemy import Engine

from fleet_tests.desk import desk
from fleet_tests.seeded import seed
from workers.access import accounts, audit, sessions
from workers.access.roles import Role
from workers.ledger import roles
from workers.ledger.store import Store
from workers.views.snapshot import reading_engine

TAG = "TAG-0042-17"


@pytest.fixture
def web_login(database: str, store: Store) -> Iterator[str]:
    """The DSN of fleet_web in front of the seeded day."""
    seed(store)
    roles.lay_roles(database)
    login, at = roles.new_login(database, roles.WEB), urlsplit(database)
    yield f"postgresql://{login.role}:{login.password}@{at.hostname}:{at.port}{at.path}"
    with psycopg.connect(database, autocommit=True) as admin:
        for role in roles.ROLES:
            admin.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(role)))


@pytest.fixture
def acting(web_login: str) -> Iterator[Store]:
    made = Store(web_login, size=2)
    yield made
    made.close()


@pytest.fixture
def engine(web_login: str) -> Iterator[Engine]:
    made = reading_engine(web_login)
    yield made
    made.dispose()


def sent(client: TestClient, path: str, **fields: Any) -> tuple[int, str]:
    answer = client.post(path, data=fields, follow_redirects=False)
    return answer.status_code, answer.headers.get("location", answer.text)


def acts(store: Store) -> list[tuple[str, str]]:
    return [(entry["action"], entry["object"]) for entry in reversed(audit.entries(store))]


def test_a_sku_is_counted_again_where_its_warehouse_can_be_asked(engine: Engine, acting: Store) -> None:
    support = desk(engine, Role.SUPPORT, store=acting)
    assert sent(support, "/stock-acts/recount", site="Leeds", sku="MUG-SAND") == (303, "/stock")
    assert acting.row("select home, sku, why from recount") == {
        "home": "Leeds", "sku": "MUG-SAND", "why": "asked for by Wanda",
    }  # fmt: skip
    assert sent(support, "/stock-acts/recount", site="Leeds", sku="NONE")[0] == 409
    assert sent(support, "/stock-acts/recount", site="Nowhere", sku="MUG-SAND")[0] == 409
    assert desk(engine, Role.VIEWER, store=acting).post("/stock-acts/recount").status_code == 403
    assert acts(acting) == [("recount asked for", "SKU MUG-SAND at Leeds")]


def test_a_difference_of_a_warehouse_that_is_asked_stands_on_stock_and_its_count_is_adopted(
    engine: Engine, store: Store, acting: Store
) -> None:
    store.run(
        "insert into asked_book (home, sku, ended, agreed, counted, counted_at, counts) values"
        " ('Leeds', 'MUG-SAND', now(), 9, 7, now(), 2)"
    )
    finance = desk(engine, Role.FINANCE, store=acting)
    page = finance.get("/stock").text
    assert ("9 in all" in page, "7 in all" in page, "Count it again" in page) == (True, True, True)
    seen = re.search(r'value="MUG-SAND">\s*<input type="hidden" name="seen" value="([0-9a-f]+)"', page)
    assert seen is not None
    form = {"site": "Leeds", "sku": "MUG-SAND", "seen": seen[1]}
    assert sent(finance, "/stock-acts/adopt", **form)[0] == 409  # without a reason
    store.run("update asked_book set counted = 5")
    assert sent(finance, "/stock-acts/adopt", **form, why="counted twice")[0] == 409  # another figure than they saw
    assert sent(finance, "/stock-acts/adopt", **{**form, "seen": ""}, why="counted twice")[0] == 409
    store.run("update asked_book set counted = 7")
    assert sent(finance, "/stock-acts/adopt", **form, why="counted twice") == (303, "/stock")
    assert "9 in all" not in finance.get("/stock").text
    assert acts(acting) == [("count adopted", "SKU MUG-SAND at Leeds")]


def test_values_are_loaded_whole_or_not_at_all(engine: Engine, acting: Store) -> None:
    finance, place = desk(engine, Role.FINANCE, store=acting), "/journal-acts/values/units"
    good = "sku,site,quantity,unit_cost,as_at\nBOWL-OAK,Leeds,10,2.50,2026-01-31\n"
    for bad, words in (
        (b"\xff\xfe", "UTF-8"),
        (b"", "choose a CSV"),
        (good.encode() + b"X,Leeds,1,much,2026-01-31\n", ""),
    ):
        answer = finance.post(place, files={"file": ("values.csv", bad)})
        assert (answer.status_code, words in answer.text) == (409, True)
    assert acting.rows("select 1 from valuation") == []
    answer = finance.post(place, files={"file": ("values.csv", good)}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/journal")
    assert acting.rows("select sku, uploaded_by from valuation") == [{"sku": "BOWL-OAK", "uploaded_by": "Wanda"}]
    tags = {"file": ("assets.csv", f"tag,value,as_at\n{'3034257BF7194E4000001A85'},80.00,2026-01-31\n")}
    assert finance.post("/journal-acts/values/garments", files=tags, follow_redirects=False).status_code == 303
    assert acts(acting) == [("values loaded", "values of units"), ("values loaded", "values of garments")]


def test_returns_are_announced_one_by_one_and_by_a_file(engine: Engine, store: Store, acting: Store) -> None:
    store.run("update fulfilment set shipped = '{\"MUG-SAND\": 2}' where order_code = 'SO02101'")
    clerk = desk(engine, Role.CUSTOMER_SERVICE, store=acting)
    line = {"name": "RMA-1", "order": "SO02101", "sku": "MUG-SAND", "quantity": "1"}
    status, page = sent(clerk, "/return-advice/line", **line)
    assert (status, "1 announced" in page) == (200, True)
    status, page = sent(clerk, "/return-advice/line", **line | {"name": "RMA-2", "quantity": "9"})
    assert (status, "9 of MUG-SAND shall come back, and 2 were dispatched" in page) == (409, True)
    text = "rma,order,sku,quantity\nRMA-1,SO02101,MUG-SAND,1\nRMA-3,SO02101,MUG-SAND,1\n"
    page = clerk.post("/return-advice/file", files={"file": ("rmas.csv", text)}).text
    assert ("RMA-3" in page, "Known already, and not changed: RMA-1" in page) == (True, True)
    assert "header lacks rma" in clerk.post("/return-advice/file", files={"file": ("rmas.csv", "a,b\n1,2\n")}).text
    assert desk(engine, Role.FINANCE, store=acting).post("/return-advice/line", data=line).status_code == 403
    assert acts(acting) == [("returns announced", "1 returns")] * 2


def test_a_garment_is_said_to_be_something_given_up_and_written_off(engine: Engine, acting: Store) -> None:
    finance = desk(engine, Role.FINANCE, store=acting)
    assert "Say what it is" in finance.get(f"/garments/{TAG}").text
    settle = {"tag": TAG, "state": "inspection"}
    assert sent(finance, "/garment-acts/say/settle", **settle)[0] == 409
    assert sent(finance, "/garment-acts/say/settle", **settle, why="seen on the rail") == (303, f"/garments/{TAG}")
    assert acting.row("select state from garment where tag = %s", TAG) == {"state": "inspection"}
    assert desk(engine, Role.SUPPORT, store=acting).post("/garment-acts/end/give-up").status_code == 403
    assert sent(finance, "/garment-acts/end/give-up", tag=TAG, why="searched twice")[0] == 303
    assert TAG in finance.get("/garments").text
    assert sent(finance, "/garment-acts/end/write-off", tag=TAG, why="it is gone") == (303, "/garments")
    assert "Write it off" not in finance.get("/garments").text
    status, page = sent(finance, "/garment-acts/end/write-off", tag=TAG, why="again")
    assert (status, "the page Journal" in page, "fleet" in page.split("<main")[1].split("</main")[0]) == (
        409,
        True,
        False,
    )
    said = ["garment's state said", "garment given up", "garment written off"]
    assert acts(acting) == [(action, f"garment {TAG}") for action in said]


def test_an_administrator_makes_changes_resets_and_shuts_accounts_but_not_their_own(
    engine: Engine, store: Store, acting: Store
) -> None:
    accounts.add(store, "wanda", {Role.ADMIN})
    admin = desk(engine, Role.ADMIN, store=acting)
    status, page = sent(admin, "/access-acts/accounts/add", name="Otto", role=["support", "viewer"])
    assert (status, "otpauth://totp" in page, "no-store" in admin.get("/access").headers["cache-control"]) == (
        200,
        True,
        True,
    )
    assert accounts.known(store, "otto").roles == {Role.SUPPORT, Role.VIEWER}
    assert sent(admin, "/access-acts/accounts/add", name="eva", role=["king"])[0] == 409
    sessions.begin(store, "local:otto", "otto", {Role.SUPPORT}, "127.0.0.1")
    for deed, more in (("roles", {"role": ["finance"]}), ("disable", {}), ("enable", {})):
        assert sent(admin, f"/access-acts/accounts/change/{deed}", name="otto", **more) == (303, "/access")
        assert sent(admin, f"/access-acts/accounts/change/{deed}", name="wanda", **more)[0] == 409
    assert accounts.known(store, "otto").roles == {Role.FINANCE}
    assert sessions.standing(store) == []
    assert sent(admin, "/access-acts/accounts/reset", name="otto")[0] == 200
    assert sent(admin, "/access-acts/accounts/reset", name="wanda")[0] == 409
    assert "own account" in sent(admin, "/access-acts/accounts/change/disable", name="wanda")[1]
    assert acts(acting) == [
        (action, "account otto")
        for action in ("account added", "roles changed", "account disabled", "account enabled", "account reset")
    ]
    assert desk(engine, *set(Role) - {Role.ADMIN}, store=acting).get("/access").status_code == 403


def test_sessions_and_tokens_of_others_are_ended(engine: Engine, store: Store, acting: Store) -> None:
    admin = desk(engine, Role.ADMIN, store=acting)
    sessions.begin(store, "oidc:8271", "Anna B", {Role.SUPPORT}, "192.0.2.7")
    assert "Anna B" in admin.get("/access").text
    number = sessions.standing(store)[0]["number"]
    for status in (303, 409):
        assert sent(admin, "/access-acts/sessions/revoke", number=str(number))[0] == status
    status, page = sent(admin, "/access-acts/tokens/add", name="help-desk", scope="returns-advice")
    assert (status, "fleet_" in page) == (200, True)
    assert sent(admin, "/access-acts/tokens/add", name="help-desk", scope="everything")[0] == 409
    for status in (303, 409):
        assert sent(admin, "/access-acts/tokens/revoke", number="1")[0] == status
    assert [action for action, _ in acts(acting)] == ["session revoked", "token added", "token revoked"]


def test_the_record_is_found_by_who_what_and_when_proven_and_saved(engine: Engine, store: Store, acting: Store) -> None:
    for n in range(3):
        audit.record(
            store, audit.Actor("local:anna", "Anna"), "exception retried", f"exception {n}", reason="<b>mended"
        )
    audit.record(store, audit.Actor("os:root", "Bob", "Bobby", "root", "vm1"), "gate opened", "connection leeds")
    reader = desk(engine, Role.PRIVACY, store=acting)
    page = reader.get("/record").text
    assert ("4 shown" in page, "&lt;b&gt;mended" in page, "calls themselves Bobby" in page) == (True, True, True)
    for query, n in (
        ("who=local:anna", 3), ("what=gate+opened", 1), ("thing=exception+2", 1), ("since=2000-01-01", 4),
        ("until=2000-01-01", 0), ("since=9999-12-31", 0), ("until=9999-12-31", 4), ("since=x&before=2", 1),
    ):  # fmt: skip
        assert f"{n} shown" in reader.get(f"/record?{query}").text or not n, query
    assert "Nobody changed the record" in reader.get("/record/proof").text
    lines = reader.get("/record.jsonl").text.splitlines()
    assert not audit.verify(map(json.loads, lines)).faults
    assert len(lines) == 5  # the export itself is in it
    with store.connection() as db, db.transaction():
        db.execute("set local session_replication_role = replica")
        db.execute("update audit_entry set subject = 'os:nobody' where id = 2")
    assert "entry 2: it was changed" in reader.get("/record/proof").text
    assert desk(engine, Role.OPERATIONS, Role.VIEWER, store=acting).get("/record").status_code == 403
