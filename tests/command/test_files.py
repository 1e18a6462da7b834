"""A warehouse that speaks by files: did their file come, what was sent, and where its count and its word differ."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import Engine

from fleet_tests.desk import desk
from fleet_tests.full_ledger import FullLedger
from fleet_tests.terminal import Command
from workers.edi.collect import pack
from workers.spine.policy import VERDICTS
from workers.views.orders import order_story

SITE = "Northampton"


class Gxo:
    """A facility whose files come, whose stock is told, and that was sent an order."""

    def __init__(self, world: FullLedger) -> None:
        self.store = world.store
        self.world = world

    def come(self, name: str, number: int | None, data: bytes = b"", patience: int = 1800) -> str:
        body = pack("GBNH01", name, data or name.encode())
        told = {
            "connection": "gxo", "facility": "GBNH01", "name": name, "number": number, "readable": True,
            "sha256": hashlib.sha256(body).hexdigest(), "patience": patience,
        }  # fmt: skip
        return str(self.world.one("select take_file(%s, %s) as it", json.dumps(told), body))

    def move(self, number: int, minute: int, **units: int) -> None:
        told = {
            "home": SITE, "document": f"adjustment {number}", "number": number,
            "written": f"2026-11-02T06:{minute:02}:00Z", "cause": "adjusted_down", "word": "AA N",
            "moves": [{"sku": sku, "condition": "good", "units": n} for sku, n in units.items()],
        }  # fmt: skip
        self.store.run("select tell_moves(%s)", json.dumps(told))

    def count(self, number: int, minute: int, **units: int) -> None:
        snapshot = self.world.one("insert into snapshot (home, began_at) values (%s, now()) returning id as it", SITE)
        for sku, n in units.items():
            self.store.run("insert into snapshot_line values (%s, %s, 'good', %s)", snapshot, sku, n)
        at = f"2026-11-02T06:{minute:02}:00Z"
        told = {"home": SITE, "document": f"SNAP{number}", "number": number, "written": at, "at": at}
        self.store.run("select take_told_count(%s, %s)", json.dumps(told), snapshot)


@pytest.fixture
def gxo(world: FullLedger) -> Gxo:
    world.store.run("insert into connection (name, system) values ('gxo', 'gxo')")
    world.store.run("insert into home (site, connection, facility, told) values (%s, 'gxo', 'GBNH01', true)", SITE)
    world.store.run("insert into stock_site (site, home, purpose) values (%s, %s, 'sell')", SITE, SITE)
    return Gxo(world)


@pytest.fixture
def differing(gxo: Gxo) -> Gxo:
    """10 mugs were counted, 2 were told to have gone, and the next count shows 5."""
    gxo.count(1, 0, MUG=10, BOWL=3)
    gxo.move(2, 1, MUG=-2)
    gxo.count(3, 2, MUG=5, BOWL=3)
    return gxo


def test_support_sees_which_files_came_what_became_of_them_and_which_are_missing(gxo: Gxo, fleet: Command) -> None:
    assert gxo.come("945_000000001.edi", 1) == "taken"
    assert gxo.come("945_000000001.edi", 1) == "repeated"
    assert gxo.come("945_000000001.edi", 1, b"other") == "kept"
    assert gxo.come("846_000000004.edi", 4) == "taken"
    gxo.store.run("delete from record_unread where record_id = (select min(record_id) from partner_file)")
    gxo.store.run("update expectation set missed_at = now() where subject like '%%:2'")
    told = fleet("files", "gxo", "--json").json
    assert [(f["name"], f["number"], f["effect"], f["reading"].partition(":")[0]) for f in told["files"]] == [
        ("846_000000004.edi", 4, "taken", "waits to be read"),
        ("945_000000001.edi", 1, "kept", "not read"),
        ("945_000000001.edi", 1, "repeated", "came before"),
        ("945_000000001.edi", 1, "taken", "read"),
    ]
    assert {(f["facility"], f["site"]) for f in told["files"]} == {("GBNH01", SITE)}
    assert [(m["facility"], m["number"], m["state"]) for m in told["missing"]] == [
        ("GBNH01", 2, "missing"), ("GBNH01", 3, "may still come"),
    ]  # fmt: skip
    gxo.come("945_000000002.edi", 2)
    text = fleet("files").out
    assert "846_000000004.edi" in text
    assert "5 files, 1 missing numbers" in text


def test_a_part_of_a_name_and_a_facility_narrow_the_files(gxo: Gxo, fleet: Command) -> None:
    gxo.come("945_000000001.edi", 1)
    gxo.come("item_MODA_20261102060000.result.csv", None)
    assert [f["name"] for f in fleet("files", "--name", "RESULT", "--json").json["files"]] == [
        "item_MODA_20261102060000.result.csv"
    ]
    assert fleet("files", "--facility", "GBNH02", "--json").json == {"files": [], "missing": []}
    said = fleet("files", "leeds")
    assert said.code == 1
    assert "known are: gxo" in said.err


def test_a_file_of_which_something_could_not_be_read_says_so(gxo: Gxo, fleet: Command) -> None:
    gxo.come("945_000000001.edi", 1)
    record = gxo.world.one("select record_id as it from partner_file")
    gxo.store.run("delete from record_unread")
    gxo.store.run(
        "select post('dispatch-in', 'gxo', 'read', 'record 1', 'f', 'read:gxo:file:1', 'record 1', '{}', null,"
        ' \'{"state": "dead", "error_kind": "unreadable", "error": "cut off"}\')'
    )
    gxo.store.run("update message set record_id = %s", record)
    assert [f["reading"] for f in fleet("files", "--json").json["files"]] == ["could not be read"]


def test_what_was_told_and_what_was_counted_stand_side_by_side_until_a_person_takes_the_count(
    differing: Gxo, fleet: Command
) -> None:
    (row,) = fleet("stock-differences", "list", "--json").json
    assert row == {
        "home": SITE, "sku": "MUG", "book": {"good": 8}, "counted": {"good": 5}, "held": 5,
        "units": -3, "unit_cost": None, "value": None, "indicative": True, "version": row["version"],
    }  # fmt: skip
    text = fleet("stock-differences", "list", "--site", SITE).out
    assert "8 good" in text
    assert "1 SKUs differ" in text
    assert fleet("stock-differences", "list", "--site", "Leeds", "--json").json == []
    differing.store.run("update told_sku set counted = '{\"good\": 4}' where sku = 'MUG'")
    said = fleet("stock-differences", "adopt", SITE, "MUG", "--by", "Anna B", "--seen", row["version"])
    assert (said.code, "has changed since you looked" in said.err) == (1, True)
    differing.store.run("update told_sku set counted = '{\"good\": 5}' where sku = 'MUG'")
    said = fleet("stock-differences", "adopt", SITE, "MUG", "--by", "Anna B", "--seen", row["version"], "--json").json
    assert said == {"site": SITE, "sku": "MUG", "booked": [{"condition": "good", "units": -3}], "by": "Anna B"}
    booked = differing.store.rows("select cause, units, reason from movement where reason <> ''")
    assert [(m["cause"], m["units"], m["reason"]) for m in booked] == [("adjusted_down", 3, "COUNT")]
    assert differing.world.one("select who as it from timeline where step = 'count adopted'") == "Anna B"
    assert fleet("stock-differences", "list", "--json").json == []


def test_nothing_is_adopted_where_nothing_differs_or_nobody_says_so(differing: Gxo, fleet: Command) -> None:
    said = fleet("stock-differences", "adopt", SITE, "BOWL", "--by", "Anna B")
    assert said.code == 1
    assert "count and movements agree" in said.err
    assert fleet("stock-differences", "adopt", SITE, "MUG", "--by", " ").code == 1
    assert fleet("stock-differences", "adopt", SITE, "MUG").code == 2
    assert differing.world.one("select differs as it from told_sku where sku = 'MUG'")


def test_the_verdict_of_a_difference_names_the_command_that_settles_it() -> None:
    assert "`fleet stock-differences adopt SITE SKU --by NAME`" in VERDICTS["stock_differs"].next_step


def test_the_stock_of_a_sku_tells_the_book_the_last_count_and_when(
    differing: Gxo, fleet: Command, engine: Engine
) -> None:
    (told,) = fleet("stock", "MUG", "--json").json["told"]
    assert (told["site"], told["book"], told["counted"], told["differs"], told["count"]) == (
        SITE, {"good": 8}, {"good": 5}, True, "SNAP3",
    )  # fmt: skip
    assert told["counted_at"] == "2026-11-02T06:02:00+00:00"
    assert told["agreed_at"] == "2026-11-02T06:00:00+00:00"
    text = fleet("stock", "MUG").out
    for word in ("8 good", "5 good", "SNAP3", "2026-11-02 06:02:00", "They differ"):
        assert word in text
    differing.move(4, 3, NEW=1)
    text = fleet("stock", "NEW").out
    assert "no count has named it" in text
    assert "They differ" not in fleet("stock", "BOWL").out
    page = desk(engine).get("/stock/MUG").text
    assert "8 good" in page
    assert "count and movements differ" in page


@pytest.fixture
def sent(gxo: Gxo) -> Gxo:
    """SO1-1 went out under number 2, after a first writing under 1 that was never sent; it was accepted."""
    message = gxo.world.post("SO1-1", connection="gxo")
    gxo.world.post("SO2-1")
    gxo.store.run("select number_for('gxo', %s, 1)", message)
    gxo.store.run("select number_for('gxo', %s, 2)", message)
    head = json.dumps({"facility": "GBNH01", "name": "940_000000002.edi", "reference": "SO1-1"}).encode()
    wire = head + b"\nISA*00*\xff~"
    gxo.store.run("update message_body set wire = %s where message_id = %s", wire, message)
    gxo.store.run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, associated_ref, site, warehouse,"
        " facility, state, fingerprint, requested, shipped, shipments, stage, their_id, sent_at, accepted_at) values"
        " ('SO1-1', 'khaos', 'SO1', 1, 'SI1', '', %s, 'gxo', 'GBNH01', 'sent', 'f', '{\"A\": 3}', '{}', 0, 9, 'SO1-1',"
        " now(), '2026-11-02T06:00:00Z')",
        SITE,
    )
    return gxo


@pytest.mark.usefixtures("sent")
def test_an_orders_story_names_control_number_and_file_and_when_it_was_accepted(fleet: Command, engine: Engine) -> None:
    told = fleet("order", "SO1", "--json").json
    assert [(f["number"], f["file"], f["reference"], f["connection"]) for f in told["files"]] == [
        (1, "", "SO1-1", "gxo"), (2, "940_000000002.edi", "SO1-1", "gxo"),
    ]  # fmt: skip
    assert told["fulfilments"][0]["accepted_at"] == "2026-11-02T06:00:00+00:00"
    text = fleet("order", "SO1").out
    assert "940_000000002.edi" in text
    assert "2026-11-02 06:00:00" in text
    assert fleet("order", "SO2", "--json").json["files"] == []
    for asked in ("940_000000002.edi", "2", "000000001"):
        found = order_story(engine, asked)
        assert found is not None
        assert found.stories == ("SO1",)
    assert order_story(engine, "945_000000002.edi") is None
    assert order_story(engine, "940_000000001.edi") is None, "that was never sent"
    assert order_story(engine, "3") is None
    assert "940_000000002.edi" in desk(engine).get("/orders/SO1").text


def test_what_a_warehouse_shall_answer_is_expected_in_words(sent: Gxo, fleet: Command) -> None:
    for what in ("received", "accepted"):
        sent.store.run(
            "insert into expectation (subject, what, story, due_at, kind, flow, connection) values ('order:SO1-1', %s,"
            " 'SO1', now() + interval '1 hour', 'answer_missing', 'orders-out', 'gxo')",
            what,
        )
    assert {e["what"] for e in fleet("order", "SO1", "--json").json["expected"]} >= {
        "the warehouse says that it could read it", "the warehouse accepts or refuses it",
    }  # fmt: skip
