"""One field finds whatever goes by a code; people are found only by those who may, and every question has its index."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from fleet_tests.desk import desk
from fleet_tests.seeded import seed
from workers.access.roles import Role
from workers.bench.past import Past, fill
from workers.ledger.store import Store
from workers.views.exception_groups import GROUPS
from workers.views.exceptions import LISTED, OPEN_FIRST
from workers.views.order_lists import COUNTS, LISTS, NOT_READY
from workers.views.search import PERSON, PROBES, SKU, find_people, search
from workers.web.desk.order_lists import beginning_of_day

ORDERS = 20_000


@pytest.fixture
def seeded(store: Store) -> Store:
    seed(store)
    return store


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(
    ("ref", "place", "code"),
    [
        ("SO02101", "order", "SO02101"),
        ("so02101", "order", "SO02101"),
        (" INV05101 ", "order", "SO02101"),
        ("WEB-90101", "order", "SO02101"),
        ("SO02101-1", "order", "SO02101"),
        ("SO02101-1/S1", "order", "SO02101"),
        ("770101", "order", "SO02101"),
        ("15501234567891", "order", "SO02101"),
        ("SO02901", "order", "SO02901"),
        ("INV05901", "order", "SO02901"),
        ("MUG-SAND", "sku", "MUG-SAND"),
        ("mug-sand", "sku", "MUG-SAND"),
        ("TAG-0042-17", "garment", "TAG-0042-17"),
        ("RT0000001", "return", "RT0000001"),
        ("RMA0000007", "return", "RMA0000007"),
        ("CN00812", "order", "SO02101"),
        ("PO-7781", "purchase order", "PO-7781"),
        ("945_GBDV01_20261129_000481.edi", "file", "945_GBDV01_20261129_000481.edi"),
    ],
)
def test_whatever_code_is_in_hand_leads_to_its_page(engine: Engine, ref: str, place: str, code: str) -> None:
    assert [(hit.place, hit.code) for hit in search(engine, ref)] == [(place, code)]


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("ref", ["", "nothing", "%", "'; drop table message; --", "ü" * 90, "Quillfeather"])
def test_what_nobody_knows_is_not_found(engine: Engine, ref: str) -> None:
    assert search(engine, ref) == []


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("word", ["Quillfeather", "ls1 4ab", "LS14AB", "Wilhelmina@Example.com"])
def test_an_order_is_found_by_surname_postcode_and_e_mail(engine: Engine, word: str) -> None:
    assert "SO02101" in {row["code"] for row in find_people(engine, word)}


@pytest.mark.usefixtures("seeded")
def test_only_who_may_see_customers_finds_by_them_and_each_look_is_recorded(engine: Engine, store: Store) -> None:
    looks = "select count(*) as n from audit_entry where action = 'customers searched'"
    assert desk(engine, Role.VIEWER, store=store).get("/search?q=Quillfeather").status_code == 404
    assert (store.row(looks) or {})["n"] == 0
    found = desk(engine, Role.CUSTOMER_SERVICE, store=store).get("/search?q=Quillfeather")
    assert found.status_code == 200
    assert "SO02101" in found.text
    assert (store.row(looks) or {})["n"] == 1


@pytest.fixture
def long_ledger(store: Store) -> Store:
    store.run("insert into connection (name, system) values ('khaos', 'khaos'), ('leeds', 'clarus')")
    fill(store, Past(settled=6 * ORDERS, exceptions=8000, in_hand=4000))
    store.run(
        "insert into message_body (message_id, body) select id, jsonb_build_object('address', jsonb_build_object("
        "'name', 'Anna Name' || id, 'postcode', 'LS' || id, 'email', id || '@example.com'))"
        " from message_settled where flow = 'orders-out' on conflict do nothing"
    )
    store.run(
        "insert into demand (erp, invoice_code, order_code, sku, units, stage, shipped) select 'khaos', 'D' || n,"
        " 'DO' || n, 'A' || mod(n, 5000), 1, 9, false from generate_series(1, 20000) n"
    )
    store.run("vacuum analyze message_body")
    store.run("vacuum analyze demand")
    return store


def scanned(engine: Engine, sql: str, **values: object) -> set[str]:
    """The big tables, or partitions of them, that a statement reads from end to end."""
    with engine.connect() as reading:
        plan = "\n".join(row[0] for row in reading.execute(text(f"explain {sql}"), values))
        big = reading.execute(text("select relname from pg_class where relkind = 'r' and reltuples > 1000"))
        return {row[0] for row in big if f"Seq Scan on {row[0]} " in plan}


@pytest.mark.usefixtures("long_ledger")
def test_no_question_reads_a_big_table_from_end_to_end(engine: Engine) -> None:
    for found_as, _, sql in PROBES:
        assert not scanned(engine, sql, ref="H000000077"), found_as
    assert not scanned(engine, SKU, ref="A1")
    assert not scanned(engine, PERSON, keys=["postcode:LS77"], limit=25)
    values: dict[str, object] = {
        "limit": 200,
        "warehouse": "",
        "states": ["new", "sent"],
        "courier": "",
        "day": beginning_of_day(ZoneInfo("Europe/London")),
    }
    for name, one in LISTS.items():
        given = {key: value for key, value in values.items() if f":{key}" in one.references}
        assert not scanned(engine, one.references, **given), name
    assert not scanned(engine, NOT_READY, limit=200)
    asked_of = {"soon": 3, "many": 10_001, "day": values["day"], "states": ["new", "sent"]}
    assert scanned(engine, COUNTS, **asked_of) <= {"expectation"}  # which is of orders in hand alone
    causes = scanned(engine, GROUPS.format(wanted="", having=""), limit=100, looked_at=300)
    assert causes <= {"exception_count"}  # as many rows as there are causes
    for state in ("open", "resolved", "dismissed"):
        order = OPEN_FIRST if state == "open" else "closed_at desc"
        for wanted in ("", " and kind = 'short_pick'"):
            asked = f"{LISTED} where state = '{state}'{wanted} order by {order} limit 300"
            assert not scanned(engine, asked), (state, wanted)
