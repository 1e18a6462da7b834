"""The documents of Khaos's channel and courier hook: the same in JSON and in XML, and as the vendor writes them."""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import Element, canonicalize

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.places import REFERENCE, SAMPLES
from mappings.errors import Unmappable
from mappings.khaos.channel import (
    EndpointConfig,
    Form,
    PriceLists,
    SalesOrderImport,
    form_of,
    read_config,
    read_document,
    write_config,
    write_document,
    write_no_orders,
)
from mappings.khaos.channel.courier_words import CourierExportData, CourierImportData
from mappings.khaos.channel.levels import StockStatuses
from mappings.khaos.channel.return_words import CustomerReturnImport
from mappings.khaos.channel.statuses import OrderStatuses
from mappings.khaos.channel.stock_words import ProvidedStock, StockItems
from mappings.khaos.channel.word import Word

OURS = SAMPLES / "khaos"
SHARED = REFERENCE / "samples" / "khaos"
FORMS: tuple[Form, ...] = ("json", "xml")
DOCUMENTS: dict[str, type[Word]] = {
    "kc_courier_export_request.json": CourierExportData,
    "kc_courier_import_response.json": CourierImportData,
    "kcc_config_endpoints.xml": EndpointConfig,
    "kcc_config_playground.xml": EndpointConfig,
    "kcc_customer_return_download_response.json": CustomerReturnImport,
    "kcc_customer_return_download_response.xml": CustomerReturnImport,
    "kcc_order_download_playground.json": SalesOrderImport,
    "kcc_order_download_response.json": SalesOrderImport,
    "kcc_order_download_response.xml": SalesOrderImport,
    "kcc_order_status_upload_request.json": OrderStatuses,
    "kcc_price_list_upload_request.json": PriceLists,
    "kcc_price_list_upload_request.xml": PriceLists,
    "kcc_provided_stock_response.json": ProvidedStock,
    "kcc_provided_stock_response_2020_form.json": StockItems,
    "kcc_stock_status_upload_request.json": StockStatuses,
    "kcc_stock_upload_request.json": StockItems,
}
# samples that break the vendor's own rules are written by the rules
EXCEPTIONS = {
    "kcc_config_playground.xml": "its endpoints stand in another order than in the other sample",
    "kcc_customer_return_download_response.json": "Returns is a bare object; an array is written",
}


def form(name: str) -> Form:
    return "xml" if name.endswith(".xml") else "json"


def sample(name: str) -> Word:
    return read_document(DOCUMENTS[name], (OURS / name).read_bytes(), form(name))


def paths(element: Element, above: str = "") -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
    here = f"{above}/{element.tag}"
    own = (here, (element.text or "").strip(), tuple(sorted(element.attrib.items())))
    return sorted([own, *(path for child in element for path in paths(child, here))])


def nulls(value: Any) -> int:
    if isinstance(value, dict | list):
        return sum(nulls(inside) for inside in (value.values() if isinstance(value, dict) else value))
    return int(value is None)


def test_every_vendor_sample_of_channel_and_hook_is_here_as_it_was_published() -> None:
    if not SHARED.is_dir():
        pytest.skip("the vendor's samples are not here: they belong beside the project in shared/reference")
    published = {path.name: path.read_bytes() for path in SHARED.glob("kc*_*")}
    assert published == {name: (OURS / name).read_bytes() for name in DOCUMENTS}


@pytest.mark.parametrize("name", sorted(DOCUMENTS.keys() - EXCEPTIONS.keys()))
def test_a_vendor_sample_is_written_back_as_it_was(name: str) -> None:
    given_body, written = (OURS / name).read_text(), write_document(sample(name), form(name)).decode()
    if form(name) == "json":
        assert json.loads(written) == json.loads(given_body)
    else:
        assert canonicalize(written, strip_text=True) == canonicalize(given_body, strip_text=True)


