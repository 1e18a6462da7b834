"""Replies as real services write them: faults of every shape, forbidden characters, parts that point to parts."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.errors import Garbled, Rejected
from adapters.faults import holds_fault
from adapters.khaos.envelope import read_reply
from adapters.khaos.results import read_stock_infos
from adapters.text import LOST

LONDON = ZoneInfo("Europe/London")
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
ENC = "http://schemas.xmlsoap.org/soap/encoding/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def reply(inside: str, more: str = "", head: str = "") -> bytes:
    return (
        f'{head}<s:Envelope xmlns:s="{SOAP}" xmlns:x="{XSI}" xmlns:e="{ENC}"><s:Body>'
        f"<n:GetListResponse xmlns:n='urn:x'>{inside}</n:GetListResponse>{more}</s:Body></s:Envelope>"
    ).encode()


def read(body: bytes) -> object:
    return read_reply(body, "GetList", LONDON, write=False)


@pytest.mark.parametrize(
    ("fault", "said", "symbol"),
    [
        ("<s:Fault><faultcode>Server</faultcode><faultstring>no stock</faultstring></s:Fault>", "no stock", "Server"),
        ("<Fault><faultstring>no stock</faultstring></Fault>", "no stock", "Fault"),
        ("<s:Fault><faultstring>a\x1b[b</faultstring></s:Fault>", "a\ufffd[b", "Fault"),
        ("<s:Fault><detail><Why>no stock</Why></detail></s:Fault>", "no stock", "Fault"),
        ("<s:Fault/>", "", "Fault"),
        (
            f'<f:Fault xmlns:f="{SOAP12}"><f:Code><f:Value>f:Sender</f:Value></f:Code><f:Text>no</f:Text></f:Fault>',
            "no",
            "f:Sender",
        ),
    ],
)
def test_a_fault_of_any_shape_is_a_refusal_with_its_reason(fault: str, said: str, symbol: str) -> None:
    body = f'<s:Envelope xmlns:s="{SOAP}"><!--{"x" * 9000}--><s:Header/><s:Body>{fault}</s:Body></s:Envelope>'
    with pytest.raises(Rejected) as refused:
        read_reply(body.encode(), "GetList", LONDON, write=True)
    error = refused.value
    assert (error.theirs, error.symbol, error.maybe_done) == (said, symbol, True)
    assert str(error) == "GetList: Khaos Control answered with a fault"  # their words may name a customer


@pytest.mark.parametrize(
    "odd", [b"\x1b", b"\x00", b"&#x1F;", b"&#31;", b"&#xD800;", b"&#x110000;", b"\xff", b"\xef\xbf\xbf"]
)
@pytest.mark.parametrize("head", ["", '<?xml version="1.0" encoding="utf-8"?>', '<?xml version="1.0"?>', "\ufeff"])
def test_a_forbidden_character_is_marked_and_the_rest_of_the_reply_is_read(odd: bytes, head: str) -> None:
    inside = "<return><List><a><Code>A</Code></a><b><Code>B?</Code></b></List></return>"
    body = reply(inside, head=head).replace(b"B?", b"B" + odd)
    found = read(body)
    assert isinstance(found, dict)
    assert [one["Code"].replace(LOST * len(odd), LOST) for one in found["List"].values()] == ["A", f"B{LOST}"]


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252"])
def test_another_encoding_is_kept_where_a_character_is_lost(encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    body = reply("<return>Café\x1b é</return>", head=head).decode().encode(encoding)
    assert read(body) == f"Café{LOST} é"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_a_fault_is_found_whatever_its_encoding(encoding: str) -> None:
    """Else a refusal with HTTP 500 would be taken for a service that is away, and its gate shut for all."""
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
    body = f'{head}<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault/></s:Body></s:Envelope>'.encode(encoding)
    assert holds_fault(body)
    assert not holds_fault(
        body.replace("Fault".encode("utf-16-le"), "Fauld".encode("utf-16-le")).replace(b"Fault", b"Fauld")
    )


def test_utf16_is_read_as_it_declares_itself() -> None:
    body = reply("<return>Café</return>", head='<?xml version="1.0" encoding="utf-16"?>').decode().encode("utf-16")
    assert read(body) == "Café"


def test_parts_that_point_to_parts_are_read_once_each() -> None:
    """Each of 12 parts points 30 times to the next: read anew each time that would be 30 to the power of 12 values."""
    links = ["".join(f'<a{n} href="#{part + 1}"/>' for n in range(30)) for part in range(12)]
    parts = "".join(f'<m id="{part}">{inside}</m>' for part, inside in enumerate(links))
    found = read(reply('<return href="#0"/>', f'{parts}<m id="12" x:type="xsd:int">7</m>'))
    for _ in range(12):
        assert isinstance(found, dict)
        assert found["a0"] is found["a29"]
        found = found["a0"]
    assert found == 7


def test_a_long_list_of_references_is_read_whole() -> None:
    parts = "".join(f'<m id="{n}"><Code>S{n}</Code></m>' for n in range(5000))
    items = "".join(f'<item href="#{n}"/>' for n in range(5000))
    found = read(reply(f'<return e:arrayType="x[5000]">{items}</return>', parts))
    assert isinstance(found, list)
    assert [one["Code"] for one in found] == [f"S{n}" for n in range(5000)]


@pytest.mark.parametrize(
    "parts",
    [
        '<m id="0"><a href="#0"/></m>',
        '<m id="0"><a href="#1"/></m><m id="1"><a href="#0"/></m>',
        '<m id="0"><a href="#nowhere"/></m>',
        f'<m id="0">{"<a>" * 90}{"</a>" * 90}</m>',
        '<m id="0" x:type="xsd:boolean">maybe</m>',
        '<m id="0" x:type="xsd:int">seven</m>',
        '<m id="0" x:type="xsd:dateTime">9999-99-99</m>',
        '<m id="0" x:type="xsd:double">1e</m>',
        '<m id="0" x:type="xsd:dateTime">0001-01-01T00:00:00+14:00</m>',
    ],
)
def test_a_value_that_leads_nowhere_or_in_a_circle_or_does_not_fit_its_type_is_garbled(parts: str) -> None:
    with pytest.raises(Garbled):
        read(reply('<return href="#0"/>', parts))


@pytest.mark.parametrize(
    "odd", ["0000-00-00T00:00:00", "9999-99-99", "31/12/2026 10:00", "never", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_that_is_none_spoils_no_row_beside_it(odd: str) -> None:
    times = ("2026-11-20T10:00:00", odd, "2026-11-20T11:00:00")
    rows = "".join(
        f'<item><StockCode>S{n}</StockCode><LastUpdated x:type="xsd:dateTime">{at}</LastUpdated></item>'
        for n, at in enumerate(times)
    )
    found = read(reply(f'<return><List e:arrayType="x[3]">{rows}</List></return>'))
    listed = read_stock_infos(found)
    assert [(one.stock_code, one.last_updated and one.last_updated.hour) for one in listed] == [
        ("S0", 10), ("S1", None), ("S2", 11),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "odd"),
    [("int", "1.0"), ("int", "7-"), ("double", "1,50"), ("double", "NAN"), ("double", "-INF"), ("boolean", "maybe")],
)
def test_a_figure_that_is_none_spoils_no_row_beside_it(kind: str, odd: str) -> None:
    rows = "".join(
        f'<item><StockCode>S{n}</StockCode><Aside x:type="xsd:{kind}">{aside}</Aside></item>'
        for n, aside in enumerate(("1", odd))
    )
    found: Any = read(reply(f'<return><List e:arrayType="x[2]">{rows}</List></return>'))
    assert [one.stock_code for one in read_stock_infos(found)] == ["S0", "S1"]
    assert [one["Aside"] is None for one in found["List"]] == [False, True]
