"""What Khaos's pushes mean: stock items, levels, and how far orders are; one bad entry spoils no neighbour."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fleet_tests.places import SAMPLES
from mappings.canonical import PickLine, Product
from mappings.errors import Unmappable
from mappings.khaos import read_products
from mappings.khaos.channel import (
    ChannelLevel,
    ChannelParcel,
    Form,
    read_document,
    read_order_status_upload,
    read_stock_status_upload,
    read_stock_upload,
    write_document,
)
from mappings.khaos.channel.levels import StockStatuses
from mappings.khaos.channel.statuses import STAGES, OrderStatuses
from mappings.khaos.channel.stock_words import StockItems

OURS = SAMPLES / "khaos"
FORMS: tuple[Form, ...] = ("json", "xml")
BOWL: dict[str, Any] = {
    "StockID": "A9",
    "StockCode": "B",
    "ShortDescription": "Bowl",
    "Options": {"StockControlled": True, "Discontinued": True, "DropShipItem": False, "NonPhysical": False},
    "OtherRef": "501",
    "AverageWeight": 150.0,
    "BuyPrice": {"Net": 2.48},
    "SellPrice": {"Gross": 5.99},
    "StockType1": {"Name": "Standard", "ID": "1"},
    "StockType2": {"Name": "Kitchen"},
    "Barcodes": [{"Barcode": "502"}, {"Barcode": "503"}, {"Barcode": "502"}],
}


def both(document: type[Any], body: bytes) -> list[tuple[bytes, Form]]:
    return [(write_document(read_document(document, body, "json"), form), form) for form in FORMS]


def upload(*items: Any, **more: Any) -> bytes:
    return json.dumps({"Items": items, **more}).encode()


def only(*items: Any, **more: Any) -> Product:
    (found,), _, bad = read_stock_upload(upload(*items, **more), "json")
    assert not bad
    return found


def test_the_vendors_stock_upload_is_read_in_both_forms() -> None:
    for body, form in both(StockItems, (OURS / "kcc_stock_upload_request.json").read_bytes()):
        (found,), deleted, bad = read_stock_upload(body, form)
        assert (deleted, bad) == ([], [])
        assert (found.stock_id, found.code) == ("6027", "DRC1.JUSTINWBK115")
        assert found.description == "Dr Comfort Justin Shoes Wide / Black / 11.01UK"
        assert found.for_warehouse
        assert dict(found.attributes) == {"STOCK_TTYPE": "Footwear", "STOCK_TYPE": "[Footwear] Shoe"}


def test_an_item_is_the_same_product_whether_it_came_over_soap_or_over_the_channel() -> None:
    soap = (
        "<STOCK_ITEMS><STOCK_ITEM><STOCK_CODE>B</STOCK_CODE><STOCK_ID>A9</STOCK_ID><STOCK_DESC>Bowl</STOCK_DESC>"
        "<STOCK_CONTROLLED>-1</STOCK_CONTROLLED><DISCONTINUED>-1</DISCONTINUED><ASSOCIATED_REF>501</ASSOCIATED_REF>"
        "<WEIGHT>150</WEIGHT><BUY_PRICE>2.48</BUY_PRICE><SELL_PRICE>5.99</SELL_PRICE>"
        "<STOCK_TTYPE>Standard</STOCK_TTYPE><STOCK_TYPE>Kitchen</STOCK_TYPE>"
        "<BARCODES><BARCODE>502</BARCODE><BARCODE>503</BARCODE></BARCODES></STOCK_ITEM></STOCK_ITEMS>"
    )
    assert [only(BOWL)] == read_products(soap)[0]


def test_both_names_of_the_description_are_read() -> None:
    table = {("StockDescription" if name == "ShortDescription" else name): value for name, value in BOWL.items()}
    assert only(table) == only(BOWL)


@pytest.mark.parametrize(
    ("options", "controlled"),
    [({"StockControlled": True, "NonPhysical": True}, False), ({"StockControlled": True}, True)],
)
def test_what_is_not_physical_is_not_stock_controlled(options: dict[str, bool], controlled: bool) -> None:
    assert only({**BOWL, "Options": options}).stock_controlled is controlled


def test_an_item_with_nothing_optional_is_a_product() -> None:
    found = only({"StockID": "1", "StockCode": "A", "Options": {"StockControlled": True}})
    assert found == Product(stock_id="1", code="A", description="", stock_controlled=True)


@pytest.mark.parametrize(
    ("wrong", "subject", "field"),
    [
        ({"StockID": 7}, "B", "StockItem.StockID"),
        ({"StockID": " "}, "B", "StockItem.StockID"),
        ({"StockCode": ""}, "A9", "StockItem.StockCode"),
        ({"StockCode": None, "StockID": None}, "StockItem 1", "StockItem.StockID"),
        ({"Options": None}, "B", "StockItem.Options"),
        ({"Options": {"StockControlled": "yes"}}, "B", "StockItem.Options.StockControlled"),
        ({"AverageWeight": "heavy"}, "B", "StockItem.AverageWeight"),
    ],
)
def test_an_item_that_cannot_be_read_is_named_and_its_neighbours_are_read(
    wrong: dict[str, Any], subject: str, field: str
) -> None:
    other = {**BOWL, "StockID": "A10", "StockCode": "C"}
    good, _, bad = read_stock_upload(upload({**BOWL, **wrong}, "no item", other), "json")
    assert [product.code for product in good] == ["C"]
    assert [(one.subject, one.error.field) for one in bad] == [(subject, field), ("StockItem 2", "StockItem")]


def test_deleted_ids_are_read_bare_and_as_objects() -> None:
    body = json.dumps({"Deleted": ["5", {"StockID": "6"}, 7]}).encode()
    good, deleted, bad = read_stock_upload(body, "json")
    assert (good, deleted, [one.subject for one in bad]) == ([], ["5", "6"], ["Deleted 3"])


@pytest.mark.parametrize(
    ("inside", "ids"),
    [
        ("<Deleted/>", []),
        ("<Deleted>5</Deleted>", ["5"]),
        ("<Deleted><string>5</string><string>6</string></Deleted>", ["5", "6"]),
        ("<Deleted><DeletedItem><StockID>5</StockID></DeletedItem></Deleted>", ["5"]),
        ("<Deleted><StockID>5</StockID><StockID>6</StockID></Deleted>", ["5", "6"]),
    ],
)
def test_deleted_ids_are_read_from_every_shape_that_xml_may_give_them(inside: str, ids: list[str]) -> None:
    assert read_stock_upload(f"<StockItems><Items/>{inside}</StockItems>".encode(), "xml") == ([], ids, [])


@pytest.mark.parametrize(
    "barcodes",
    [
        "<Barcodes><Barcode><Barcode>502</Barcode></Barcode><Barcode><Barcode>503</Barcode></Barcode></Barcodes>",
        "<Barcodes><Of><Barcode>502</Barcode><Type ID='1'/></Of><Of><Barcode>503</Barcode></Of></Barcodes>",
        "<Barcodes><Barcode>502</Barcode><Type ID='1'/></Barcodes><Barcodes><Barcode>503</Barcode></Barcodes>",
        "<Barcodes><Barcode>502</Barcode><Barcode>503</Barcode></Barcodes>",
    ],
)
def test_an_arrays_entries_are_read_whatever_they_are_called_and_without_a_wrapper(barcodes: str) -> None:
    body = (
        "<StockItems><Items><StockItem><StockID>1</StockID><StockCode>A</StockCode><Options><StockControlled>true"
        f"</StockControlled></Options>{barcodes}</StockItem></Items></StockItems>"
    )
    (found,), _, bad = read_stock_upload(body.encode(), "xml")
    assert not bad
    assert found.barcodes == ("502", "503")


def related(*relations: dict[str, Any]) -> tuple[list[Product], list[str], list[Any]]:
    other = {**BOWL, "StockID": "A10", "StockCode": "C"}
    body = {"StockItems": {"Items": [BOWL, other]}, "Relationships": {"Relationships": relations}}
    around = read_stock_upload(json.dumps(body).encode(), "json")
    assert around[0] == read_stock_upload(upload(BOWL, other, Relationships=body["Relationships"]), "json")[0]
    return around


def test_the_relationships_of_the_vendors_sample_make_parents_and_variants() -> None:
    good, _, bad = read_stock_upload((OURS / "kcc_provided_stock_response.json").read_bytes(), "json")
    assert not bad
    assert [p.code for p in good if p.is_parent] == ["0-Z-EW"]
    assert {p.code: p.parent_code for p in good if p.parent_code} == {"BANANAS2": "0-Z-EW"}
    assert len(good) == 6


def test_pack_content_is_named_by_code_and_the_header_is_not_for_the_warehouse() -> None:
    content = [{"LinkedStockID": "A10", "Quantity": 2.0, "ValueProportion": 1}, {"LinkedStockID": "A10", "Quantity": 1}]
    good, _, bad = related({"StockID": "A9", "PackType": "Pack", "PackItems": content})
    assert not bad
    assert good[0].pack_of == (PickLine(sku="C", quantity=3),)
    assert not good[0].for_warehouse
    built, _, _ = related({"StockID": "A9", "PackType": "Build", "PackItems": content})
    assert (built[0].pack_of, built[0].for_warehouse) == ((), True)


@pytest.mark.parametrize(
    ("relation", "field"),
    [
        ({"PackType": "Pack", "PackItems": [{"LinkedStockID": "Z", "Quantity": 1}]}, "PackItem.LinkedStockID"),
        ({"PackType": "Pack", "PackItems": [{"LinkedStockID": "A10", "Quantity": 0.5}]}, "PackItem.Quantity"),
        ({"PackType": "Pack", "PackItems": [{"LinkedStockID": "A10", "Quantity": -1}]}, "PackItem.Quantity"),
        ({"PackType": "Crate", "PackItems": []}, "Relationship.PackType"),
        ({"PackItems": [{"LinkedStockID": "A10", "Quantity": 1}]}, "Relationship.PackType"),
        ({"SCSChild": {"ParentStockID": "Z"}}, "SCSChild.ParentStockID"),
        ({"SCSChild": {}}, "Relationship.SCSChild.ParentStockID"),
    ],
)
def test_an_item_whose_relationship_is_not_understood_is_no_product(relation: dict[str, Any], field: str) -> None:
    good, _, bad = related({"StockID": "A9", **relation})
    assert [product.code for product in good] == ["C"]
    assert [(one.subject, one.error.field) for one in bad] == [("B", field)]


def test_items_beyond_the_body_are_named_by_what_the_caller_knows() -> None:
    relation = {"Relationships": {"Relationships": [{"StockID": "A9", "SCSChild": {"ParentStockID": "P"}}]}}
    (found,), _, bad = read_stock_upload(upload(BOWL, **relation), "json", codes={"P": "PARENT"})
    assert (found.parent_code, bad) == ("PARENT", [])


def test_a_relationship_without_an_item_is_told() -> None:
    good, _, bad = related({"PackType": "None"})
    assert len(good) == 2
    assert [one.subject for one in bad] == ["Relationship 1"]


def test_user_defined_fields_are_attributes_where_they_can_be_read() -> None:
    fields = [{"Name": "Hire", "Value": "yes"}, {"Name": "Count", "Value": 3}, "odd"]
    assert dict(only({**BOWL, "UserDefinedFields": fields}).attributes)["USER_DEFINED:Hire"] == "yes"


def test_the_vendors_levels_are_read_in_both_forms() -> None:
    for body, form in both(StockStatuses, (OURS / "kcc_stock_status_upload_request.json").read_bytes()):
        assert read_stock_status_upload(body, form) == (
            [ChannelLevel("112", "BOO", 1, 77, 84, None), ChannelLevel("505", "MUG1", 1, 110, 0, None)],
            [],
        )


def status(**members: Any) -> dict[str, Any]:
    return {"StockCode": "A", "StockID": "1", "SiteID": 2, **members}


@pytest.mark.parametrize("name", ["RelationshipPotential", "BuildPotential"])
def test_what_children_could_make_counts_only_where_no_level_is_told(name: str) -> None:
    potential = {name: {"FromChildren": 4.0, "FromParents": 0}}
    levels = {"Levels": {"Available": -2, "OnOrder": 1}}
    body = json.dumps({"Statuses": [status(**potential), status(**potential, **levels), status()]}).encode()
    good, bad = read_stock_status_upload(body, "json")
    assert not bad
    assert [(one.available, one.from_children, one.sellable) for one in good] == [
        (None, 4, 4),
        (-2, 4, -2),
        (None, None, None),
    ]


def test_a_level_of_part_of_a_unit_or_without_its_item_spoils_no_neighbour() -> None:
    wrong = [status(Levels={"Available": 1.5}), status(StockID=" "), status(SiteID="1"), 7]
    body = json.dumps({"Statuses": [*wrong, status(Levels={"Available": 77.00000000000001})]}).encode()
    good, bad = read_stock_status_upload(body, "json")
    assert [one.available for one in good] == [77]
    assert [(one.subject, one.error.field) for one in bad] == [
        ("A", "Levels.Available"),
        ("A", "StockStatus.StockID"),
        ("A", "StockStatus.SiteID"),
        ("StockStatus 4", "StockStatus"),
    ]
    assert bad[0].error.kind == "fractional_quantity"


def test_the_vendors_order_statuses_are_read_in_both_forms() -> None:
    for body, form in both(OrderStatuses, (OURS / "kcc_order_status_upload_request.json").read_bytes()):
        (first, second), bad = read_order_status_upload(body, form)
        assert not bad
        assert (first.order_code, first.order_id, first.status) == ("SO02075", "2075", 1)
        assert second.associated_ref == "web_order_1516288490"
        (shipment,) = first.shipments
        assert (shipment.shipment_id, shipment.invoice_code, shipment.stage) == ("BFDPDD09FZZW7ZZ", "INV106", 10)
        assert shipment.lines == (PickLine(sku="MUG1", quantity=3),)
        assert shipment.parcels == (ChannelParcel("", "24HR", None),)


def order(code: str = "SO1", **members: Any) -> dict[str, Any]:
    shipment = {"ID": "B1", "Code": "INV1", "Status": "Archived", "Items": [], "Packages": [], **members}
    return {"OrderCode": code, "OrderID": "1", "OrderStatus": "Complete", "Shipments": [shipment]}


def test_a_parcel_that_left_tells_its_consignment_and_the_time_in_utc() -> None:
    parcels = [
        {"ConsignmentRef": "C1", "Courier": {"Name": "DPD"}, "ShipmentDate": "2026-07-01T13:00:00"},
        {"ConsignmentRef": "C2", "ShipmentDate": "1899-12-30T00:00:00"},
        {"ConsignmentRef": "C3", "ShipmentDate": "2026-07-01T13:00:00Z"},
    ]
    (found,), bad = read_order_status_upload(json.dumps({"Statuses": [order(Packages=parcels)]}).encode(), "json")
    assert not bad
    assert (found.status, found.shipments[0].stage) == (4, 70)
    assert found.shipments[0].parcels == (
        ChannelParcel("C1", "DPD", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ChannelParcel("C2", "", None),
        ChannelParcel("C3", "", datetime(2026, 7, 1, 13, tzinfo=UTC)),
    )


def test_awaiting_date_is_17_as_in_the_soap_documents() -> None:
    assert (STAGES["AwaitingDate"], STAGES["Processing"]) == (17, 20)
    assert len(set(STAGES.values())) == len(STAGES)


@pytest.mark.parametrize(
    ("wrong", "field", "kind"),
    [
        (order(Status="Lost"), "Shipment.Status", "unknown_status"),
        (order() | {"OrderStatus": "Gone"}, "SalesOrderStatus.Status", "unknown_status"),
        (order() | {"Shipments": None}, "SalesOrderStatus.Shipments", "unmappable"),
        (
            order(Items=[{"OrderItemID": "1", "ShipmentItemID": "2", "SKU": "A", "Quantity": 0.5}]),
            "ShipmentItem.Quantity",
            "fractional_quantity",
        ),
        (
            order(Items=[{"OrderItemID": "1", "ShipmentItemID": "2", "SKU": "A", "Quantity": -1}]),
            "Shipment.Items",
            "unmappable",
        ),
    ],
)
def test_an_order_that_cannot_be_read_is_named_and_its_neighbour_is_read(
    wrong: dict[str, Any], field: str, kind: str
) -> None:
    good, bad = read_order_status_upload(json.dumps({"Statuses": [wrong, order("SO2")]}).encode(), "json")
    assert [one.order_code for one in good] == ["SO2"]
    assert [(one.subject, one.error.field, one.error.kind) for one in bad] == [("SO1", field, kind)]


@pytest.mark.parametrize("read", [read_stock_upload, read_stock_status_upload, read_order_status_upload])
def test_another_document_is_refused_as_a_whole(read: Any) -> None:
    for body, form in ((b"<CourierExportData/>", "xml"), (b'{"ServiceCode": "2"}', "json")):
        with pytest.raises(Unmappable, match="another document"):
            read(body, form)


def test_prices_are_decimals_as_they_stood() -> None:
    found = only(BOWL)
    assert (found.buy_price, found.sell_price) == (Decimal("2.48"), Decimal("5.99"))
