from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.errors import Garbled, ReachError, Throttled, Unavailable
from adapters.http import Http, retry_after

OK = b"HTTP/1.1 200 OK\r\n"
SOAP = b"http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = b"http://www.w3.org/2003/05/soap-envelope"
Serve = Callable[..., str]


def asked(url: str, deadline: float = 5.0) -> bytes:
    return Http(deadline=deadline).exchange("POST", url, body=b"{}").body


PIECES = st.sampled_from([
    OK, b"HTTP/1.1 ", b"HTTP/9.9 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 503 \r\n", b"HTTP/1.1 -1 X\r\n",
    b"HTTP/1.1 429 X\r\nRetry-After: \xb2\r\n", b"Retry-After: " + b"9" * 400 + b"\r\n", b"Retry-After: -1\r\n",
    b"Content-Length: 5\r\n", b"Content-Length: 2, 3\r\n", b"Content-Length: -7\r\n", b"Content-Length: two\r\n",
    b"Content-Length: " + b"9" * 5000 + b"\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: deflate, gzip\r\n", b"Location: \x00//[\r\n", b"\xff\xfe: x\r\n", b" folded\r\n", b": none\r\n",
    b"\r\n", b"5\r\nhello\r\n", b"-1\r\n", b"zz\r\n", b"0\r\n\r\n", b"x" * 70_000, gzip.compress(b"hello")[:9],
    b"\x00" * 9,
    b"<Fault>", b'<Envelope xmlns="' + SOAP + b'"><Body><Fault/></Body></Envelope>',
])  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES | st.binary(max_size=30), max_size=9), begun=st.booleans())
def test_whatever_a_server_writes_only_our_own_errors_leave(serve: Serve, pieces: list[bytes], begun: bool) -> None:
    door = serve(b"".join([*([OK] if begun else []), *pieces]))
    try:
        asked(door, deadline=3.0)
    except ReachError as error:
        assert error.maybe_done or isinstance(error, Throttled) or error.kind == "unauthorised"  # noqa: PT017  either


@pytest.mark.parametrize(
    "raw",
    [
        OK + b"Content-Length: 2, 2\r\n\r\n{}",
        OK + b"Content-Length: \r\nConnection: close\r\n\r\n{}",
        OK + b"Content-Length: two\r\nConnection: close\r\n\r\n{}",
        OK + b"Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\n{}",
        OK + b"Content-Length: 22\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}", mtime=0),
    ],
)
def test_a_body_is_read_where_its_framing_has_one_plain_meaning(serve: Serve, raw: bytes) -> None:
    assert asked(serve(raw)) == b"{}"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (OK + b"Content-Length: 2, 3\r\n\r\n{}", Garbled),
        (OK + b"Content-Length: 5\r\n\r\n{}", Unavailable),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", Garbled),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}", Garbled),
        (b"220 mail.example.com ESMTP\r\n", Unavailable),
        (b"", Unavailable),
    ],
)
def test_an_answer_that_lies_or_breaks_off_is_perhaps_done(serve: Serve, raw: bytes, kind: type[ReachError]) -> None:
    with pytest.raises(kind) as told:
        asked(serve(raw))
    assert told.value.maybe_done


DRIPS = {
    "a body of known length": [OK + b"Content-Length: 240\r\n\r\n", *[b"x"] * 240],
    "a body until the end": [OK + b"Connection: close\r\n\r\n", *[b"x"] * 240],
    "chunks": [OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 240],
    "the length of a chunk": [OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"0"] * 240],
    "headers": [OK, *[b"X: 1\r\n"] * 80],
    "one header": [OK + b"X: ", *[b"1"] * 240],
    "the first line": [bytes([one]) for one in OK * 9],
    "continue, for ever": [b"HTTP/1.1 100 Continue\r\n\r\n"] * 240,
}


@pytest.mark.parametrize("what", sorted(DRIPS))
def test_a_server_that_drips_is_left_at_the_deadline(serve: Serve, what: str) -> None:
    door = serve(*DRIPS[what], pause=0.1)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="at the deadline") as told:
        asked(door, deadline=0.6)
    assert told.value.maybe_done
    assert time.monotonic() - began < 4  # the server would go on for eight seconds at least


def test_a_server_that_accepts_and_never_reads_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}/x"
        with pytest.raises(Unavailable) as told:
            Http(deadline=0.6).exchange("POST", url, body=b"x" * 30_000_000)
    assert told.value.maybe_done


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "http://no-such-host.invalid/x", "http://[::1/x", "http://a..b/x"]
)
def test_what_never_left_is_not_done(url: str) -> None:
    with pytest.raises(ReachError) as told:
        asked(url, deadline=4.0)
    assert not told.value.maybe_done


