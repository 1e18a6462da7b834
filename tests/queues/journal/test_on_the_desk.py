"""The forms on the journal's pages do what the commands of ``fleet journal`` do; who exports does not confirm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from fastapi.testclient import TestClient

from fleet_tests.bookkeeping import Warehouse
from fleet_tests.desk import desk
from workers.access import audit
from workers.access.roles import Role
from workers.journal import files
from workers.spine.people import CannotDo
from workers.views.snapshot import reading_engine

As = Callable[..., TestClient]


@pytest.fixture
def visit(leeds: Warehouse, database: str) -> Iterator[As]:
    engine = reading_engine(database)
    yield lambda name, role=Role.FINANCE: desk(
        engine, role, name=name, store=leeds.store, settings=leeds.runtime.configuration
    )
    engine.dispose()


def post(client: TestClient, path: str, back: str, **fields: str) -> None:
    answer = client.post(path, data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == (303, back), answer.text


def refused(client: TestClient, path: str, **fields: str) -> str:
    answer = client.post(path, data=fields, follow_redirects=False)
    assert answer.status_code == 409, answer.text
    return str(answer.text)


def test_entries_are_mapped_exported_saved_and_confirmed_by_another_person(leeds: Warehouse, visit: As) -> None:
    anna, bea = visit("Anna"), visit("Bea")
    assert "nothing is ready" in refused(anna, "/journal-acts/export", route="finance_csv")
    leeds.value("MUG", "4.00", date(2026, 10, 31))
    leeds.adjusts("1", -2)
    leeds.adjusts("2", -1, "EATEN")
    leeds.enter()
    number = str(leeds.entry("2")["id"])
    assert "Book it so" in anna.get(f"/journal/{number}").text
    assert "ledger account" in refused(anna, "/journal-acts/map", entry=number, reason="SAMPLE")
    assert "no journal entry" in refused(anna, "/journal-acts/map", entry="soon", reason="SAMPLE", account="5300")
    post(anna, "/journal-acts/map", f"/journal/{number}", entry=number, reason="SAMPLE", account="5300", why="a fair")
    assert "2 ready entries" in anna.get("/journal").text
    assert "there is no file" in refused(anna, "/journal-acts/export", route="by pigeon")
    assert "nothing is ready" in refused(anna, "/journal-acts/export", route="adjust_by")
    post(anna, "/journal-acts/export", "/journal", route="finance_csv", why="the month's end")
    name = "journal-000001.csv"
    saved = anna.get(f"/journal-files/{name}")
    assert saved.content == files.stored(leeds.store, name)
    assert saved.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert anna.get("/journal-files/journal-000009.csv").status_code == 404
    assert "another person confirms it" in anna.get("/journal").text
    assert "who exports a journal does not confirm it" in refused(anna, "/journal-acts/loaded", name=name)
    assert leeds.entry("1")["state"] == "offered"
    assert "It was loaded" in bea.get("/journal").text
    assert "was ever exported" in refused(bea, "/journal-acts/loaded", name="journal-000009.csv")
    post(bea, "/journal-acts/loaded", "/journal", name=name)
    assert "Bea has confirmed" in refused(visit("Carl"), "/journal-acts/loaded", name=name)
    assert [(e["state"], e["loaded_by"]) for e in map(leeds.entry, "12")] == 2 * [("loaded", "Bea")]
    assert [(e["subject"], e["action"], e["object"], e["reason"]) for e in audit.entries(leeds.store)] == [
        ("local:bea", "journal confirmed as loaded", f"journal file {name}", ""),
        ("local:anna", "journal file saved", f"journal file {name}", ""),
        ("local:anna", "journal exported", f"journal file {name}", "the month's end"),
        ("local:anna", "journal entry mapped", f"journal entry {number}", "a fair"),
    ]


@pytest.mark.parametrize("confirms", [("Bea", "local:anna"), (" ANNA ", "os:anna")])
def test_who_exported_is_known_by_proof_and_by_name(leeds: Warehouse, confirms: tuple[str, str]) -> None:
    leeds.adjusts("1", -2)
    leeds.enter()
    offered = files.offer(leeds.store, "finance_csv", "Anna", proven="local:anna")
    assert offered is not None
    name, proven = confirms
    with pytest.raises(CannotDo, match="does not confirm it"):
        files.confirm(leeds.store, offered.name, name, proven=proven)
    assert leeds.entry("1")["state"] == "offered"
    done = files.confirm(leeds.store, offered.name, "Bea", proven="os:bea")
    assert done is not None
    assert done.entries == 1


def test_whoever_does_not_keep_the_books_sees_no_form_and_no_file(leeds: Warehouse, visit: As) -> None:
    leeds.adjusts("1", -2)
    leeds.enter()
    assert files.offer(leeds.store, "finance_csv", "Anna") is not None
    support = visit("Mo", Role.SUPPORT)
    page = support.get("/journal").text
    assert "journal-000001.csv" in page
    assert ("journal-acts" in page, "journal-files" in page) == (False, False)
    assert support.post("/journal-acts/loaded", data={"name": "journal-000001.csv"}).status_code == 403
    assert support.get("/journal-files/journal-000001.csv").status_code == 403