def test_the_playgrounds_config_is_written_back_in_the_other_samples_order() -> None:
    name = "kcc_config_playground.xml"
    written = fromstring(write_document(sample(name), "xml"))
    assert paths(written) == paths(fromstring((OURS / name).read_bytes()))
    assert [child.tag for child in written][:2] == ["OrderDownload", "OrderStatusUpload"]


def test_a_bare_object_of_returns_is_written_back_as_an_array() -> None:
    name = "kcc_customer_return_download_response.json"
    given_body = json.loads((OURS / name).read_text())
    written = json.loads(write_document(sample(name), "json"))
    assert isinstance(given_body["Returns"], dict)
    assert written == {**given_body, "Returns": [given_body["Returns"]]}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_vendor_sample_reads_equal_from_both_forms(name: str) -> None:
    document = sample(name)
    for other in FORMS:
        assert read_document(type(document), write_document(document, other), other) == document


def test_the_two_price_list_samples_are_the_same_object() -> None:
    assert sample("kcc_price_list_upload_request.json") == sample("kcc_price_list_upload_request.xml")


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_nothing_that_is_written_holds_a_null(name: str) -> None:
    assert nulls(json.loads(write_document(sample(name), "json"))) == 0


def test_whole_numbers_are_written_without_a_point_and_flags_as_khaos_spells_them() -> None:
    fetched = write_document(sample("kcc_order_download_response.xml"), "xml").decode()
    assert "<Quantity>1</Quantity>" in fetched
    assert "<DeliveryTaxAmount>2.50</DeliveryTaxAmount>" in fetched
    assert "<TaxExempt>False</TaxExempt>" in fetched
    sent = write_document(sample("kcc_price_list_upload_request.json"), "xml").decode()
    assert "<Gross>12</Gross>" in sent
    assert "<PriceListNet>true</PriceListNet>" in sent


@pytest.mark.parametrize("content", FORMS)
def test_no_orders_are_an_empty_array_with_the_version(content: Form) -> None:
    written = write_no_orders(content)
    assert read_document(SalesOrderImport, written, content) == SalesOrderImport(orders=(), api_version=1000)
    if content == "json":
        assert json.loads(written) == {"Orders": [], "ApiVersion": 1000}
    else:
        assert canonicalize(written.decode()) == (
            "<SalesOrderImport><Orders></Orders><ApiVersion>1000</ApiVersion></SalesOrderImport>"
        )


def test_the_config_file_is_written_and_read_in_both_forms_and_known_by_the_older_name() -> None:
    config = read_config((OURS / "kcc_config_endpoints.xml").read_bytes())
    assert (config.order_download.frequency, config.stock_upload.format) == (15, "JSON")
    assert config.price_list_upload is None
    assert [read_config(write_config(config, content), content) for content in FORMS] == [config, config]
    older = write_config(config).replace(b"CReturnDownload", b"CustomerReturnDownload")
    assert read_config(older) == config


@pytest.mark.parametrize(
    ("content_type", "body", "told"),
    [
        ("application/json; charset=utf-8", b"<StockItems/>", "json"),
        ("text/xml", b"{}", "xml"),
        ("application/vnd.x+XML", b"", "xml"),
        ("", b"\xef\xbb\xbf  {}", "json"),
        ("application/octet-stream", b"\r\n<StockItems/>", "xml"),
        ("text/plain", b"[]", "json"),
    ],
)
def test_the_form_is_told_by_the_content_type_else_by_the_first_byte(content_type: str, body: bytes, told: str) -> None:
    assert form_of(content_type, body) == told


