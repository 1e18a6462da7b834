"""What the client says when the service fails, and whether the call can have had its effect."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from adapters.errors import Garbled, ReachError, Rejected, Unauthorised, Unavailable
from adapters.khaos import Khaos, Settings
from adapters.khaos.envelope import read_reply, read_time
from fleet_tests.khaos_sandbox import Sandbox
from fleet_tests.places import SAMPLES

Write = Callable[..., str]
LONDON = ZoneInfo("Europe/London")
OURS = SAMPLES / "khaos"


@pytest.mark.parametrize("shape", ["old", "new"])
def test_faults_of_both_shapes_are_refusals_with_the_exceptions_class(
    khaos: Khaos, sandbox: Sandbox, shape: str
) -> None:
    sandbox.post("switches", fault_shape=shape)
    with pytest.raises(Rejected) as refused:
        khaos.import_stock_status('<STOCK_STATUS SITE="Nowhere"/>')
    assert (refused.value.symbol, refused.value.maybe_done) == ("EInvalidSite", True)
    assert ("Nowhere" in refused.value.theirs, "Nowhere" in str(refused.value)) == (True, False)
    with pytest.raises(Rejected) as refused:
        khaos.export_stock_status(["MUG"], 99)
    assert not refused.value.maybe_done


@pytest.mark.parametrize(
    ("sample", "symbol"),
    [("soap_fault_generic.xml", "Exception"), ("soap_fault_with_exception_class.xml", "EIntfCastError")],
)
def test_the_vendors_faults_are_read(sample: str, symbol: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_reply((OURS / sample).read_bytes(), "ImportOrders", LONDON, write=True)
    assert (refused.value.symbol, refused.value.maybe_done) == (symbol, True)


@pytest.mark.parametrize("manner", ["close", "hold"])
def test_a_write_that_is_done_and_never_answered_may_have_been_done(
    sandbox: Sandbox, order: Write, manner: str
) -> None:
    khaos = sandbox.client(deadline=0.5)
    sandbox.post("switches", drop_after_commit={"ImportOrders": 1}, drop_manner=manner)
    with pytest.raises(Unavailable) as lost:
        khaos.import_orders(order("W-1", MUG=1))
    assert lost.value.maybe_done
    assert [o["associated_ref"] for o in sandbox.books()["orders"]] == ["W-1"]
    assert khaos.import_orders(order("W-1", MUG=1)).skipped


def test_a_read_that_fails_has_had_no_effect(khaos: Khaos, sandbox: Sandbox) -> None:
    khaos.ping()
    sandbox.post("switches", drop_after_commit={"GetVersion": 1})
    with pytest.raises(Unavailable) as lost:
        khaos.get_version()
    assert not lost.value.maybe_done


def test_half_a_reply_is_garbled_and_perhaps_done(khaos: Khaos, sandbox: Sandbox, order: Write) -> None:
    sandbox.post("switches", truncate=1)
    with pytest.raises(Garbled) as cut:
        khaos.import_orders(order("W-1", MUG=1))
    assert cut.value.maybe_done
    assert len(sandbox.books()["orders"]) == 1


def test_iiss_error_page_is_no_answer_and_with_a_200_it_is_garbled(
    khaos: Khaos, sandbox: Sandbox, order: Write
) -> None:
    sandbox.post("switches", html_error=1)
    with pytest.raises(Unavailable, match="500"):
        khaos.import_orders(order("W-1", MUG=1))
    sandbox.post("switches", html_error=1, html_status=200)
    with pytest.raises(Garbled, match="HTML page"):
        khaos.import_orders(order("W-1", MUG=1))


def test_one_404_is_asked_again_and_a_second_beside_a_wsdl_is_about_the_request(
    khaos: Khaos, sandbox: Sandbox, order: Write
) -> None:
    sandbox.post("switches", html_error=2, html_status=404)
    with pytest.raises(Rejected, match="check that `url`") as refused:
        khaos.import_orders(order("W-1", MUG=1))
    assert not refused.value.maybe_done
    sandbox.post("switches", html_error=1, html_status=404)
    assert khaos.import_orders(order("W-1", MUG=1)).imported
    assert len(sandbox.books()["orders"]) == 1


def test_a_write_that_is_asked_again_after_a_404_and_then_lost_may_have_been_done(
    khaos: Khaos, sandbox: Sandbox, order: Write
) -> None:
    sandbox.post("switches", html_error=1, html_status=404, drop_after_commit={"ImportOrders": 1})
    with pytest.raises(Unavailable) as lost:
        khaos.import_orders(order("W-1", MUG=1))
    assert lost.value.maybe_done
    assert len(sandbox.books()["orders"]) == 1


@pytest.mark.parametrize("knows_wsdl", [True, False])
def test_a_service_that_is_being_updated_is_away_and_says_nothing_of_what_was_sent(
    khaos: Khaos, sandbox: Sandbox, order: Write, knows_wsdl: bool
) -> None:
    if knows_wsdl:
        khaos.ping()
    sandbox.post("switches", being_updated=True)
    for call in (khaos.ping, lambda: khaos.import_orders(order("W-1", MUG=1))):
        with pytest.raises(Unavailable, match="being updated") as away:
            call()
        assert (away.value.maybe_done, away.value.answered) == (False, True)
    sandbox.post("switches", being_updated=False)
    assert khaos.import_orders(order("W-1", MUG=1)).imported


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_page_for_maintenance_or_logging_in_is_the_services_trouble_and_no_verdict_on_what_was_sent(
    khaos: Khaos, sandbox: Sandbox, order: Write, status: int
) -> None:
    khaos.ping()
    sandbox.post("switches", html_error=2, html_status=status)
    with pytest.raises(Garbled, match="check that `url`") as moved:
        khaos.import_orders(order("W-1", MUG=1))
    assert moved.value.maybe_done
    with pytest.raises(Garbled) as moved:
        khaos.ping()
    assert not moved.value.maybe_done


def test_a_call_that_outlasts_its_deadline_is_unavailable(sandbox: Sandbox, order: Write) -> None:
    khaos = sandbox.client(deadline=0.3)
    sandbox.post("switches", latency=10)
    began = time.monotonic()
    with pytest.raises(Unavailable) as late:
        khaos.import_orders(order("W-1", MUG=1))
    assert late.value.maybe_done
    assert time.monotonic() - began < 9


@pytest.mark.parametrize("manner", ["close", "503"])
def test_a_service_that_is_away_takes_nothing_and_its_wsdl_is_read_when_it_is_back(
    sandbox: Sandbox, order: Write, manner: str
) -> None:
    khaos = sandbox.client()
    sandbox.post("switches", away_until=time.time() + 600, away_manner=manner)
    with pytest.raises(Unavailable) as away:
        khaos.import_orders(order("W-1", MUG=1))
    assert not away.value.maybe_done
    sandbox.post("switches", away_until=0)
    assert khaos.import_orders(order("W-1", MUG=1)).imported


def test_nobody_listening_means_nothing_was_done() -> None:
    settings = Settings(url="http://127.0.0.1:9/x.exe")
    with pytest.raises(Unavailable) as nobody:
        Khaos(settings).ping()
    assert not nobody.value.maybe_done


def test_basic_credentials_open_the_door_and_wrong_ones_do_not(start: Callable[..., Sandbox]) -> None:
    sandbox = start(auth=("fleet", "s3cret"))
    assert sandbox.client(auth={"basic": {"user": "fleet", "password": "s3cret"}}).ping()
    for auth in ("none", {"basic": {"user": "fleet", "password": "wrong"}}):
        with pytest.raises(Unauthorised):
            sandbox.client(auth=auth).ping()


def test_a_password_argument_travels_with_every_call(start: Callable[..., Sandbox], order: Write) -> None:
    sandbox = start(argument=("UserPassword", "s3cret"))
    khaos = sandbox.client(auth={"argument": {"name": "UserPassword", "value": "s3cret"}})
    assert khaos.ping()
    assert khaos.import_orders(order("W-1", MUG=1)).imported
    with pytest.raises(Rejected) as refused:
        sandbox.client().ping()
    assert "Access denied" in refused.value.theirs


def test_two_calls_at_once_are_noticed(khaos: Khaos, sandbox: Sandbox) -> None:
    khaos.ping()
    sandbox.post("switches", latency=0.3)
    threads = [threading.Thread(target=khaos.ping) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    books = sandbox.books()
    assert books["over_concurrency"] == 1
    assert books["calls"] == {"GetVersion": 3}


def test_an_unknown_switch_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(Exception, match="422"):
        sandbox.post("switches", warp=9)


REPLY = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>{}</e:Body></e:Envelope>'
)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<GetVersionResponse",
        REPLY.format(""),
        REPLY.format("<OtherResponse/>"),
        REPLY.format('<GetVersionResponse><return href="#1"/></GetVersionResponse>'),
        REPLY.format('<GetVersionResponse><return href="#1"/></GetVersionResponse><a id="1"><b href="#1"/></a>'),
        REPLY.format('<GetVersionResponse><return xsi:type="xsd:int">six</return></GetVersionResponse>'),
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>'
        + REPLY.format("<GetVersionResponse><return>&a;</return></GetVersionResponse>"),
    ],
)
def test_what_is_no_reply_is_garbled(body: str) -> None:
    with pytest.raises(Garbled):
        read_reply(body.encode(), "GetVersion", LONDON, write=False)


def test_missing_and_nil_results_are_nothing() -> None:
    for inside in ("", '<return xsi:nil="true"/>'):
        reply = REPLY.format(f"<GetVersionResponse>{inside}</GetVersionResponse>")
        assert read_reply(reply.encode(), "GetVersion", LONDON, write=False) is None


def test_the_zero_date_is_none_and_times_become_utc() -> None:
    assert read_time("1899-12-30T00:00:00.000Z", LONDON) is None
    assert str(read_time("2019-09-25T10:06:59.327Z", LONDON)) == "2019-09-25 10:06:59.327000+00:00"
    assert str(read_time("2019-09-25T10:06:59", LONDON)) == "2019-09-25 09:06:59+00:00"


def test_every_failure_is_one_of_ours(khaos: Khaos, sandbox: Sandbox) -> None:
    for turned in ({"html_error": 1}, {"truncate": 1}, {"html_error": 1, "html_status": 403}):
        sandbox.post("switches", **{"html_status": 500, **turned})
        with pytest.raises(ReachError):
            khaos.get_site_list()
    assert khaos.get_site_list().sites
