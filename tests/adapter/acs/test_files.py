"""Files over SFTP, against the stand-in: the stock file copied and archived, set-up files laid, results read."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from adapters.acs.files import AcsFiles
from adapters.errors import Rejected
from adapters.sftp.files import Dropped
from mappings.acs import Form, Grades, States, is_there, read_garments, read_setup_result, survey, write_setup_file
from mappings.canonical import GarmentItem, GarmentRow, GarmentState


def item(number: int) -> GarmentItem:
    return GarmentItem(product_sku="FILE-10", unique_sku=f"FILE_{number}-10", name="Dress", sizes="10")


def garments(files: AcsFiles, path: str) -> list[GarmentRow]:
    file = io.BytesIO()
    files.copy(path, file)
    form = Form({})
    found = list(read_garments(file, form, survey(file, form), states=States(), grades=Grades()))
    assert all(isinstance(one, GarmentRow) for one in found)
    return [one for one in found if isinstance(one, GarmentRow)]


def test_garments_are_set_up_arrive_and_stand_in_the_daily_file(sandbox: Any, files: AcsFiles) -> None:
    files.ping()
    name, data = write_setup_file(map(item, range(3)), "TESTACS", date(2026, 11, 20), 1)
    assert files.drop_setup(name, data) is Dropped.WRITTEN
    wanted = name.replace(".csv", ".result.csv")
    (result,) = sandbox.until(lambda: [one for one in files.setup_results() if one.name == wanted])
    results, bad = read_setup_result(files.fetch(result.path))
    assert bad == []
    assert [is_there(one) for one in results] == [True] * 3
    assert files.archive(result.path)
    assert files.archive(result.path) is None
    sandbox.until(lambda: sandbox.books("counts").get("FILE-10") == {"Ready": 3})
    (laid,) = sandbox.floor(stock_file={})
    (entry,) = [one for one in files.stock_files() if one.name == laid["stock_file"]["name"]]
    rows = [one for one in garments(files, entry.path) if one.sku == "FILE-10"]
    assert [one.state for one in rows] == [GarmentState.SELLABLE] * 3
    assert files.archive(entry.path)
    assert entry.name not in [one.name for one in files.stock_files()]


def test_a_garment_that_was_set_up_before_is_there(sandbox: Any, files: AcsFiles) -> None:
    for number in (1, 2):
        name, data = write_setup_file([item(50)], "TESTACS", date(2026, 11, 21), number)
        files.drop_setup(name, data)
    found = sandbox.until(lambda: len(done := [o for o in files.setup_results() if "20261121" in o.name]) == 2 and done)
    results = [read_setup_result(files.fetch(one.path))[0][0] for one in found]
    assert sorted((one.accepted, one.code) for one in results) == [(False, "duplicate_sku"), (True, "")]
    assert all(map(is_there, results))


def test_a_garment_is_withdrawn_where_a_column_for_it_is_agreed(sandbox: Any, files: AcsFiles) -> None:
    sandbox.ask("setup", {"garments": [{"product_sku": "OLD-10", "unique_sku": "OLD_1-10"}]})
    gone = GarmentItem(product_sku="OLD-10", unique_sku="OLD_1-10", name="Dress", sizes="10", retired=True)
    name, data = write_setup_file([gone], "TESTACS", date(2026, 11, 22), 1, status_column="status")
    files.drop_setup(name, data)
    counts = sandbox.until(lambda: sandbox.books("counts").get("OLD-10") != {"Ready": 1} and sandbox.books("counts"))
    assert counts["OLD-10"] == {"Retired": 1}


def test_files_are_written_to_the_set_up_folder_alone(files: AcsFiles) -> None:
    files.settings = files.settings.model_copy(update={"setup_folder": "/stock"})
    with pytest.raises(Rejected) as caught:
        files.drop_setup("x.csv", b"x")
    assert caught.value.symbol == "permission"


def test_a_file_above_the_limit_is_not_copied(sandbox: Any, files: AcsFiles) -> None:
    sandbox.ask("setup", {"stock": {"LIMIT": 1}})
    sandbox.floor(stock_file={})
    files.settings = files.settings.model_copy(update={"largest_file": 10})
    with pytest.raises(Rejected) as caught:
        files.copy(files.stock_files()[0].path, io.BytesIO())
    assert caught.value.symbol == "too_large"


def test_a_file_that_grows_is_not_given_yet(sandbox: Any, files: AcsFiles) -> None:
    now = [0.0]
    patient = AcsFiles(files.settings.model_copy(update={"stable_for": 15.0}), clock=lambda: now[0])
    sandbox.ask("setup", {"stock": {"GROWS": 1}})
    (laid,) = sandbox.floor(stock_file={})
    name = laid["stock_file"]["name"]
    assert name not in [one.name for one in patient.stock_files()]
    now[0] = 15.0
    assert name in [one.name for one in patient.stock_files()]
    patient.close()
