"""What a return looks like when Khaos fetches it, and that nothing is lost on the way unsaid."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.places import SAMPLES
from mappings.canonical import Address, CustomerReturn, ExchangeItem, ReturnedItem
from mappings.errors import Unmappable
from mappings.khaos.channel import Form, SourceStyle, read_returns, write_returns
from mappings.khaos.channel.fitting import LONGEST, split_name
from mappings.khaos.values import legal

OURS = SAMPLES / "khaos"
FORMS: tuple[Form, ...] = ("json", "xml")
STYLES: tuple[SourceStyle, ...] = ("SourceReference", "SourceReturnReference", "flat")
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SUMMER = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
HOME = Address(name="Dr Jane van Dyke", line1="1 High St", town="Leeds", postcode="LS1 1AA", country="GB")
LINE = ReturnedItem(sku="A", quantity=2, reason_id="6", order_code="SO1")
RETURN = CustomerReturn(
    reference="RMA-1", created_at=SUMMER, urn="CU1", invoice_address=HOME, items=(LINE,), process=True
)


def written(one: CustomerReturn, **options: Any) -> dict[str, Any]:
    answer = write_returns([one], "json", **options)
    assert not answer.refused
    found: dict[str, Any] = json.loads(answer.body)
    return found


def test_a_return_is_written_as_the_vendor_documents_it() -> None:
    whole = written(RETURN.model_copy(update={"exchanges": (ExchangeItem(sku="B", quantity=1, notes=("red",)),)}))
    (one,) = whole.pop("Returns")
    assert whole == {
        "ApiVersion": 1000,
        "Config": {"MatchAddressOn": ["Address1", "Postcode"], "MatchContactOn": ["Surname"]},
    }
    assert one == {
        "AssociatedRef": "RMA-1",
        "CreatedDate": "2026-07-01T13:00:05",
        "URN": "CU1",
        "InvoiceAddress": {"Line1": "1 High St", "Town": "Leeds", "Postcode": "LS1 1AA", "Country": {"Code": "GB"}},
        "InvoiceContact": {"Title": "Dr", "Forename": "Jane", "Surname": "van Dyke"},
        "ReturnedItems": [
            {
                "SKU": "A",
                "Mapping": [{"Mapping": "StockCode"}],
                "Quantity": 2,
                "ReturnReason": {"ID": "6"},
                "ExtendedDescription": [],
                "SourceReference": {"SourceOrder": {"SOrderCode": "SO1"}},
            }
        ],
        "ExchangeItems": [
            {"SKU": "B", "Mapping": [{"Mapping": "StockCode"}], "Quantity": 1, "ExtendedDescription": ["red"]}
        ],
        "ProcessReturn": True,
    }


def test_no_returns_are_an_empty_array_with_the_version() -> None:
    assert json.loads(write_returns([], "json").body)["Returns"] == []
    root = fromstring(write_returns([], "xml").body)
    assert [(child.tag, len(child)) for child in root][:2] == [("Returns", 0), ("ApiVersion", 0)]
    assert [read_returns(write_returns([], form).body, form) for form in FORMS] == [([], []), ([], [])]


@pytest.mark.parametrize(
    ("style", "member"),
    [
        ("SourceReference", {"SourceReference": {"SourceOrder": {"SOrderCode": "SO1"}}}),
        ("SourceReturnReference", {"SourceReturnReference": {"SourceOrder": {"SOrderCode": "SO1"}}}),
        ("flat", {"SourceReference": {"SOrderCode": "SO1"}}),
    ],
)
def test_the_source_order_is_spelt_as_set_with_exactly_one_key_and_read_in_each_spelling(
    style: SourceStyle, member: dict[str, Any]
) -> None:
    item = written(RETURN, source_style=style)["Returns"][0]["ReturnedItems"][0]
    assert {name: value for name, value in item.items() if name.startswith("Source")} == member
    for form in FORMS:
        assert read_returns(write_returns([RETURN], form, source_style=style).body, form) == ([RETURN], [])


def test_a_line_without_an_order_names_none() -> None:
    blind = RETURN.model_copy(update={"items": (LINE.model_copy(update={"order_code": ""}),)})
    assert not [name for name in written(blind)["Returns"][0]["ReturnedItems"][0] if name.startswith("Source")]
    assert read_returns(write_returns([blind], "xml").body, "xml") == ([blind], [])


def test_the_vendors_samples_are_read_and_of_several_keys_the_orders_code_is_taken() -> None:
    name = "kcc_customer_return_download_response"
    (from_json,), bad_json = read_returns((OURS / f"{name}.json").read_bytes(), "json")
    (from_xml,), bad_xml = read_returns((OURS / f"{name}.xml").read_bytes(), "xml")
    assert not bad_json + bad_xml
    assert (from_json.reference, from_json.urn, from_json.items[0].reason_id) == ("AREF021242", "TOMA", "6")
    assert (from_json.items[0].order_code, from_json.items[0].quantity) == ("SO2075", 3)
    assert from_json.created_at == datetime(2018, 6, 28, 14, 14, 56, tzinfo=UTC)
    assert from_xml.items == from_json.items
    assert from_xml.exchanges == from_json.exchanges
    assert from_xml.invoice_address == from_json.invoice_address
    assert from_xml.delivery_address == from_json.invoice_address  # the JSON sample has no contact there


def test_a_samples_content_is_written_back_in_our_spelling() -> None:
    (one,), _ = read_returns((OURS / "kcc_customer_return_download_response.xml").read_bytes(), "xml")
    (back,), _ = read_returns(write_returns([one], "xml").body, "xml")
    assert back == one
    assert b"SourceReturnReference" not in write_returns([one], "xml").body


def test_the_older_name_of_the_items_is_read() -> None:
    body = write_returns([RETURN], "xml").body.replace(b"ReturnedItem", b"ReturnItem")
    assert read_returns(body, "xml") == ([RETURN], [])


def test_a_reduced_refund_is_a_gross_price() -> None:
    reduced = RETURN.model_copy(update={"items": (LINE.model_copy(update={"unit_price": Decimal("9.50")}),)})
    assert written(reduced)["Returns"][0]["ReturnedItems"][0]["UnitPrice"] == {"Gross": 9.5}
    assert b"<Gross>9.50</Gross>" in write_returns([reduced], "xml").body


def test_what_is_too_long_is_cut_and_told_without_being_quoted() -> None:
    far = HOME.model_copy(update={"line1": "Q" * 40, "postcode": "Z" * 11, "email": "e" * 101, "phone": "7" * 26})
    answer = write_returns([RETURN.model_copy(update={"delivery_address": far})], "json")
    to = json.loads(answer.body)["Returns"][0]
    assert (to["DeliveryAddress"]["Line1"], to["DeliveryAddress"]["Postcode"]) == ("Q" * 35, "Z" * 10)
    assert (to["DeliveryContact"]["Email"], to["DeliveryAddress"]["Telephone"]) == ("e" * 100, "7" * 25)
    assert [(note.subject, note.field) for note in answer.notes] == [
        ("RMA-1", "DeliveryAddress.Line1"),
        ("RMA-1", "DeliveryAddress.Postcode"),
        ("RMA-1", "DeliveryAddress.Telephone"),
        ("RMA-1", "DeliveryContact.Email"),
    ]
    assert answer.notes[0].what == "cut from 40 to 35 characters"


@pytest.mark.parametrize(
    ("wrong", "field", "kind"),
    [
        ({"invoice_address": HOME.model_copy(update={"name": " "})}, "InvoiceContact.Surname", "bad_address"),
        ({"invoice_address": HOME.model_copy(update={"town": ""})}, "InvoiceAddress.Town", "bad_address"),
        ({"delivery_address": HOME.model_copy(update={"line1": "\x00"})}, "DeliveryAddress.Line1", "bad_address"),
        ({"urn": ""}, "URN", "unmappable"),
        ({"items": (LINE.model_copy(update={"quantity": 10**15}),)}, "CustomerReturn.Quantity", "unmappable"),
        ({"items": (LINE.model_copy(update={"sku": "A\x01"}),)}, "ReturnedItem.SKU", "unmappable"),
        ({"items": (LINE.model_copy(update={"reason_id": ""}),)}, "ReturnReason.ID", "unmappable"),
    ],
)
def test_a_return_that_cannot_be_told_is_refused_and_its_neighbour_is_told(
    wrong: dict[str, Any], field: str, kind: str
) -> None:
    other = RETURN.model_copy(update={"reference": "RMA-2"})
    answer = write_returns([RETURN.model_copy(update=wrong), other], "json")
    assert [one["AssociatedRef"] for one in json.loads(answer.body)["Returns"]] == ["RMA-2"]
    assert [(one.subject, one.error.field, one.error.kind) for one in answer.refused] == [("RMA-1", field, kind)]


@pytest.mark.parametrize(
    ("gap", "filled", "field"),
    [
        ('"Quantity": 2', '"Quantity": 0', "CustomerReturn.quantity"),
        ('"Quantity": 2', '"Quantity": 1.5', "ReturnedItem.Quantity"),
        ('"Quantity": 2', '"Quantity": "2"', "CustomerReturn.ReturnedItems.0.Quantity"),
        ('"ID": "6"', '"Name": "Faulty"', "ReturnedItem.ReturnReason"),
        ('"SOrderCode": "SO1"', '"SOrderID": "1"', "SourceReference"),
        ('"Mapping": "StockCode"', '"Mapping": "Barcode"', "Mapping"),
        ('"Code": "GB"', '"Code": "QQ"', "InvoiceAddress.Country"),
        ('"RMA-1"', '"RMA-1 and much longer"', "CustomerReturn.reference"),
        ('"CreatedDate": "2026-', '"CreatedDate": "1st of ', "CustomerReturn.CreatedDate"),
        ('"2026-07-01T13:00:05"', '"1899-12-30T00:00:00"', "CustomerReturn.created_at"),
        ('"2026-07-01T13:00:05"', '"0001-01-01T01:00:00+05:00"', "CreatedDate"),
        ('"URN": "CU1"', '"URN": 1', "CustomerReturn.URN"),
    ],
)
def test_a_return_that_cannot_be_read_is_named_and_its_neighbour_is_read(gap: str, filled: str, field: str) -> None:
    other = RETURN.model_copy(update={"reference": "RMA-2"})
    body = write_returns([RETURN, other], "json").body.decode().replace(gap, filled, 1)
    good, bad = read_returns(body.encode(), "json")
    assert good == [other]
    assert [one.error.field for one in bad] == [field]
    assert bad[0].subject.startswith("RMA-1")


def test_an_answer_that_is_none_is_refused_as_a_whole() -> None:
    with pytest.raises(Unmappable, match="another document"):
        read_returns(b"<SalesOrderImport/>", "xml")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Jane Doe", ("", "Jane", "Doe")),
        ("Mrs. Jane Ann Doe", ("Mrs.", "Jane Ann", "Doe")),
        ("Dr Ludwig van Beethoven", ("Dr", "Ludwig", "van Beethoven")),
        ("Juan de la Cruz", ("", "Juan", "de la Cruz")),
        ("Mr Doe", ("Mr", "", "Doe")),
        ("Cher", ("", "", "Cher")),
        ("Miss", ("", "", "Miss")),
        ("", ("", "", "")),
    ],
)
def test_a_name_is_split_into_title_forename_and_surname(name: str, parts: tuple[str, str, str]) -> None:
    assert split_name(name) == parts


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(legal)
said = words.filter(str.strip)
codes = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=12).map(legal)
names = said.map(lambda name: " ".join(name.split()))
prices = st.none() | st.decimals("0", "9999", places=2)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001 hypothesis takes naive bounds
    lambda at: at.replace(month=6 if at.month in {3, 10} else at.month, day=min(at.day, 28), microsecond=0, tzinfo=UTC)
)  # without the hour that a clock shows twice


def addresses(text: st.SearchStrategy[str], name: st.SearchStrategy[str], need: st.SearchStrategy[str]) -> Any:
    short = text.map(lambda value: value[: LONGEST["Postcode"]])
    return st.builds(
        Address,
        name=name,
        organisation=text,
        line1=need,
        line2=text,
        line3=text,
        town=need,
        county=text,
        postcode=short,
        country=st.sampled_from(["GB", "FR", "US"]),
        email=text,
        phone=text,
    )


def returns(text: st.SearchStrategy[str], name: st.SearchStrategy[str], need: st.SearchStrategy[str]) -> Any:
    several = st.lists(text, max_size=2).map(tuple)
    line: dict[str, Any] = {"sku": codes, "quantity": st.integers(1, 9999), "unit_price": prices, "notes": several}
    order = st.just("") | codes
    return st.builds(
        CustomerReturn,
        reference=codes,
        created_at=moments,
        urn=codes,
        invoice_address=addresses(text, name, need),
        delivery_address=st.none() | addresses(text, name, need),
        items=st.lists(st.builds(ReturnedItem, **line, reason_id=codes, order_code=order), max_size=3).map(tuple),
        exchanges=st.lists(st.builds(ExchangeItem, **line), max_size=2).map(tuple),
        note=text,
        process=st.booleans(),
    )


@given(st.lists(returns(words, names, said), max_size=2), st.sampled_from(FORMS), st.sampled_from(STYLES))
def test_returns_that_are_written_read_back_the_same_in_both_forms_and_every_spelling(
    some: list[CustomerReturn], form: Form, style: SourceStyle
) -> None:
    answer = write_returns(some, form, source_style=style)
    assert (answer.notes, answer.refused) == ((), ())
    assert read_returns(answer.body, form) == (some, [])


anything = st.text(max_size=60)


@given(returns(anything, anything, anything))
def test_whatever_the_texts_no_null_and_no_illegal_character_is_written_and_every_loss_is_told(
    one: CustomerReturn,
) -> None:
    answers = [write_returns([one], form) for form in FORMS]
    for answer, form in zip(answers, FORMS, strict=True):
        text = answer.body.decode()
        assert not ILLEGAL.search(text)
        assert "null" not in re.sub(r'"(\\.|[^"\\])*"', "", text) or form == "xml"
        if form == "json":
            assert not ILLEGAL.search(json.dumps(json.loads(text), ensure_ascii=False))
    assert answers[0].notes == answers[1].notes
    read_both = [read_returns(answer.body, form) for answer, form in zip(answers, FORMS, strict=True)]
    assert read_both[0] == read_both[1]
    good, bad = read_both[0]
    assert not bad
    assert len(good) + len(answers[0].refused) == 1
    if good and not answers[0].notes:
        spaced = {"invoice_address": one.invoice_address, "delivery_address": one.delivery_address}
        for which, place in spaced.items():
            if place is not None:
                spaced[which] = place.model_copy(update={"name": " ".join(place.name.split())})
        assert good == [one.model_copy(update=spaced)]


def test_a_time_keeps_its_instant_on_either_side_of_the_change_of_clocks() -> None:
    for hours in (0, 24 * 180):
        at = RETURN.model_copy(update={"created_at": SUMMER + timedelta(hours=hours)})
        assert read_returns(write_returns([at], "json").body, "json")[0] == [at]
