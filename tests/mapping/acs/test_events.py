"""Events: unknown kinds are kept, contradictions sell nothing, one dispatch counts once by whatever route it comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.acs import (
    Account,
    Event,
    EventKind,
    Gone,
    Grades,
    States,
    as_receipt,
    as_warehouse_order,
    decide,
    line_of,
    not_booked,
    read_accepted,
    read_cancel_rejected,
    read_cancelled,
    read_dispatched,
    read_event,
    read_graded,
    read_moved,
    read_order,
    read_received,
    read_refusals,
    read_rejected,
    read_retired,
    read_taken,
    unknown_event,
    worst,
)
from mappings.canonical import GarmentState, LineKind, PickLine, ReceiptStatus, Source, WarehouseStatus
from mappings.errors import Unmappable
from mappings.garment_words import Garment, Word, hear

OURS = Path(__file__).parents[2] / "samples" / "acs"
STATES, GRADES = States(), Grades()
ACCOUNT = Account(code="TESTACS", services={"RM": "RM/24"})
TAGS = ["303425C8B41E6A4000000A01", "303425C8B41E6A4000000A02"]


def event(kind: str, **changes: Any) -> Event:
    told = json.loads((OURS / f"acs_webhook_{kind}.json").read_bytes())
    told["Data"] |= changes
    return read_event(json.dumps(told).encode(), "TESTACS")


def envelope(**changes: Any) -> bytes:
    told = json.loads((OURS / "acs_webhook_order_accepted.json").read_bytes())
    return json.dumps({**told, **changes}).encode()


def test_an_event_of_an_unknown_kind_is_kept_and_is_an_exception() -> None:
    found = read_event(envelope(EventType="item.photographed"), "TESTACS")
    assert found.kind is None
    assert unknown_event(found).kind == "unknown_event"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (envelope(EventVersion=2), "unknown_event"),
        (envelope(AccountCode="OTHER"), "unknown_facility"),
        (envelope(Data=[]), "garbled_hint"),
        (b"[]", "garbled_hint"),
        (b"\xff\xfe", "garbled_hint"),
        (b"[" * 100_000, "garbled_hint"),
        (envelope(EventId=""), "unmappable"),
        (envelope(OccurredAt="yesterday"), "unmappable"),
    ],
)
def test_what_is_no_event_of_ours_is_refused_with_what_to_do(body: bytes, kind: str) -> None:
    with pytest.raises(Unmappable) as caught:
        read_event(body, "TESTACS")
    assert caught.value.kind == kind
    assert caught.value.why


@pytest.mark.parametrize(
    "kind", [("order_accepted", {"Status": "Wrapped"}), ("order_cancel_rejected", {"Status": "?"})]
)
def test_a_status_without_a_row_is_refused(kind: tuple[str, dict[str, str]]) -> None:
    name, changes = kind
    reader = read_accepted if name == "order_accepted" else read_cancel_rejected
    with pytest.raises(Unmappable) as caught:
        reader(event(name, **changes))
    assert caught.value.kind == "unknown_status"


def test_a_cancellation_by_the_warehouse_is_told_from_ours() -> None:
    assert read_cancelled(event("order_cancelled", RequestedBy="acs")).cancelled_by == "warehouse"
    assert read_cancelled(event("order_cancelled", RequestedBy="somebody")).cancelled_by == "warehouse"


def test_a_garment_that_came_in_never_sells_whatever_place_it_is_told_at() -> None:
    returned, troubles = read_received(
        event("item_received", Location="In warehouse - ready for customer", ProcessStatus="Ready"), STATES
    )
    assert returned.state is GarmentState.INSPECTION
    assert troubles == []


def test_a_garment_at_an_unknown_place_is_unknown_and_reported() -> None:
    returned, troubles = read_received(event("item_received", Location="On the moon"), STATES)
    assert returned.state is GarmentState.UNKNOWN
    assert [one.subject for one in troubles] == [TAGS[0]]


def test_new_stock_is_no_return_and_an_unknown_kind_is_held() -> None:
    new, _ = read_received(event("item_received", ReturnKind="NEW_STOCK"), STATES)
    assert (new.new_stock, new.kind) == (True, None)
    unknown, _ = read_received(event("item_received", ReturnKind="UNKNOWN"), STATES)
    assert (unknown.new_stock, unknown.kind) == (False, None)
    with pytest.raises(Unmappable) as caught:
        read_received(event("item_received", ReturnKind="SWAP"), STATES)
    assert caught.value.kind == "unknown_grade"


@pytest.mark.parametrize("changes", [{"Grade": "A*"}, {"Grade": ""}, {"Disposition": "BURN"}])
def test_a_grade_or_disposition_without_a_row_credits_nobody(changes: dict[str, str]) -> None:
    with pytest.raises(Unmappable):
        read_graded(event("item_graded", **changes), STATES, GRADES)


def test_a_condition_code_without_a_row_is_kept_as_evidence_and_reported() -> None:
    graded, troubles = read_graded(event("item_graded", ConditionCodes=["STAIN", "GLITTER"]), STATES, GRADES)
    assert graded.condition_codes == ("STAIN", "GLITTER")
    assert [one.error.value for one in troubles] == ["GLITTER"]


def test_a_garment_told_as_ready_at_a_place_that_is_not_is_the_less_sellable() -> None:
    move, troubles = read_moved(event("item_disposition_changed", Location="In warehouse processing"), STATES, GRADES)
    assert move.to_state is GarmentState.INSPECTION
    assert len(troubles) == 1


@pytest.mark.parametrize(
    ("changes", "off"),
    [
        ({}, True),
        ({"FinalDisposition": ""}, False),
        ({"FinalDisposition": "QUARANTINE"}, False),
        ({"FinalDisposition": "DONATE"}, True),
        ({"Reason": "SOLD", "FinalDisposition": "RECYCLE"}, False),
        ({"Reason": "LOST", "FinalDisposition": ""}, True),
        ({"Reason": "CLIENT_REQUEST", "FinalDisposition": "RETURN_TO_VENDOR"}, False),
    ],
)
def test_a_value_is_written_off_when_its_end_is_final(changes: dict[str, str], off: bool) -> None:
    assert read_retired(event("item_retired", **changes), GRADES).write_off == off


def test_a_returned_garment_is_a_receipt_of_one_unit_first_received_then_completed() -> None:
    received, _ = read_received(event("item_received"), STATES)
    first = as_receipt(received, None, sku="DRESS-10", facility="ACS")
    graded, _ = read_graded(event("item_graded"), STATES, GRADES)
    assert graded.grade is not None
    decision = decide(LineKind.HIRE, graded.grade, graded.disposition, charge_recommended=graded.charge_recommended)
    second = as_receipt(graded, decision, sku="DRESS-10", facility="ACS")
    assert first.their_id == second.their_id
    assert (first.status, second.status) == (ReceiptStatus.RECEIVING, ReceiptStatus.COMPLETED)
    assert [(one.received, one.put_away, one.condition) for one in (*first.lines, *second.lines)] == [
        (1, 0, "inspection"),
        (1, 1, "refurbishment"),
    ]
    assert second.lines[0].hold_reason == "B REFURBISH"


# ---- one dispatch, two routes

ITEMS = {
    "L1": PickLine(sku="DRESS-10", quantity=2, line_id="L1"),
    "L2": PickLine(sku="BAG", quantity=1, line_id="L2", kind=LineKind.HIRE),
}


def dispatched(*lines: tuple[str, str], short: tuple[str, ...] = (), partial: bool = False) -> Any:
    return read_dispatched(
        event(
            "order_dispatched",
            Partial=partial,
            Items=[{"LineItemId": line, "GarmentSKU": "X", "RFID": tag, "Quantity": 1} for line, tag in lines],
            ShortItems=[
                {"LineItemId": line, "GarmentSKU": "X", "Quantity": 1, "Reason": "FAILED_QC"} for line in short
            ],
        )
    )


def shown(*lines: tuple[str, str | None, int], status: str = "Dispatched") -> Any:
    told = json.loads((OURS / "acs_get_order_200.json").read_bytes())
    told |= {"Status": status}
    told["OrderItems"] = [
        {"LineItemId": line, "GarmentSKU": "X", "RFID": tag, "ItemQuantity": n, "LineStatus": "Dispatched"}
        for line, tag, n in lines
    ]
    return read_order(json.dumps(told).encode())


def book(words: list[tuple[Any, bool]]) -> dict[str, Gone]:
    kept: dict[str, Gone] = {}
    for order, cumulative in words:
        for line in not_booked(order, kept, cumulative=cumulative):
            known = kept.get(line.line_id, Gone())
            tags = known.tags | ({line.tag} if line.tag else frozenset())
            kept[line.line_id] = Gone(known.units + line.quantity, tags)
    return kept


WORDS: list[tuple[Any, bool]] = [
    (dispatched(("L1", TAGS[0]), partial=True), False),
    (dispatched(("L1", TAGS[1]), ("L2", "A" * 24)), False),
    (shown(("L1", TAGS[0], 1), ("L1", TAGS[1], 1), ("L2", "A" * 24, 1)), True),
    (shown(("L1", TAGS[0], 1), status="PartDispatched"), True),
]


@given(words=st.lists(st.sampled_from(range(len(WORDS))), max_size=8))
def test_events_and_read_backs_of_one_dispatch_count_once_in_any_order_and_number(words: list[int]) -> None:
    kept = book([WORDS[n] for n in words])
    wanted = {
        "L1": len({TAGS[0] for n in words if n != 1} | {TAGS[1] for n in words if n in {1, 2}}),
        "L2": int(any(n in {1, 2} for n in words)),
    }
    assert {line: kept.get(line, Gone()).units for line in wanted} == wanted


def test_a_read_back_without_tags_then_an_event_with_them_counts_each_unit_once() -> None:
    kept = book([(shown(("L1", None, 2)), True), (dispatched(("L1", TAGS[0]), ("L1", TAGS[1])), False)])
    assert kept["L1"].units == 2
    kept = book([(dispatched(("L1", TAGS[0])), False), (shown(("L1", None, 2)), True)])
    assert kept["L1"].units == 2


def test_an_order_read_back_is_units_by_sku_and_a_line_that_was_never_sent_is_refused() -> None:
    read = as_warehouse_order(shown(("L1", TAGS[0], 1), ("L1", TAGS[1], 1)), ITEMS, event("order_accepted").at)
    assert read.status is WarehouseStatus.DISPATCHED
    assert {line.sku: (line.ordered, line.dispatched) for line in read.lines} == {"DRESS-10": (2, 2), "BAG": (1, 0)}
    with pytest.raises(Unmappable) as caught:
        line_of(shown(("L9", None, 1)).lines[0], ITEMS)
    assert caught.value.kind == "dispatch_unknown_order"


# ---- nothing breaks a reader

READERS: dict[EventKind, Callable[[Event], Any]] = {
    EventKind.ORDER_ACCEPTED: read_accepted,
    EventKind.ORDER_REJECTED: read_rejected,
    EventKind.ORDER_CANCELLED: read_cancelled,
    EventKind.CANCEL_REJECTED: read_cancel_rejected,
    EventKind.ORDER_DISPATCHED: read_dispatched,
    EventKind.ITEM_RECEIVED: lambda one: read_received(one, STATES),
    EventKind.ITEM_GRADED: lambda one: read_graded(one, STATES, GRADES),
    EventKind.ITEM_CHANGED: lambda one: read_moved(one, STATES, GRADES),
    EventKind.ITEM_RETIRED: lambda one: read_retired(one, GRADES),
}
SAMPLES = [json.loads(path.read_bytes()) for path in sorted(OURS.glob("acs_webhook_*.json"))]
FIELDS = sorted({field for one in SAMPLES for field in one["Data"]})
SCALARS = st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=6)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
)


def test_there_is_a_reader_for_every_kind() -> None:
    assert set(READERS) == set(EventKind)


@given(told=st.sampled_from(SAMPLES), field=st.sampled_from(FIELDS), value=ANYTHING)
def test_an_event_with_one_field_changed_is_understood_or_refused_with_what_to_do(
    told: Any, field: str, value: Any
) -> None:
    body = json.dumps({**told, "Data": {**told["Data"], field: value}}).encode()
    found = read_event(body, "TESTACS")
    assert found.kind is not None
    try:
        READERS[found.kind](found)
    except Unmappable as refused:
        said = refused
    else:
        return
    assert said.field
    assert said.why


@given(body=st.binary(max_size=200) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_any_answer_to_an_order_is_taken_or_read_as_no_reason(body: bytes) -> None:
    assert isinstance(read_taken(body), str)
    assert worst(read_refusals(body))


def test_an_order_refused_for_its_skus_alone_waits_for_them() -> None:
    def reasons(*codes: str) -> str:
        return worst(read_refusals(json.dumps({"Errors": [{"Code": code} for code in codes]}).encode()))

    assert reasons("unknown_sku") == "sku_unconfirmed"
    assert reasons("unknown_sku", "invalid") == "refused_by_warehouse"
    assert reasons("something_new") == "refused_by_warehouse"
    assert reasons() == "refused_by_warehouse"


def test_a_message_of_acs_never_leaves_a_refusal() -> None:
    told = {"Errors": [{"Code": "Jane Doe", "Field": "Jane Doe, 1 High Street", "Message": "Jane Doe is unknown"}]}
    assert "Jane" not in repr(read_refusals(json.dumps(told).encode()))


def test_the_words_of_a_garments_life_end_in_what_is_believed_of_it() -> None:
    garment = Garment(TAGS[0], "DRESS-10")
    received, _ = read_received(event("item_received"), STATES)
    garment = hear(garment, Source.EVENT, Word(received.state, received.at))
    assert garment.state is GarmentState.INSPECTION
    moved, _ = read_moved(event("item_disposition_changed"), STATES, GRADES)
    garment = hear(garment, Source.EVENT, Word(moved.to_state, moved.at, moved.grade))
    assert garment.state is GarmentState.SELLABLE
    graded, _ = read_graded(event("item_graded"), STATES, GRADES)  # comes late: it happened before
    assert hear(garment, Source.EVENT, Word(graded.state, graded.at)).state is GarmentState.SELLABLE


@pytest.mark.parametrize(
    ("word", "yes"),
    [
        (True, True), (1, True), ("True", True), ("Y", True), (" yes ", True), (1.0, True),
        (False, False), (None, False), (0, False), ("N", False), ("", False), ("null", False), ("n/a", False),
    ],
)  # fmt: skip
def test_a_yes_or_a_no_is_read_in_the_words_that_programs_have_for_it(word: Any, yes: bool) -> None:
    assert read_dispatched(event("order_dispatched", Partial=word)).partial is yes
    assert read_graded(event("item_graded", ChargeRecommended=word), STATES, GRADES)[0].charge_recommended is yes


@pytest.mark.parametrize("word", ["maybe", 2, ["true"], {"yes": 1}, "J"])
def test_a_word_that_is_neither_yes_nor_no_is_asked_about(word: Any) -> None:
    for read, kind, field in (
        (read_dispatched, "order_dispatched", "Partial"),
        (lambda one: read_graded(one, STATES, GRADES), "item_graded", "ChargeRecommended"),
    ):
        with pytest.raises(Unmappable) as refused:
            read(event(kind, **{field: word}))
        assert refused.value.field == field
