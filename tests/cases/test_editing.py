"""An edit is checked, shown as a difference, kept beside what was before; some need a second person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from fleet_tests.ledger import Ledger
from mappings.canonical import Address, Fulfilment, PickLine
from workers.access.audit import Actor
from workers.cases import editing
from workers.cases.editing import Edited
from workers.domain.edits import Difference
from workers.spine.people import CannotDo, Person

ANNA = Person("Anna", Actor("local:anna", "Anna"))
BEN = Person("Ben", Actor("local:ben", "Ben"))


@pytest.fixture
def body() -> dict[str, Any]:
    address = Address(name="W. Quillfeather", line1="7 Larkspur Row", town="Leeds", postcode="LS1", country="GB")
    order = Fulfilment(
        reference="SO1-1", order_code="SO1", invoice_code="SI1", facility="LDS1", address=address,
        lines=(PickLine(sku="MUG", quantity=2),), dispatch_by=datetime(2026, 3, 4, 12, tzinfo=UTC),
    )  # fmt: skip
    found: dict[str, Any] = order.model_dump(mode="json")
    return found


@pytest.fixture
def number(ledger: Ledger, body: dict[str, Any]) -> int:
    """A dead order's exception."""
    ledger.post("SO1-1")
    message = ledger.message("SO1-1")
    with ledger.store.connection() as db:
        db.execute("update message_body set body = %s", (Jsonb(body),))
    ledger.store.run("update message set state = 'dead', error_kind = 'bad_address', error = 'no such postcode'")
    ledger.store.run(
        "select file_exception('bad_address', 'order:SO1-1', 'SO1', 'orders-out', 'leeds', 'operations', 'error',"
        " 'no such postcode', 'mend', %s, null)",
        message["id"],
    )
    row = ledger.store.row("select id from exception")
    assert row
    return int(row["id"])


def with_postcode(body: dict[str, Any], postcode: str) -> dict[str, Any]:
    return {**body, "address": {**body["address"], "postcode": postcode}}


def test_the_difference_is_shown_before_anything_is_stored(ledger: Ledger, number: int, body: dict[str, Any]) -> None:
    (one,) = editing.show(ledger.store, number, with_postcode(body, "LS1 4AB"))
    assert (one.path, one.before, one.after) == ("address.postcode", "LS1", "LS1 4AB")
    assert ledger.message("SO1-1")["state"] == "dead"
    assert ledger.store.rows("select 1 from message_edit") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lines": "two mugs"}, "lines: Input should be a valid"),
        ({"reference": "SO2-1"}, "reference names what this is"),
        ({"colour": "red"}, "colour: Extra inputs"),
    ],
)
def test_what_is_no_order_is_refused_by_the_orders_own_model(
    ledger: Ledger, number: int, body: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(CannotDo, match=words):
        editing.show(ledger.store, number, {**body, **change})
    with pytest.raises(CannotDo, match=words):
        editing.edit(ledger.store, number, ANNA, {**body, **change}, "x")
    assert ledger.message("SO1-1")["state"] == "dead"


def test_an_edit_goes_and_keeps_what_was_before(ledger: Ledger, number: int, body: dict[str, Any]) -> None:
    new = with_postcode(body, "LS1 4AB")
    with pytest.raises(CannotDo, match="needs a reason"):
        editing.edit(ledger.store, number, ANNA, new, " ")
    with pytest.raises(CannotDo, match="nothing is changed"):
        editing.edit(ledger.store, number, ANNA, body, "x")
    assert editing.edit(ledger.store, number, ANNA, new, "she telephoned") == Edited(reference="SO1-1")
    assert ledger.message("SO1-1")["state"] == "queued"
    row = ledger.store.row("select who, before, after from message_edit")
    assert row == {"who": "Anna", "before": body, "after": new}
    kept = ledger.store.row("select subject, action, reason from audit_entry")
    assert kept == {"subject": "local:anna", "action": "message edited", "reason": "she telephoned"}


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ({"address": "postcode"}, "address"),
        ({"last_name": "Other"}, "address"),
        ({"lines": [{"sku": "MUG", "quantity": 3}]}, "quantity"),
        ({"lines": [{"sku": "BOWL", "quantity": 2}]}, "sku"),
        ({"lines": [{"sku": "MUG", "quantity": 1}, {"sku": "BOWL", "quantity": 1}]}, "sku"),
    ],
)
def test_an_edit_of_what_is_guarded_waits_for_another_person(
    ledger: Ledger, number: int, body: dict[str, Any], change: dict[str, Any], guard: str
) -> None:
    new = with_postcode(body, "LS1 4AB") if "address" in change else {**body, **change}
    if "lines" in change:
        new["lines"] = [{**body["lines"][0], **line} for line in change["lines"]]
    assert editing.edit(ledger.store, number, ANNA, {**body, "note": "x"}, "a note", [guard]).proposal == 0
    ledger.store.run("update message set state = 'dead'")
    waits = editing.edit(ledger.store, number, ANNA, {**new, "note": "x"}, "she telephoned", [guard])
    assert (waits.reference, bool(waits.proposal)) == ("", True)
    assert ledger.message("SO1-1")["state"] == "dead"
    for same in (ANNA, Person(f" {ANNA.name.upper()}"), Person("Another name", Actor("local:anna", "Another name"))):
        with pytest.raises(CannotDo, match="another person must approve"):
            editing.approve(ledger.store, waits.proposal, same)
    assert editing.approve(ledger.store, waits.proposal, BEN) == "SO1-1"
    assert ledger.message("SO1-1")["state"] == "queued"
    row = ledger.store.row("select state, decided_by, body, before from edit_proposal")
    assert row == {"state": "approved", "decided_by": "Ben", "body": None, "before": None}
    with pytest.raises(CannotDo, match="is approved"):
        editing.approve(ledger.store, waits.proposal, BEN)


def test_other_changes_of_a_line_are_not_guarded_by_sku_or_quantity() -> None:
    priced = [Difference("lines.0.unit_price", None, "2.00")]
    assert editing.guarded_in(priced, ["address", "quantity", "sku"]) == []


def test_a_proposal_is_refused_or_overtaken(ledger: Ledger, number: int, body: dict[str, Any]) -> None:
    first = editing.edit(ledger.store, number, ANNA, with_postcode(body, "LS2"), "one", ["address"]).proposal
    second = editing.edit(ledger.store, number, ANNA, with_postcode(body, "LS3"), "two", ["address"]).proposal
    with pytest.raises(CannotDo, match=f"proposal {first} is refused"):
        editing.approve(ledger.store, first, BEN)
    editing.edit(ledger.store, number, BEN, {**body, "note": "meanwhile"}, "a note", ["address"])
    ledger.store.run("update message set state = 'dead'")
    with pytest.raises(CannotDo, match="has changed since"):
        editing.approve(ledger.store, second, BEN)
    _, changed = editing.read_proposal(ledger.store, second, BEN)
    assert [one.path for one in changed] == ["address.postcode"]
    editing.refuse(ledger.store, second, BEN, "it was right")
    assert ledger.message("SO1-1")["state"] == "dead"


def test_what_may_have_been_sent_is_not_edited(ledger: Ledger, number: int, body: dict[str, Any]) -> None:
    ledger.store.run("update message set maybe_sent_at = now()")
    with pytest.raises(CannotDo, match="its bytes cannot be changed"):
        editing.show(ledger.store, number, with_postcode(body, "LS2"))
