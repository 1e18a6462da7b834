"""Every grade, by hire and by sale, with every disposition: what becomes of the garment and of the customer's money."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

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
