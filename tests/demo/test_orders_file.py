"""The orders file: every line ends in an order or in a refusal, whatever people typed."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_tests.places import SHARED
from workers.demo.orders_file import generate
from workers.demo.orders_file.csv_rows import COLUMNS, OrdersFileUnusable
from workers.demo.orders_file.reading import OrdersFile, load_orders, personal_words, read_orders

HEADER = ",".join(COLUMNS)
REAL = SHARED / "data" / "online-retail-lines.csv.gz"


def line(**cells: str) -> str:
    whole = {
        "InvoiceNo": "536365",
        "StockCode": "85123A",
        "Description": "LIGHT HOLDER",
        "Quantity": "6",
        "InvoiceDate": "1/12/2010 8:26",
        "UnitPrice": "2.55",
        "CustomerID": "17850",
        "Country": "United Kingdom",
    } | cells
    return ",".join(whole[column] for column in COLUMNS)


def read(*lines: str, header: str = HEADER) -> OrdersFile:
    file = read_orders("\r\n".join([header, *lines, ""]).encode())
    assert accounted(file) == file.lines
    return file


def accounted(file: OrdersFile) -> int:
    inside = sum(len(one.lines) for one in file.orders) + sum(len(one.lines) for one in file.returns)
    return inside + sum(one.lines for one in file.refused)


def test_a_plain_line_becomes_an_order_for_the_main_site() -> None:
    (order,) = read(line()).orders
    assert (order.associated_ref, order.ordered_on, order.customer_ref) == ("536365", date(2010, 12, 1), "17850")
    assert (order.site, order.channel, order.currency) == ("Main Site", "Web", "GBP")
    assert (order.country_name, order.address.country) == ("United Kingdom", "")
    assert (order.lines[0].sku, order.lines[0].quantity, order.lines[0].unit_price) == ("85123A", 6, Decimal("2.55"))


def test_an_invoice_in_two_places_is_one_order_and_the_same_code_twice_stays_two_lines() -> None:
    first, second = read(line(), line(InvoiceNo="536366"), line()).orders
    assert (len(first.lines), len(second.lines)) == (2, 1)


def test_an_adjustment_of_debts_is_refused_whole_with_a_reason() -> None:
    file = read(line(InvoiceNo="A563185", Quantity="-1"), line(InvoiceNo="A563185", Quantity="what"), line())
    (refused,) = file.refused
    assert (refused.invoice, refused.kind, refused.lines) == ("A563185", "not_a_sale", 2)
    assert refused.line_number is None
    assert len(file.orders) == 1


def test_a_c_invoice_is_a_return_of_the_sale_that_it_came_from() -> None:
    file = read(line(), line(InvoiceNo="C536379", Quantity="-4"))
    (back,) = file.returns
    assert (back.reference, back.sale, back.customer) == ("C536379", "536365", "17850")
    assert [(one.sku, one.quantity) for one in back.lines] == [("85123A", 4)]
    assert (len(file.orders), file.refused) == (1, ())


def test_what_no_sale_of_the_file_explains_is_a_return_without_one() -> None:
    earlier = line(InvoiceNo="C536379", Quantity="-4", InvoiceDate="30/11/2010")
    for back in (
        line(InvoiceNo="C536379", Quantity="-7"),  # more than was sold
        line(InvoiceNo="C536379", Quantity="-4", CustomerID="17851"),
        line(InvoiceNo="C536379", Quantity="-4", CustomerID=""),
        line(InvoiceNo="C536379", Quantity="-4", StockCode="71053"),
        earlier,
    ):
        assert [one.sale for one in read(line(), back).returns] == [""]


def test_units_come_back_once_and_the_next_return_takes_what_is_left() -> None:
    backs = [line(InvoiceNo=f"C{n}", Quantity="-4") for n in (1, 2, 3)]
    file = read(line(), line(InvoiceNo="536366", Quantity="5"), *backs)
    assert [one.sale for one in file.returns] == ["536365", "536366", ""]


def test_the_lines_of_a_c_invoice_are_one_parcel_for_each_sale_and_a_charge_on_it_is_finances() -> None:
    file = read(
        line(),
        line(InvoiceNo="536366", StockCode="71053"),
        line(InvoiceNo="C1", Quantity="-1"),
        line(InvoiceNo="C1", Quantity="-1", StockCode="71053"),
        line(InvoiceNo="C1", Quantity="-1", StockCode="D"),
        line(InvoiceNo="C1", Quantity="1"),
    )
    assert [(one.reference, one.sale) for one in file.returns] == [("C1-1", "536365"), ("C1-2", "536366")]
    assert [(one.kind, one.line_number) for one in file.refused] == [("not_a_sale", 6), ("not_a_sale", 7)]
    assert "finance credits it" in file.refused[0].reason
    assert "below zero" in file.refused[1].reason


def test_a_product_that_only_came_back_is_a_product_of_the_file() -> None:
    file = read(line(InvoiceNo="C1", StockCode="71053", Quantity="-1", UnitPrice="3.39"))
    assert [(one.code, one.price) for one in file.products] == [("71053", Decimal("3.39"))]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"Quantity": "-10"}, "not_a_sale"),
        ({"Quantity": "0"}, "not_a_sale"),
        ({"UnitPrice": "-11062.06"}, "not_a_sale"),
        ({"Quantity": "1.5"}, "file_line_unreadable"),
        ({"Quantity": ""}, "file_line_unreadable"),
        ({"Quantity": "NaN"}, "file_line_unreadable"),
        ({"Quantity": "1e5"}, "file_line_unreadable"),
        ({"Quantity": "9" * 30}, "file_line_unreadable"),
        ({"UnitPrice": "two"}, "file_line_unreadable"),
        ({"InvoiceDate": "32/13/2010"}, "file_line_unreadable"),
        ({"InvoiceDate": ""}, "file_line_unreadable"),
        ({"StockCode": ""}, "file_line_unreadable"),
        ({"StockCode": "A\x07B"}, "file_line_unreadable"),
        ({"Description": "ONE, TWO"}, "file_line_unreadable"),
        ({"Description": '"NEVER CLOSED'}, "file_line_unreadable"),
        ({"CustomerID": "1" * 31}, "file_line_unreadable"),
        ({"StockCode": "nan"}, "file_line_unreadable"),
        ({"StockCode": "#N/A"}, "file_line_unreadable"),
        ({"StockCode": "22139.0"}, "file_line_unreadable"),
        ({"StockCode": "2.2139E+10"}, "file_line_unreadable"),
        ({"Quantity": "NULL"}, "file_line_unreadable"),
        ({"InvoiceDate": "NaT"}, "file_line_unreadable"),
    ],
)
def test_a_bad_line_is_refused_by_number_and_spoils_no_neighbour(cells: dict[str, str], kind: str) -> None:
    file = read(line(), line(**cells), line(StockCode="71053"))
    (refused,) = file.refused
    assert (refused.kind, refused.line_number, refused.invoice) == (kind, 3, "536365")
    assert [one.sku for one in file.orders[0].lines] == ["85123A", "71053"]


def test_a_line_without_an_invoice_number_or_cut_short_is_refused() -> None:
    file = read(line(InvoiceNo=""), "536365,85123A", line(), line(InvoiceNo="None"), line(InvoiceNo="536366.0"))
    assert sorted(one.line_number or 0 for one in file.refused) == [2, 3, 5, 6]
    assert "write 536366," in next(one.reason for one in file.refused if one.line_number == 6)
    assert len(file.orders) == 1


def test_an_invoice_number_that_khaos_cannot_keep_is_refused() -> None:
    (refused,) = read(line(InvoiceNo="WEB-0000000001234"), line(InvoiceNo="WEB-0000000001234")).refused
    assert (refused.lines, refused.line_number) == (2, None)
    assert "shorten it" in refused.reason


def test_two_countries_or_two_customers_on_one_invoice_are_refused_not_guessed() -> None:
    assert read(line(), line(Country="France")).refused[0].kind == "country_conflict"
    assert "17850, 17851" in read(line(), line(CustomerID="17851")).refused[0].reason
    assert not read(line(), line(Country="UNITED KINGDOM", CustomerID="")).refused


def test_a_missing_customer_is_a_guest_of_that_invoice() -> None:
    guests = read(line(CustomerID=""), line(CustomerID="", InvoiceNo="536366")).orders
    assert [one.customer_ref for one in guests] == ["GUEST-536365", "GUEST-536366"]
    assert guests[0].address != guests[1].address


@pytest.mark.parametrize("nobody", ["nan", "NaN", "NULL", "None", "#N/A"])
def test_a_marker_of_no_value_is_no_customer_no_country_and_no_description(nobody: str) -> None:
    file = read(line(CustomerID=nobody, Country=nobody, Description=nobody), line(CustomerID="", Country="France"))
    (order,) = file.orders
    assert (order.customer_ref, order.country_name, file.refused) == ("GUEST-536365", "France", ())
    assert {one.description for one in file.products} == {"LIGHT HOLDER"}


def test_a_customer_is_the_same_person_on_every_invoice_and_another_with_another_seed() -> None:
    text = "\n".join([HEADER, line(), line(InvoiceNo="536366", CustomerID="17850.0")]).encode()
    first, second = read_orders(text).orders
    assert first.address == second.address
    assert read_orders(text, seed=2).orders[0].address != first.address


def test_a_blank_description_is_taken_from_the_products_other_lines_else_from_the_code() -> None:
    file = read(line(Description=""), line(InvoiceNo="1"), line(StockCode="22139", Description=" "))
    assert [one.description for one in file.products] == ["LIGHT HOLDER", "22139"]


def test_codes_stay_as_typed_and_case_tells_them_apart() -> None:
    file = read(line(), line(StockCode=" 85123a "), line(StockCode="GIFT BOX/L"))
    assert [one.code for one in file.products] == ["85123A", "85123a", "GIFT BOX/L"]
    assert all(one.stock_controlled for one in file.products)


@pytest.mark.parametrize(
    "code", ["POST", "DOT", "M", "m", "D", "C2", "C3", "BANK CHARGES", "AMAZONFEE", "CRUK", "S", "B"]
)
def test_charges_are_products_that_stand_on_no_shelf(code: str) -> None:
    assert not read(line(StockCode=code)).products[0].stock_controlled


@pytest.mark.parametrize("code", ["gift_0001_40", "ADJUST2", "TEST001"])
def test_families_of_charges_are_known_by_their_beginning(code: str) -> None:
    assert not read(line(StockCode=code)).products[0].stock_controlled


@pytest.mark.parametrize("code", ["PADS", "DCGS0003", "SP1002", "C", "POSTER"])
def test_goods_whose_codes_look_alike_are_goods(code: str) -> None:
    assert read(line(StockCode=code)).products[0].stock_controlled


def test_a_products_price_is_the_first_that_is_not_zero() -> None:
    file = read(line(UnitPrice="0"), line(UnitPrice="2.10"), line(UnitPrice="3"))
    assert file.products[0].price == Decimal("2.10")
    assert file.orders[0].lines[0].unit_price == 0


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["1/12/2010"], [date(2010, 12, 1)]),
        (["12/1/2010 8:26", "12/13/2010 9:00"], [date(2010, 12, 1), date(2010, 12, 13)]),
        (["12/1/2010", "13/1/2010"], [date(2010, 1, 12), date(2010, 1, 13)]),
        (["13/1/2010", "1/14/2010"], [date(2010, 1, 13), date(2010, 1, 14)]),
        (["2010-12-01 08:26:00", "1/2/10"], [date(2010, 12, 1), date(2010, 2, 1)]),
    ],
)
def test_days_are_read_day_first_unless_the_file_shows_otherwise(cells: list[str], days: list[date]) -> None:
    file = read(*(line(InvoiceNo=str(number), InvoiceDate=cell) for number, cell in enumerate(cells, 1)))
    assert [one.ordered_on for one in file.orders] == days


def test_headers_are_found_whatever_their_case_order_blanks_and_mark() -> None:
    header = "\ufeffExtra, country ,CUSTOMERID,UnitPrice,InvoiceDate,Quantity,Description,StockCode,invoiceno"
    file = read("?,France,17850,2.55,1/12/2010,6.0,MUG,85123A,536365", header=header)
    assert (file.orders[0].country_name, file.orders[0].lines[0].quantity) == ("France", 6)


def test_a_missing_column_is_one_error_that_names_it() -> None:
    with pytest.raises(OrdersFileUnusable, match="lacks the column UnitPrice"):
        read_orders(HEADER.replace(",UnitPrice", "").encode())


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"\x1f\x8bnot gzip", HEADER.encode("utf-16"), b"\xff\xfe", b"PK\x03\x04"]
)
def test_a_file_that_is_none_is_one_error(data: bytes) -> None:
    with pytest.raises(OrdersFileUnusable):
        read_orders(data)


def test_a_header_alone_is_an_empty_file() -> None:
    assert read() == OrdersFile(products=(), orders=(), refused=(), lines=0)


def test_lines_in_utf8_and_in_cp1252_are_both_read() -> None:
    data = f"{HEADER}\n{line(Description='£1 CAFÉ')}\n".encode() + line(Description="£2 CAFÉ").encode("cp1252")
    assert [one.description for one in read_orders(data).orders[0].lines] == ["£1 CAFÉ", "£2 CAFÉ"]


def test_quoted_commas_quotes_and_line_breaks_are_part_of_the_description() -> None:
    file = read(line(Description='"SET, ""FLORAL""\nLARGE"'), line(Description='5" RULER'))
    assert [one.description for one in file.orders[0].lines] == ['SET, "FLORAL" LARGE', '5" RULER']


CELLS = {
    "InvoiceNo": st.sampled_from(["1", "2", "C3", "A4", "", "1234567890123456", "five"]),
    "StockCode": st.sampled_from(["85123A", "POST", "", " x ", "BANK CHARGES"]),
    "Description": st.one_of(st.just(""), st.text(max_size=12)),
    "Quantity": st.sampled_from(["6", "6.0", "-1", "0", "0.5", "", "x", "99999999999"]),
    "InvoiceDate": st.sampled_from(["1/12/2010", "12/13/2010 8:26", "", "31/2/2010"]),
    "UnitPrice": st.sampled_from(["2.55", "0", "-1", "", "£2"]),
    "CustomerID": st.sampled_from(["17850", "", "17850.0"]),
    "Country": st.sampled_from(["United Kingdom", "united kingdom", "France", ""]),
}


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure


@PATIENT
@given(st.lists(st.fixed_dictionaries(CELLS), max_size=25), st.booleans())
def test_every_entry_of_any_file_is_in_an_order_or_refused(rows: list[dict[str, str]], packed: bool) -> None:
    page = io.StringIO()
    writer = csv.DictWriter(page, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    data = page.getvalue().encode("utf-8", "replace")
    file = read_orders(gzip.compress(data) if packed else data)
    assert accounted(file) == file.lines


@PATIENT
@given(st.lists(st.text(max_size=60), max_size=20))
def test_no_text_below_a_header_can_break_the_reader(below: list[str]) -> None:
    file = read_orders("\n".join([HEADER, line(), *below]).encode("utf-8", "replace"))
    assert accounted(file) == file.lines
    assert file.lines >= 1


def test_the_shipped_file_is_what_the_generator_makes() -> None:
    assert generate.SHIPPED.read_bytes() == generate.text().encode()


def test_the_shipped_file_holds_the_troubles_it_promises() -> None:
    file = load_orders(generate.SHIPPED)
    assert accounted(file) == file.lines
    assert Counter(one.kind for one in file.refused) == {"not_a_sale": 2}
    assert len(file.returns) > 10
    assert [one.reference for one in file.returns if not one.sale] == ["C700150"]
    codes = {one.code: one for one in file.products}
    orders = {one.associated_ref: one for one in file.orders}
    assert len(orders) == 57
    assert 250 <= file.lines <= 350
    assert [one.sku for one in orders["700151"].lines] == ["POST"]
    assert orders["700152"].country_name == "Unspecified"
    assert Counter(one.sku for one in orders["700153"].lines).most_common(1)[0][1] == 2
    assert {"GIFT BOX/L", "kg9901b"} <= set(codes)
    assert any(len(code) > 50 for code in codes)
    assert len(orders["700159"].lines) == 120
    assert orders["700157"].lines[0].quantity > 1000
    assert codes["KG9902"].price == 0


def test_invented_people_fit_khaos_and_are_all_found_by_their_words() -> None:
    file = load_orders(generate.SHIPPED)
    words = personal_words(file)
    for order in file.orders:
        one = order.address
        assert max(map(len, (one.line1, one.line2, one.town, one.name))) <= 35
        assert len(one.postcode) <= 10
        assert one.email.endswith("@example.com")
        assert one.phone.startswith("01632 960")
        assert {one.name, one.line1, one.email, one.phone} <= words


def test_the_real_trade_is_read_to_the_last_line() -> None:
    if not REAL.exists():
        pytest.skip(f"the real trade's file is not here: {REAL.name} belongs beside the project in shared/data")
    file = load_orders(REAL)
    assert accounted(file) == file.lines == 5303
    assert Counter(one.kind for one in file.refused) == {"not_a_sale": 3}
    assert sum(len(one.lines) for one in file.returns) == 79
    assert Counter(bool(one.sale) for one in file.returns) == {False: 28, True: 5}
    assert {"POST", "M", "BANK CHARGES"} <= {one.code for one in file.products if not one.stock_controlled}
