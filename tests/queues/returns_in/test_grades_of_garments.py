"""Every grade, by hire and by sale, with every disposition: what becomes of the garment and of the customer's money."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_tests.acs import Garments
from mappings.canonical import Disposition, Grade, LineKind
from workers.ports.sources import of_event
from workers.spine import reading
from workers.wiring.readers import reader_for

CASES = list(itertools.product(LineKind, Grade, [None, *Disposition]))
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
LEFT = datetime(2026, 11, 10, 9, tzinfo=UTC)

# Whom the shipped table credits without a hand (acs.md 3.5). A person decides any other sale; a hire never credits.
CREDITED = {
    (Grade.A, "RESTOCK"), (Grade.A, "REPACK"), (Grade.A, ""),
    (Grade.B, "RESTOCK"), (Grade.B, "REPACK"), (Grade.B, "REFURBISH"), (Grade.B, ""),
}  # fmt: skip
ODD = {Grade.WRONG_ITEM, Grade.MISSING, Grade.EMPTY_BOX, Grade.COUNTERFEIT}


def tag(number: int) -> str:
    return f"{number:024X}"


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    """Every garment of the cases left with an order line of its own."""
    place = build_acs()
    run = place.store.run
    run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, site, warehouse, facility, state,"
        " fingerprint, requested, shipped, stage) select 'SO' || n || '-1', 'khaos', 'SO' || n, 1, 'INV' || n,"
        " 'Main Site', 'acs', 'ACS', 'dispatched', '', '{\"DRESS\": 1}', '{\"DRESS\": 1}', 9"
        " from generate_series(0, %s) n",
        len(CASES),
    )
    for number, (kind, _, _) in enumerate(CASES):
        run(
            "insert into order_item (fulfilment, item, sku, units, kind) values (%s, 'L1', 'DRESS', 1, %s)",
            f"SO{number}-1",
            kind.value,
        )
        run(
            "insert into departed_item (fulfilment, item, tag, units, left_at) values (%s, 'L1', %s, 1, %s)",
            *(f"SO{number}-1", tag(number), LEFT),
        )
    return place


def leave(acs: Garments, number: int, kinds: list[LineKind]) -> list[str]:
    """An order that left, a garment to a line; their tags."""
    acs.store.run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, site, warehouse, facility, state,"
        " fingerprint, requested, shipped, stage) values (%s, 'khaos', %s, 1, %s, 'Main Site', 'acs',"
        " 'ACS', 'dispatched', '', '{}', '{}', 9)",
        *[f"MANY{number}-1"] * 3,
    )
    tags = [f"{number:012X}{line:012X}" for line in range(len(kinds))]
    for line, kind in enumerate(kinds):
        acs.store.run(
            "insert into order_item (fulfilment, item, sku, units, kind) values (%s, %s, 'DRESS', 1, %s)",
            *(f"MANY{number}-1", f"L{line}", kind.value),
        )
        acs.store.run(
            "insert into departed_item (fulfilment, item, tag, units, left_at) values (%s, %s, %s, 1, %s)",
            *(f"MANY{number}-1", f"L{line}", tags[line], LEFT),
        )
    return tags


def graded(acs: Garments, number: int, grade: Grade, disposition: Disposition | None, kind: LineKind) -> None:
    data = {
        "OrderNumber": f"SO{number}-1", "GarmentSKU": "DRESS", "RFID": tag(number), "Grade": grade.value,
        "ReturnKind": f"{kind.value.upper()}_RETURN", "Disposition": disposition.value if disposition else "",
        "ChargeRecommended": True, "GradedAt": AT.isoformat(), "ConditionCodes": ["STAIN"],
    }  # fmt: skip
    event = {
        "EventId": f"{number:032x}", "EventType": "item.graded", "EventVersion": 1, "OccurredAt": AT.isoformat(),
        "AccountCode": "TESTACS", "Data": data,
    }  # fmt: skip
    acs.store.receive("acs", of_event("item.graded"), event["EventId"], json.dumps(event).encode())  # type: ignore[arg-type]


def test_every_grade_by_hire_and_sale_with_every_disposition(acs: Garments) -> None:
    for number, (kind, grade, disposition) in enumerate(CASES):
        graded(acs, number, grade, disposition, kind)
    while reading.read_inbox(acs.runtime, lambda c, s: reader_for(acs.runtime, c, s)):
        pass
    states = {row["tag"]: row["state"] for row in acs.store.rows("select tag, state from garment")}
    returns = {row["line_id"]: row for row in acs.store.rows("select * from return_line")}
    money = {row["tag"]: row["money"] for row in acs.store.rows("select tag, money from garment_return")}
    odd = {row["subject"]: row["kind"] for row in acs.store.rows("select subject, kind from exception")}
    for number, (kind, grade, disposition) in enumerate(CASES):
        case: Any = (kind.value, grade.value, disposition)
        one = tag(number)
        assert states[one] not in ("sellable", "reserved"), case
        if grade in ODD:
            assert (one in returns, f"garment:acs:{one}" in odd) == (False, True), case
            assert money[one] in ("hold", "person"), case  # a person's, whatever becomes of deposit and price
        elif kind is LineKind.HIRE:
            assert one not in returns, case
            assert money[one] in ("release", "charge", "person"), case
        else:
            alone = (grade, disposition.value if disposition else "") in CREDITED
            assert (returns[one]["by_person"], money[one] == "credit") == (not alone, alone), case
    assert set(odd.values()) == {"wrong_item", "empty_parcel", "counterfeit_return"}
    assert len(returns) == len([1 for kind, grade, _ in CASES if kind is LineKind.SALE and grade not in ODD])


GRADED = st.tuples(st.sampled_from(Grade), st.none() | st.sampled_from(Disposition))
# which garment, how it is graded (or only received), as what, its order named or not, how many hours later, told again
WORD = st.tuples(
    st.integers(0, 2), st.none() | GRADED, st.sampled_from([*LineKind, None]), st.booleans(), st.integers(0, 99),
    st.booleans(),
)  # fmt: skip
numbers = itertools.count(1)


def hear(acs: Garments) -> None:
    while reading.read_inbox(acs.runtime, lambda c, s: reader_for(acs.runtime, c, s)):
        pass


def tell(acs: Garments, event: str, tag: str, word: Any, order: str) -> None:
    _, grade, kind, named, hours, _ = word
    at = (AT + timedelta(hours=hours)).isoformat()
    data = {
        "OrderNumber": order if named else "", "GarmentSKU": "DRESS", "RFID": tag, "Location": "With customer",
        "ReturnKind": f"{kind.value.upper()}_RETURN" if kind else "UNKNOWN",
        "Grade": grade[0].value if grade else "", "Disposition": (grade[1] or "") if grade else "",
    }  # fmt: skip
    name = "item.graded" if grade else "item.received"
    body = {
        "EventId": event, "EventType": name, "EventVersion": 1, "OccurredAt": at, "AccountCode": "TESTACS",
        "Data": data,
    }  # fmt: skip
    acs.store.receive("acs", of_event(name), event, json.dumps(body).encode())


@given(words=st.lists(WORD, min_size=1, max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_told_of_garments_in_whatever_order_no_unit_is_credited_twice_and_no_hire_ever(
    acs: Garments, words: list[Any]
) -> None:
    number = next(numbers)
    order = f"MANY{number}-1"
    hired, *sold = tags = leave(acs, number, [LineKind.HIRE, LineKind.SALE, LineKind.SALE])
    money: dict[str, str] = {}
    for place, word in enumerate(words):
        tell(acs, f"{number}.{place}", tags[word[0]], word, order)
        hear(acs)
        if word[-1]:  # its record is read again, after Khaos Control took what was offered
            acs.store.run("update return_line set state = 'offered' where order_code = %s", order)
            for row in acs.store.rows("select max(id) as id from record where source like 'item.%%'"):
                acs.store.row("select read_record_again(%s)", row["id"])
            hear(acs)
        told = acs.store.rows("select tag, money from garment_return where order_code = %s and money <> ''", order)
        assert money.items() <= {row["tag"]: row["money"] for row in told}.items()  # decided once
        money = {row["tag"]: row["money"] for row in told}
    lines = acs.store.rows("select line_id, units from return_line where order_code = %s", order)
    assert len({row["line_id"] for row in lines}) == len(lines)
    assert {row["line_id"] for row in lines} <= set(sold)
    assert all(row["units"] == 1 for row in lines)
    assert money.get(hired, "release") not in {"credit", "credit_less"}
