"""Odd stock files: a name of next year, a stub that is laid again whole, rows that cannot be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.acs import Garments
from workers.stock_in import garment_people

READY = "In warehouse - ready for customer"


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    place = build_acs()
    place.world.stock("DRESS", units=0)
    place.world.poll()
    return place


def tag(number: int) -> str:
    return f"{number:024X}"


def csv(*rows: tuple[str, ...], header: str = "SKU,RFID,Location") -> bytes:
    return "\r\n".join([header, *(",".join(row) for row in rows), ""]).encode()


def ready(*numbers: int) -> bytes:
    return csv(*(("DRESS", tag(n), READY) for n in numbers))


def short(acs: Garments) -> dict[int, str]:
    return {int(one, 16): state for one, state in acs.states().items()}


def test_a_file_named_after_next_year_counts_when_it_came_and_outranks_none_that_follows(acs: Garments) -> None:
    acs.lay(ready(1, 2), days=-1)
    acs.take()
    acs.lay(ready(1, 2, 3), days=366)
    acs.take()
    assert (short(acs), acs.world.exceptions()) == (dict.fromkeys((1, 2, 3), "sellable"), ["clock_ahead"])
    acs.store.run("update home set counted_at = counted_at - interval '1 hour'")  # an hour goes by
    acs.store.run("update garment_file set written_at = written_at - interval '1 hour'")
    acs.store.run("update garment set file_at = file_at - interval '1 hour'")
    acs.lay(ready(1, 3))
    acs.take()
    assert (short(acs), acs.world.exceptions()) == ({1: "sellable", 2: "unseen", 3: "sellable"}, [])


def test_a_stub_that_is_laid_again_whole_under_its_name_is_the_mended_file(acs: Garments) -> None:
    acs.lay(ready(*range(10)), days=-1)
    acs.take()
    name = acs.lay(ready(*range(7)))
    acs.take()
    assert list(short(acs).values()).count("unseen") == 3
    acs.lay(ready(*range(11)), name=name)
    acs.take()
    whole = dict.fromkeys(range(11), "sellable")
    assert (short(acs), acs.world.exceptions()) == (whole, [])
    for row in acs.store.rows("select id from record where source = 'stock file' order by id"):
        acs.runtime.store.row("select read_record_again(%s)", row["id"])
    acs.world.go()
    assert (short(acs), acs.world.exceptions()) == (whole, [])
    acs.store.run("analyze garment_file")  # Postgres then reads the few rows in the order in which they were written
    acs.lay(ready(*range(8)), name=name)
    acs.take()
    assert (short(acs), acs.world.exceptions()) == (whole, ["stock_file_refused"])
    assert "11 in the file of the same name" in acs.world.exception("stock_file_refused")["reason"]


def test_of_files_under_one_name_the_one_that_a_person_accepted_last_is_the_measure(acs: Garments) -> None:
    name = acs.lay(ready(*range(4)))
    acs.take()
    for rows in (3, 5):  # three are refused; of five it is the mended file
        acs.lay(ready(*range(rows)), name=name)
        acs.take()
    assert list(short(acs).values()).count("sellable") == 5
    garment_people.accept_file(acs.store, name, "Anna")
    acs.world.go()
    acs.store.run("analyze garment_file")
    assert (list(short(acs).values()).count("sellable"), acs.world.exceptions()) == (3, [])
    acs.lay(ready(*range(4), 9), name=name)
    acs.take()
    assert (list(short(acs).values()).count("sellable"), acs.world.exceptions()) == (5, [])


def test_rows_without_a_code_that_can_be_looked_up_are_named_and_nothing_is_concluded_from_their_absence(
    acs: Garments,
) -> None:
    acs.lay(ready(1, 2, 3, 4), days=-1)
    acs.take()
    acs.lay(csv(("DRESS", tag(1), READY), ("", tag(2), READY), ("NULL", tag(3), READY), ("X" * 4000, tag(4), READY)))
    acs.take()
    rows = acs.store.rows("select sku, state from garment order by tag")
    assert [(row["sku"], row["state"]) for row in rows] == [("DRESS", "sellable")] * 4
    reasons = [row["reason"] for row in acs.store.rows("select reason from exception where state = 'open'")]
    assert len(reasons) == 2
    assert all("row " in reason and "ask ACS" in reason for reason in reasons)


def test_words_for_no_value_are_none_and_a_column_that_nobody_reads_may_say_anything(acs: Garments) -> None:
    header = "SKU,RFID,Location,UniqueSKU,OrderNumber,Grade,LastScan"
    acs.lay(
        csv(
            ("DRESS", tag(1), READY, "NULL", "nan", "n/a", "03/12/2026 15:20"),
            ("DRESS", tag(2), READY, "(null)", "None", "-", "NULL"),
            header=header,
        )
    )
    acs.take()
    rows = acs.store.rows("select unique_sku, file_order, file_grade, state from garment order by tag")
    assert [tuple(row.values()) for row in rows] == [("", "", None, "sellable")] * 2
    assert acs.world.exceptions() == []


def test_more_rows_than_are_named_one_by_one_are_counted(acs: Garments) -> None:
    bad = [("DRESS", f"no tag {n}", READY) for n in range(60)]
    acs.lay(csv(("DRESS", tag(1), READY), *bad))
    acs.take()
    reasons = [row["reason"] for row in acs.store.rows("select reason from exception where state = 'open'")]
    assert (len(reasons), [one for one in reasons if one.startswith("10 more cells")] != []) == (51, True)
    acs.lay(ready(*range(40)), days=0.001)
    acs.take()
    assert acs.world.exceptions() == []
