"""One person is found over an index, given out, and erased: the books stay, and no word of the person does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleet_tests.ledger import Ledger
from fleet_tests.personal import tables_that_hold
from workers.access import audit
from workers.domain import persons
from workers.domain.persons import Wanted
from workers.ledger.store import NewMessage
from workers.spine.people import CannotDo, Person

MO = Person("Mo")
ADDRESS = {
    "name": "Clementine Postlethwaite", "organisation": "", "line1": "14 Foxglove Lane", "line2": "", "line3": "",
    "town": "Leeds", "county": "", "postcode": "LS1 4AP", "country": "GB", "email": "Clementine.P@example.com",
    "phone": "01632 960417",
}  # fmt: skip
OTHER = {
    **ADDRESS,
    "name": "Ada Example",
    "line1": "1 High Street",
    "email": "ada@example.com",
    "phone": "01632 960001",
}
PERSON = ("Postlethwaite", "Foxglove", "Clementine.P@example.com", "960417")


def order(ledger: Ledger, code: str, address: dict[str, str], *, settled: bool = True) -> None:
    body = {"reference": f"{code}-1", "order_code": code, "lines": [{"sku": "MUG", "quantity": 2}], "address": address,
            "note": f"for {address['name']}", "last_name": address["name"].split()[-1]}  # fmt: skip
    message = NewMessage(
        flow="orders-out", connection="leeds", kind="order", reference=f"{code}-1",
        subject=f"order:{code}-1", story=code,
        body=body, fingerprint=code,
    )  # fmt: skip
    effect = message.as_effect()
    ledger.store.run(effect.sql, *effect.values)
    if settled:
        ledger.store.run("select finish(id, 'delivered', 'there', 'fleet') from message where story = %s", code)


@pytest.fixture
def two(ledger: Ledger) -> Ledger:
    """Two people of one postcode: an order each, and records that name both."""
    order(ledger, "SO1", ADDRESS)
    order(ledger, "SO2", OTHER)
    both = f"<o><n>{ADDRESS['name']}</n><s>Postlethwaite</s><l>{ADDRESS['line1']}</l></o><o><n>{OTHER['name']}</n></o>"
    ledger.store.receive("khaos", "invoices", "one", both.encode())
    ledger.store.receive("gxo", "945", "two", f"N1*ST*{ADDRESS['name'].upper()}~".encode())
    ledger.store.run(
        "insert into partner_words (story, subject, connection, words) values ('SO1', 'order:SO1-1', 'leeds', %s)",
        f"{ADDRESS['name']} refuses",
    )
    audit.record(ledger.store, audit.FLEET, "message edited", "exception 1", before=ADDRESS, after=ADDRESS)
    ledger.store.run(
        "insert into message_edit (message_id, who, before, after) select id, 'Mo', %s, %s from message_settled"
        " where story = 'SO1'", json.dumps({"address": ADDRESS}), json.dumps({"address": ADDRESS}),
    )  # fmt: skip
    return ledger


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(email="clementine.p@EXAMPLE.com"), ["SO1"]),
        (Wanted(postcode="ls14ap"), ["SO1", "SO2"]),
        (Wanted(surname="postlethwaite"), ["SO1"]),
        (Wanted(surname="Postlethwaite", postcode="LS1 4AP"), ["SO1"]),
        (Wanted(surname="Example", postcode="LS9 9ZZ"), []),
        (Wanted(orders=("SO2",)), ["SO2"]),
    ],
)
def test_a_person_is_found_by_e_mail_postcode_surname_or_order_and_the_search_is_recorded(
    two: Ledger, wanted: Wanted, found: list[str]
) -> None:
    assert persons.find(two.store, wanted, MO) == found
    (entry,) = audit.entries(two.store, action="person searched")
    assert "ostlethwaite" not in str(entry)
    assert "example.com" not in str(entry)


def test_the_search_goes_over_its_index(two: Ledger) -> None:
    with two.store.transaction() as db:
        for way in ("seqscan", "indexscan"):  # a few rows are read quicker one after the other
            db.execute(f"set local enable_{way} = off")
        plan = db.execute(f"explain {persons.BY_KEY}", (["email:ada@example.com"],)).fetchall()
    assert "message_body_people" in str(plan)


def test_an_export_holds_what_is_kept_and_one_person_must_be_named(two: Ledger) -> None:
    given: Any = persons.export(two.store, Wanted(email="clementine.p@example.com"), MO, "request 17")
    assert list(given["orders"]) == ["SO1"]
    text = json.dumps(given, default=str)
    assert "14 Foxglove Lane" in text
    assert "refuses" in text
    assert "Ada" not in text
    with pytest.raises(CannotDo, match="many people may fit"):
        persons.export(two.store, Wanted(surname="Example"), MO, "x")
    assert [entry["object"] for entry in audit.entries(two.store, action="person exported")] == ["order SO1"]


def test_erasing_leaves_no_word_of_the_person_and_all_of_the_books_and_the_neighbours(two: Ledger) -> None:
    kept = two.store.rows("select reference, state, story from message_settled order by id")
    done = persons.erase(two.store, Wanted(email="clementine.p@example.com"), MO, "request 18")
    assert (done["bodies"], done["records"], done["edits"], done["audit details"]) == (1, 2, 1, 1)
    for word in PERSON:
        assert tables_that_hold(two.store, word) == [], word
    assert two.store.rows("select reference, state, story from message_settled order by id") == kept
    body = two.store.row("select body from message_body b join message_settled s on s.id = b.message_id"
                         " where s.story = 'SO1'")["body"]  # fmt: skip
    assert (body["lines"], body["address"]["country"]) == ([{"sku": "MUG", "quantity": 2}], "GB")
    assert set(tables_that_hold(two.store, "Ada Example")) == {"message_body", "record"}
    assert persons.find(two.store, Wanted(email="clementine.p@example.com"), MO) == []
    (entry,) = audit.entries(two.store, action="person erased")
    assert (entry["object"], entry["reason"]) == ("order SO1", "request 18")
    assert audit.verify(audit.every(two.store)).faults == ()


def test_nobody_is_erased_while_their_order_is_still_to_be_sent(ledger: Ledger) -> None:
    order(ledger, "SO1", ADDRESS, settled=False)
    with pytest.raises(CannotDo, match="still to be done"):
        persons.erase(ledger.store, Wanted(orders=("SO1",)), MO, "request 19")
    assert tables_that_hold(ledger.store, "Postlethwaite") == ["message_body"]