@pytest.mark.parametrize("body", [b"", b"  ", b"Items=1"])
def test_a_body_that_neither_tells_is_refused_with_what_to_set(body: bytes) -> None:
    with pytest.raises(Unmappable, match="set the Format"):
        form_of("", body)


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ("json", b""),
        ("json", b"{"),
        ("json", b"[]"),
        ("json", b"{}"),
        ("json", b'{"Else": 1}'),
        ("json", b"\xff\xfe\x00"),
        ("json", b"[" * 200_000),
        ("json", b'{"Statuses": ' + b"9" * 5000 + b"}"),
        ("xml", b""),
        ("xml", b"<StockStatuses>"),
        ("xml", b"<StockItems/>"),
        ("xml", b'<?xml version="1.0" encoding="nonsense"?><StockStatuses/>'),
        ("xml", b'<!DOCTYPE a [<!ENTITY x "y">]><StockStatuses>&x;</StockStatuses>'),
    ],
)
def test_a_body_that_is_no_such_document_is_refused_as_a_whole(content: Form, body: bytes) -> None:
    with pytest.raises(Unmappable) as refused:
        read_document(StockStatuses, body, content)
    assert refused.value.field == "StockStatuses"


@given(st.binary(max_size=40), st.sampled_from(FORMS))
def test_whatever_bytes_come_they_are_read_or_refused(body: bytes, content: Form) -> None:
    refused = None
    try:
        read_document(StockStatuses, body, content)
    except Unmappable as error:
        refused = error
    assert refused is None or refused.field == "StockStatuses" or refused.field.startswith("StockStatuses.")


@pytest.mark.parametrize("value", ["null", '""'])
def test_an_optional_member_that_is_null_or_an_empty_text_of_another_type_is_a_missing_one(value: str) -> None:
    body = f'{{"Statuses": [{{"StockCode": "A", "StockID": "1", "SiteID": 1, "Levels": {value}}}]}}'
    assert read_document(StockStatuses, body.encode(), "json").statuses[0].levels is None


@pytest.mark.parametrize("number", ['"1"', "true", "1e400", "1e99999999999999999999999", "NaN", "[]"])
def test_a_number_of_another_type_is_refused_by_its_path_and_not_quoted(number: str) -> None:
    body = f'{{"Statuses": [{{"StockCode": "A", "StockID": "1", "SiteID": 1, "Levels": {{"Available": {number}}}}}]}}'
    with pytest.raises(Unmappable) as refused:
        read_document(StockStatuses, body.encode(), "json")
    assert refused.value.field == "StockStatuses.Statuses.0.Levels.Available"


def test_a_person_is_never_quoted_by_a_refusal() -> None:
    body = json.dumps(
        {"Orders": [{"Customer": "Jane Doe", "InvoiceContact": {"Surname": ["Doe"]}}], "ApiVersion": 1000}
    )
    with pytest.raises(Unmappable) as refused:
        read_document(SalesOrderImport, body.encode(), "json")
    assert "Doe" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_what_a_courier_is_called_may_stand_in_text_beside_its_codes() -> None:
    package = '<ShipmentPackage><Courier Code="24H" ID="76">Metapack 24Hr</Courier></ShipmentPackage>'
    body = (
        "<OrderStatuses><Statuses><SalesOrderStatus><OrderCode>SO1</OrderCode><OrderID>1</OrderID>"
        "<OrderStatus>Received</OrderStatus><Shipments><Shipment><ID>B1</ID><Code>INV1</Code><Status>Picking</Status>"
        f"<Items/><Packages>{package}</Packages></Shipment></Shipments></SalesOrderStatus></Statuses></OrderStatuses>"
    )
    read = read_document(OrderStatuses, body.encode(), "xml")
    courier = read.statuses[0].shipments[0].packages[0].courier
    assert courier is not None
    assert (courier.id, courier.code, courier.name) == ("76", "24H", "Metapack 24Hr")
    assert read.statuses[0].status == "Received"


def test_names_are_known_in_any_case_and_in_a_namespace_and_unknown_members_are_passed_over() -> None:
    body = b'<PriceLists xmlns="urn:x"><uploadPriceLists><PriceList><priceListId>1</priceListId><New><a/></New>'
    body += b"<StockPrices/></PriceList></uploadPriceLists></PriceLists>"
    read = read_document(PriceLists, body, "xml")
    assert [(one.price_list_id, one.stock_prices) for one in read.upload_price_lists] == [("1", ())]
