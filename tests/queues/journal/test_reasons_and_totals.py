"""What people see of the journal: conditions without a site, the page for the floor, totals and commands."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.bookkeeping import GOOD_LINE, HOME, Warehouse
from fleet_tests.places import ROOT
from workers import recovery
from workers.journal.reason_guide import as_markdown, as_rows
from workers.journal.totals import Total
from workers.spine.people import Person
from workers.stock_in import not_carried

PAGE = ROOT / "docs" / "warehouse-adjustments.md"


def position(leeds: Warehouse, sku: str, **other: int) -> None:
    now = datetime.now(UTC)
    leeds.store.run(
        "insert into position (home, sku, good, other, began_at, ended_at) values (%s, %s, 1, %s, %s, %s)"
        " on conflict (home, sku) do update set other = excluded.other",
        HOME, sku, json.dumps(other), now, now,
    )  # fmt: skip


def test_a_condition_without_a_site_is_one_exception_with_its_value_until_it_is_gone(leeds: Warehouse) -> None:
    leeds.value("MUG", "4.00", date(2026, 1, 31))
    leeds.price("BOWL", "2.00")
    position(leeds, "MUG", damaged=3, quarantine=9, goods_in=9)
    assert not_carried.check(leeds.runtime) == 1
    assert not_carried.check(leeds.runtime) == 1
    told = leeds.world.exception("stock_not_carried")
    assert (told["owner"], told["times"]) == ("finance", 1)
    assert "3 units of condition damaged at Main Site, value 12.00, stand on no Khaos site (MUG 3)" in told["reason"]
    position(leeds, "BOWL", damaged=1)
    not_carried.check(leeds.runtime)
    told = leeds.world.exception("stock_not_carried")
    assert "4 units of condition damaged at Main Site, value 14.00 indicative" in told["reason"]
    recovery.dismiss(leeds.store, told["id"], Person("Anna"), "on our list")
    not_carried.check(leeds.runtime)
    assert leeds.world.exceptions() == []
    position(leeds, "BOWL", damaged=2)
    not_carried.check(leeds.runtime)
    assert leeds.world.exceptions() == ["stock_not_carried"]
    position(leeds, "BOWL")
    position(leeds, "MUG", quarantine=9)
    assert not_carried.check(leeds.runtime) == 0
    assert leeds.world.exceptions() == []


def test_units_that_khaos_takes_in_by_itself_are_carried(leeds: Warehouse) -> None:
    position(leeds, "MUG", damaged=3)
    leeds.store.run("select claim_goods('pending_return', %s, 'MUG', 2, 'damaged', 'return:RT1')", HOME)
    assert [(row.sku, row.units) for row in not_carried.not_carried(leeds.store)] == [("MUG", 1)]


def test_the_page_for_the_floor_is_the_one_that_the_shipped_table_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == as_markdown(as_rows()), (
        "write it anew: `fleet journal reasons --markdown --shipped > docs/warehouse-adjustments.md`"
    )


def test_every_shipped_reason_tells_the_floor_what_it_is_for_and_a_merchants_row_shows_its_account() -> None:
    assert all(row.use and row.khaos for row in as_rows())
    rows = {row.code: row for row in as_rows({"clarus": {"dmg": {"account": "5200"}, "EATEN": {"khaos": "SAMPLE"}}})}
    assert (rows["DMG"].khaos, rows["DMG"].account, rows["EATEN"].khaos) == ("DAMAGED", "5200", "SAMPLE")


@given(st.lists(st.tuples(st.integers(-9, 9), st.decimals(-99, 99, places=2) | st.none(), st.booleans())))
def test_a_total_is_a_book_value_only_if_every_part_is(parts: list[tuple[int, Decimal | None, bool]]) -> None:
    total = Total.of([{"units": n, "value": value, "indicative": vague} for n, value, vague in parts])
    assert total.indicative == any(vague or value is None for _, value, vague in parts)
    assert total.value == sum(value or 0 for _, value, _ in parts)
    assert ("indicative" in str(total)) == total.indicative


def test_the_commands_export_confirm_and_total_for_people_and_programs(
    leeds: Warehouse, database: str, tmp_path: Path
) -> None:
    def fleet(*words: str, user: str = "anna") -> tuple[int, str, str]:
        ended = subprocess.run(
            [str(Path(sys.executable).parent / "fleet"), *words],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
            env={"PATH": "/usr/bin:/bin", "DATABASE_URL": database, "FLEET_CONFIG": "none.toml",
                 "LOGNAME": user},
        )  # fmt: skip
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended.returncode, ended.stdout, ended.stderr

    (tmp_path / "values.csv").write_text(f"sku,site,quantity,unit_cost,as_at\n{GOOD_LINE}\n")
    (tmp_path / "bad.csv").write_text("sku,site,quantity,unit_cost,as_at\nMUG,Leedz,1,1,2026-10-31\n")
    code, out, err = fleet("valuation", "load", "bad.csv", "--by", "Anna")
    assert (code, "line 2: " in out, "nothing was stored" in err) == (1, True, True)
    assert json.loads(fleet("valuation", "load", "values.csv", "--by", "Anna", "--json")[1])["lines"] == 1
    leeds.adjusts("1", -2)
    leeds.adjusts("2", -2, "EATEN", sku="BOWL")
    leeds.enter()
    number = str(leeds.entry("2")["id"])
    assert fleet("journal", "map", number, "--reason", "SAMPLE", "--account", "5300", "--by", "Anna")[0] == 0
    listed = json.loads(fleet("journal", "list", "--state", "ready", "--json")[1])
    assert [row["sku"] for row in listed] == ["BOWL", "MUG"]
    assert "indicative" in fleet("journal", "totals", "--month", "2026-11")[1]
    done = json.loads(fleet("journal", "export", "--to", "out.csv", "--by", "Anna", "--json")[1])
    assert (done["file"], done["entries"], done["value"], done["indicative"]) == (
        "journal-000001.csv",
        2,
        "-13.50",
        True,
    )
    assert fleet("journal", "export", "--again", "journal-000001.csv")[0] == 0
    assert (tmp_path / "journal-000001.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    assert json.loads(fleet("journal", "export", "--json")[1]) == {"file": None, "entries": 0}
    assert fleet("journal", "loaded", "other.csv", "--by", "Bea")[2].strip().endswith("are: journal-000001.csv")
    code, _, err = fleet("journal", "loaded", "out.csv", "--by", "Bea")  # the system user who exported it
    assert (code, "who exports a journal does not confirm it" in " ".join(err.split())) == (1, True)
    assert fleet("journal", "loaded", "out.csv", "--by", "anna", user="bea")[0] == 1  # the name
    loaded = fleet("journal", "loaded", "out.csv", "--by", "Bea", "--json", user="bea")[1]
    assert json.loads(loaded)["entries"] == 2
    assert "loaded_by" in fleet("journal", "show", number)[1]
    assert fleet("journal", "show", "4711")[0] == 1
    assert fleet("journal", "totals", "--month", "November")[0] == 1
    assert "# Adjustments" in fleet("journal", "reasons", "--markdown")[1]
    position(leeds, "MUG", damaged=3)
    assert json.loads(fleet("not-carried", "--json")[1])[0]["value"] == "14.25"