def test_tls_with_a_server_that_speaks_none_is_not_done(serve: Serve) -> None:
    with pytest.raises(Unavailable, match="TLS") as told:
        asked(serve(b"HTTP/1.1 400 Bad Request\r\n\r\n").replace("http:", "https:"))
    assert not told.value.maybe_done


def test_a_redirect_is_an_answer_and_is_not_followed(serve: Serve) -> None:
    other = serve(OK + b"Content-Length: 2\r\n\r\n{}")
    door = serve(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + other.encode() + b"\r\n\r\n")
    assert Http(deadline=5).exchange("POST", door, body=b"{}").status == 302


@pytest.mark.parametrize(
    "body",
    [
        b'<s:Envelope xmlns:s="%s"><s:Body><s:Fault><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>'
        % SOAP,
        b'<Envelope xmlns="%s"><Body><Fault><faultstring>no</faultstring></Fault></Body></Envelope>' % SOAP,
        b'<e:Envelope xmlns:e="%s"><!--%s--><e:Body><e:Fault/></e:Body></e:Envelope>' % (SOAP, b" " * 90_000),
        b'<e:Envelope xmlns:e="%s"><e:Body><e:Fault><e:Code/></e:Fault></e:Body></e:Envelope>' % SOAP12,
        b'<E xmlns="%s"/>' % SOAP + b"",
        b'<Envelope xmlns="%s"><Body><Fault><faultstring>\x1b[no</faultstring></Fault></Body></Envelope>' % SOAP,
    ],
)
def test_an_http_500_is_an_answer_exactly_when_its_document_holds_a_fault(serve: Serve, body: bytes) -> None:
    door = serve(b"HTTP/1.1 500 X\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    if b"Fault" in body:
        assert Http(deadline=5).exchange("POST", door, body=b"x").body == body
    else:
        with pytest.raises(Unavailable):
            asked(door)


@pytest.mark.parametrize(
    "body", [b"<html>soap:Fault :Fault</html>", b"<Fault/>", b'<Envelope xmlns="%s"><Body><Fault>' % SOAP, b""]
)
def test_a_page_that_speaks_of_faults_is_none(serve: Serve, body: bytes) -> None:
    with pytest.raises(Unavailable) as told:
        asked(serve(b"HTTP/1.1 500 X\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)))
    assert told.value.maybe_done


def in_a_minute(seconds: float = 60) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("told", ["60", "60.0", "date", "iso"])
def test_a_wait_is_obeyed_in_each_of_its_forms(serve: Serve, status: int, told: str) -> None:
    iso = (datetime.now(UTC) + timedelta(seconds=60)).isoformat().replace("+00:00", "Z")
    said = {"date": in_a_minute(), "iso": iso}.get(told, told)
    with pytest.raises(Throttled) as error:
        asked(serve(f"HTTP/1.1 {status} X\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n".encode()))
    assert error.value.retry_after is not None
    assert 50 <= error.value.retry_after <= 60


@pytest.mark.parametrize(("status", "perhaps"), [(429, False), (503, True)])
def test_a_gateway_that_gave_up_on_its_server_and_asks_us_to_wait_may_have_handed_the_request_on(
    serve: Serve, status: int, perhaps: bool
) -> None:
    """Varnish answers a backend that is too slow with 503 and Retry-After: 5."""
    with pytest.raises(Throttled) as error:
        asked(serve(f"HTTP/1.1 {status} X\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n".encode()))
    assert error.value.maybe_done is perhaps


def test_a_date_is_compared_with_the_partners_own_clock() -> None:
    headers = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:27:30 GMT"}
    assert retry_after(headers) == 30.0


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("604800", 3600.0), ("9" * 400, 3600.0), ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("0", 0.0), ("-5", None), ("soon", None), ("", None), ("\xb2", None),
        ("5, 120", 120.0), ("5,", None), ("5, soon", None),
        ("inf", None), ("nan", None), ("1e9", None), ("Fri, 99 Dec 2026 99:99:99 GMT", None),
    ],
)  # fmt: skip
def test_a_wait_has_a_ceiling_and_nonsense_is_no_wait(said: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": said}) == seconds


def test_a_wait_that_is_cut_says_so(serve: Serve) -> None:
    door = serve(b"HTTP/1.1 429 X\r\nRetry-After: 604800\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(Throttled, match="604800 s, of which we wait 90") as told:
        Http(deadline=5, longest_wait=90.0).exchange("GET", door)
    assert told.value.retry_after == 90.0
