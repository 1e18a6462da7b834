"""What people must do by hand stands on lists that they can copy, on the command line and on the desk."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import Engine

from fleet_tests.desk import desk
from fleet_tests.full_ledger import FullLedger
from fleet_tests.terminal import Command
from workers.access.roles import Role
from workers.views.worklists import WORKLISTS, counts, entries
from workers.web.desk.sheets import as_csv


@pytest.fixture
def waiting(shipped: FullLedger) -> FullLedger:
    """SO1's part shipment waits to be assigned, and must be split off first."""
    store = shipped.store
    store.run("update shipment set route = 'courier_hook', consignment = 'RM1GB'")
    store.run(
        "select post('dispatch-in', 'khaos', 'shipment', 'SO1-1/S1', 'f', 'shipment:SO1-1/S1', 'SO1',"
        ' \'{"courier": "Royal Mail"}\', null, \'{"state": "held"}\')'
    )
    store.run(
        "select file_exception('split_in_khaos', 'invoice:SI1', 'SO1', 'dispatch-in', 'khaos', 'operations', 'warning',"
        " 'left 1 x 05012345678900; not yet 2 x A', 'Split it.', null, null)"
    )
    store.run("insert into home (site, connection, facility) values ('Leeds', 'leeds', 'LDS1')")
    store.run(
        "insert into product (erp, code, for_warehouse, body, record_id) values"
        " ('khaos', 'A', true, '{\"description\": \"<b>Mug</b>, blue\"}', 1), ('khaos', 'POST', false, '{}', 1),"
        " ('khaos', 'B', true, '{}', 1)"
    )
    store.run("insert into sku (connection, code, state) values ('leeds', 'A', 'refused'), ('leeds', 'B', 'confirmed')")
    return shipped


@pytest.mark.usefixtures("waiting")
def test_the_command_lists_what_there_is_to_do(fleet: Command) -> None:
    assert {"dispatch": 1, "publish": 1}.items() <= json.loads(fleet("worklist", "--json").out).items()
    (row,) = json.loads(fleet("worklist", "dispatch", "--json").out)
    assert (row["invoice"], row["order"], row["courier"], row["consignment"], row["tracking"], row["route"]) == (
        "SI1", "SO1", "Royal Mail", "RM1GB", "RM1GB", "courier_hook",
    )  # fmt: skip
    assert row["split"] == "left 1 x 05012345678900; not yet 2 x A"  # a SKU is no phone number: ready to copy
    (listed,) = csv.DictReader(io.StringIO(fleet("worklist", "publish", "--csv").out))
    assert (listed["sku"], listed["description"], listed["sites"], listed["state"]) == (
        "A", "<b>Mug</b>, blue", "Leeds", "refused",
    )  # fmt: skip
    shown = fleet("worklist", "dispatch").out
    assert "SI1" in shown
    assert "1 to do" in shown


@pytest.mark.usefixtures("world")
def test_a_worklist_that_there_is_not_is_one_line_and_an_empty_one_is_no_error(fleet: Command) -> None:
    ended = fleet("worklist", "lunch")
    assert (ended.code, "write one of dispatch, publish" in ended.err) == (1, True)
    assert fleet("worklist", "dispatch", "--csv", "--json").code == 1
    assert "0 to do" in fleet("worklist", "dispatch").out


def test_an_entry_goes_when_it_was_done(waiting: FullLedger, engine: Engine) -> None:
    waiting.store.run("select finish(id, 'delivered', 'shown', 'fleet') from message where kind = 'shipment'")
    waiting.store.run("update sku set state = 'confirmed'")
    assert not any(counts(engine).values())


@pytest.mark.usefixtures("waiting")
def test_every_worklist_can_be_read_by_a_spreadsheet(engine: Engine) -> None:
    for name in ("dispatch", "publish"):
        chosen = WORKLISTS[name]
        rows = entries(engine, chosen)
        assert set(rows[0]) == set(chosen.columns)
        (listed,) = csv.DictReader(io.StringIO(as_csv(tuple(chosen.columns), rows)))
        assert set(listed) == set(chosen.columns)


@pytest.mark.parametrize("text", ["=cmd|/C calc!A0", "+1+cmd", "-1+cmd", "@SUM(1)", "\t=1", "\r=1"])
def test_no_cell_of_a_list_is_a_formula_and_numbers_stay_numbers(text: str) -> None:
    (line,) = csv.DictReader(io.StringIO(as_csv(("a", "n"), [{"a": text, "n": -3}]), newline=""))
    assert (line["a"], line["n"]) == (f"'{text}", "-3")


def test_the_command_writes_no_formula_either(fleet: Command, waiting: FullLedger) -> None:
    waiting.store.run("""update product set body = jsonb_set(body, '{description}', '"=cmd|/C calc!A0"')""")
    said = fleet("worklist", "publish", "--csv")
    assert "'=cmd|/C calc!A0" in said.out, said.out


@pytest.mark.usefixtures("waiting")
def test_the_desk_escapes_what_stands_on_a_worklist_and_gives_the_same_as_csv(engine: Engine) -> None:
    seen = desk(engine)
    assert "Dispatches to assign in Khaos Control" in seen.get("/worklists").text
    page = seen.get("/worklists/publish").text
    assert "&lt;b&gt;Mug&lt;/b&gt;, blue" in page
    (listed,) = csv.DictReader(io.StringIO(seen.get("/worklists/publish.csv").text))
    assert listed["description"] == "<b>Mug</b>, blue"
    assert desk(engine, Role.VIEWER).get("/worklists/publish.csv").status_code == 403
    assert ".csv" not in desk(engine, Role.VIEWER).get("/worklists/publish").text
