"""``fleet garments`` about tags: what people see of a garment, and what they say of it, its file and its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet_tests.full_ledger import FullLedger
from fleet_tests.terminal import Command
from workers.ledger.store import Store

ONE, TWO = "A" * 24, "B" * 24


@pytest.fixture
def wardrobe(world: FullLedger) -> Store:
    """Two dresses, one of which the file and the events do not agree about, and a file that was refused."""
    run = world.store.run
    run("insert into home (site, connection, facility, told, counted_at) values ('G', 'acs', 'ACS', true, now())")
    run("insert into stock_site (site, home, purpose) values ('G', 'G', 'sell')")
    run(
        "insert into garment (connection, tag, home, sku, file_state, file_at, event_state, event_at, state, state_at)"
        " values ('acs', %s, 'G', 'DRESS', 'sellable', now(), 'inspection', now(), 'inspection', now()),"
        " ('acs', %s, 'G', 'DRESS', 'sellable', now(), null, null, 'sellable', now())",
        *(ONE, TWO),
    )
    run(
        "insert into garment_file (connection, name, content, written_at, day, rows, verdict, why)"
        " values ('acs', 'stock.csv', 'x', now(), current_date, 1, 'refused', 'rows')"
    )
    return world.store


def test_a_person_settles_a_garment_gives_it_up_and_writes_it_off_with_its_value(
    wardrobe: Store, fleet: Command, tmp_path: Path
) -> None:
    assert [row["state"] for row in fleet("garments", "show", "DRESS", "--json").json] == ["inspection", "sellable"]
    assert fleet("garments", "settle", ONE, "lovely", "--by", "Anna B").code == 1
    assert fleet("garments", "settle", ONE.lower(), "sellable", "--by", "Anna B", "--json").json["state"] == "sellable"
    assert fleet("garments", "give-up", ONE, "--by", "Anna B").code == 0
    assert "retired for good" in fleet("garments", "settle", ONE, "sellable", "--by", "Anna B").err
    (row,) = fleet("garments", "write-offs", "--json").json
    assert (row["tag"], row["reason"], row["final"]) == (ONE, "lost", True)
    (tmp_path / "assets.csv").write_text(f"tag,value,as_at\n{ONE},12.50,2026-01-31\nshoe,1,2026-01-31\n")
    refused = fleet("valuation", "assets", "assets.csv", "--by", "Anna B")
    assert (refused.code, "line 3" in refused.out) == (1, True)
    (tmp_path / "assets.csv").write_text(f"tag,value,as_at\n{ONE},12.50,2026-01-31\n")
    assert fleet("valuation", "assets", "assets.csv", "--by", "Anna B").code == 0
    assert "12.50" in fleet("garments", "write-off", ONE, "--by", "Anna B").out
    assert fleet("garments", "write-off", ONE, "--by", "Anna B").code == 1
    assert wardrobe.row("select good, other from position") == {"good": 1, "other": {}}


def test_files_are_listed_and_one_whose_record_is_gone_cannot_be_taken(wardrobe: Store, fleet: Command) -> None:
    assert [row["verdict"] for row in fleet("garments", "files", "--json").json] == ["refused"]
    assert "not kept any more" in fleet("garments", "accept-file", "stock.csv", "--by", "Anna B").err
    assert wardrobe.row("select accepted_by from garment_file") == {"accepted_by": None}
    assert fleet("garments", "charged", "SO1", ONE, "--amount", "3", "--by", "Anna B").code == 1
