"""A dispatch as a courier's file: what the settings ask for stands there, and nothing is guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import get_args

import pytest

from adapters.khaos.courier_settings import Column
from mappings.canonical import Parcel, PickLine, Shipment
from mappings.canonical.consignments import Consigned, consignment_of
from mappings.errors import Unmappable
from mappings.khaos.consignments import COLUMNS, Layout, write_consignments

EVERY = {name: name.upper() for name in COLUMNS}


def left(number: int, units: int, *tracking: str) -> Shipment:
    return Shipment(
        reference=f"SO1-1/S{number}",
        fulfilment="SO1-1",
        order_code="SO1",
        invoice_code="INV1",
        lines=(PickLine(sku="MUG", quantity=units),),
        parcels=tuple(Parcel(tracking=t, carrier="DPD", service="NEXT", shipment=f"SHP{number}") for t in tracking),
        courier="DPD Next Day",
        dispatched_on=date(2026, 11, 5),
        complete=True,
    )


def written(layout: Layout, *together: Consigned) -> list[str]:
    return write_consignments(together, layout).decode(layout.encoding).split(layout.line_end)


def test_the_settings_and_the_mapping_know_the_same_columns() -> None:
    assert set(get_args(Column)) == set(COLUMNS)


def test_every_column_of_an_invoices_row() -> None:
    one = Consigned(left(1, 3, "", "T2"), "T2", "WEB-1", Decimal("1250.5"))
    assert written(Layout(EVERY), one) == [
        "INVOICE,ORDER,ASSOCIATED_REF,SHIPMENT,CONSIGNMENT,TRACKING,COURIER,SERVICE,WEIGHT,BOX,PARCELS,UNITS,SHIPPED_ON",
        "INV1,SO1,WEB-1,SO1-1/S1,T2,T2,DPD Next Day,NEXT,1.250,1,2,3,05/11/2026",
        "",
    ]


def test_a_row_for_each_parcel_of_all_shipments_and_no_weight_that_nobody_knows() -> None:
    layout = Layout(
        {"box": "n", "consignment": "c", "tracking": "t", "weight": "w", "shipment": "s"},
        each_parcel=True, delimiter="\t", header=False, line_end="\n",
    )  # fmt: skip
    together = (Consigned(left(1, 2, "T1", ""), "T1", "", Decimal(100)), Consigned(left(2, 1), "SO1-1/S2"))
    assert written(layout, *together) == [
        "1\tT1\tT1\t\tSO1-1/S1",
        "2\tT1\t\t\tSO1-1/S1",
        "3\tSO1-1/S2\t\t\tSO1-1/S2",
        "",
    ]


def test_several_shipments_on_one_row_are_added_up() -> None:
    layout = Layout({"units": "u", "weight": "w", "parcels": "p", "consignment": "c"}, header=False)
    known = (Consigned(left(1, 2, "T1"), "T1", "", Decimal(100)), Consigned(left(2, 1, "T2"), "T2", "", Decimal(50)))
    assert written(layout, *known)[0] == "3,0.150,2,T1"
    assert written(layout, known[0], Consigned(left(2, 1, "T2"), "T2"))[0] == "3,,2,T1"


def test_what_the_encoding_lacks_is_refused_with_the_setting_to_change() -> None:
    odd = left(1, 1, "T1").model_copy(update={"courier": "Пошта"})
    with pytest.raises(Unmappable, match="encoding"):
        write_consignments([Consigned(odd, "T1")], Layout({"courier": "c"}, encoding="cp1252"))


def test_a_delimiter_in_a_value_does_not_shift_the_columns() -> None:
    odd = left(1, 1, "T1").model_copy(update={"courier": 'DPD, "Next"'})
    assert written(Layout({"courier": "c", "invoice": "i"}, header=False), Consigned(odd, "T1"))[0] == (
        '"DPD, ""Next""",INV1'
    )


@pytest.mark.parametrize(
    ("tracking", "reference"), [(("", "T2"), "T2"), (("", ""), "SHP1"), ((), "SO1-1/S1")]
)  # fmt: skip
def test_a_shipment_always_has_something_that_stands_for_it(tracking: tuple[str, ...], reference: str) -> None:
    assert consignment_of(left(1, 1, *tracking).parcels, "SO1-1/S1") == reference
