"""Orders over HTTP, against the stand-in: both ways to log in, every body, every refusal, and doubts told apart."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from adapters.acs.client import Acs
from adapters.acs.refusals import Refused
from adapters.acs.settings import Settings
from adapters.errors import Garbled, Rejected, Throttled, Unauthorised, Unavailable
from mappings.acs import read_order, read_refusals, read_taken
from mappings.canonical import WarehouseStatus
from mappings.canonical.advices import LineOutcome

Body = Callable[..., bytes]


def garment(sandbox: Any, sku: str, **more: Any) -> str:
    """A new garment, ready; its tag."""
    made = sandbox.ask("setup", {"garments": [{"product_sku": sku, "unique_sku": f"{sku}_1", **more}]})
    return str(made["garments"][0]["rfid"])


@pytest.mark.parametrize("auth", ["basic", "apim_key"])
@pytest.mark.parametrize("suffix", ["", ".json"])
@pytest.mark.parametrize("bodies", ["json", "text", "empty"])
def test_an_order_is_taken_by_either_login_and_path_whatever_the_answers_body(
    sandbox: Any, settings: Settings, body: Body, auth: str, suffix: str, bodies: str
) -> None:
    name = f"{auth.replace('_', '')}{suffix.strip('.')}{bodies}"
    tag = garment(sandbox, f"SKU-{name}")
    sandbox.switch(auth=auth, suffix=suffix, bodies=bodies)
    acs = Acs(
        settings.model_copy(update={"auth": auth, "suffix": suffix, "subscription_key": "sandbox-subscription-key"})
    )
    acs.ping()
    taken = acs.put_order(f"O-{name}", body(f"O-{name}", ("1", f"SKU-{name}_1", True)))
    assert taken.status == 201
    assert read_taken(taken.body) == ("Received" if bodies == "json" else "")
    sandbox.until_status(f"O-{name}", "Dispatched")
    order = read_order(acs.get_order(f"O-{name}") or b"")
    assert order.status is WarehouseStatus.DISPATCHED
    assert [(line.tag, line.outcome) for line in order.lines] == [(tag, LineOutcome.FILLED)]
    assert [parcel.tracking for parcel in order.parcels] == [order.lines[0].tracking]


def test_the_same_body_again_changes_nothing_and_another_one_before_picking_changes_the_order(
    sandbox: Any, acs: Acs, body: Body
) -> None:
    garment(sandbox, "UPSERT")
    sandbox.switch(floor=False)
    first = body("O-UPSERT", ("1", "UPSERT", False))
    assert [acs.put_order("O-UPSERT", first).status for _ in range(3)] == [201, 200, 200]
    acs.put_order("O-UPSERT", body("O-UPSERT", ("1", "UPSERT", False), Comments="ring twice"))
    kept = sandbox.order("O-UPSERT")
    assert kept["body"]["Comments"] == "ring twice"
    assert kept["puts"] == 4
    sandbox.switch(floor=True)
    sandbox.until_status("O-UPSERT", "Dispatched")
    assert acs.put_order("O-UPSERT", json.dumps(kept["body"]).encode()).status == 200
    with pytest.raises(Refused) as caught:
        acs.put_order("O-UPSERT", first)
    assert (caught.value.status, caught.value.symbol) == (409, "too_late")
    assert sum(one["order"] == "O-UPSERT" for one in sandbox.books("dispatched")) == 1


def test_an_order_is_taken_back_before_picking_and_too_late_after(sandbox: Any, acs: Acs, body: Body) -> None:
    for name in ("EARLY", "LATE"):
        garment(sandbox, name)
    sandbox.switch(floor=False)
    acs.put_order("O-EARLY", body("O-EARLY", ("1", "EARLY", False)))
    acs.put_order("O-EARLY", body("O-EARLY", ("1", "EARLY", False), OrderCancelled=True))
    assert read_order(acs.get_order("O-EARLY") or b"").cancelled_by == "client"
    assert sandbox.books("counts")["EARLY"] == {"Ready": 1}
    sandbox.switch(floor=True)
    acs.put_order("O-LATE", body("O-LATE", ("1", "LATE", False)))
    sandbox.until_status("O-LATE", "Dispatched")
    with pytest.raises(Refused) as caught:
        acs.put_order("O-LATE", body("O-LATE", ("1", "LATE", False), OrderCancelled=True))
    assert (caught.value.status, caught.value.symbol, caught.value.maybe_done) == (409, "too_late", False)
    assert [one.kind for one in read_refusals(caught.value.body)] == ["cancel_refused"]


def test_an_order_that_is_not_there_is_none(acs: Acs) -> None:
    assert acs.get_order("O-NOWHERE") is None


def test_a_refused_order_names_every_code_and_nothing_that_was_typed(acs: Acs, body: Body) -> None:
    wrong = body("O-WRONG", ("1", "NO-SUCH", True), ("1", "NO-SUCH", True), DeliveryService="72", LastName="")
    with pytest.raises(Refused) as caught:
        acs.put_order("O-WRONG", wrong)
    assert caught.value.status == 422
    assert {one.code for one in read_refusals(caught.value.body)} == {
        "unknown_sku",
        "unknown_delivery_service",
        "duplicate_line",
        "missing_field",
    }
    assert "unknown_delivery_service at DeliveryService" in str(caught.value)
    assert "Jane" not in str(caught.value)
    assert acs.get_order("O-WRONG") is None


@pytest.mark.parametrize("bodies", ["text", "empty"])
def test_a_refusal_without_codes_is_known_by_its_status(sandbox: Any, acs: Acs, body: Body, bodies: str) -> None:
    sandbox.switch(bodies=bodies)
    with pytest.raises(Refused) as caught:
        acs.put_order("O-BARE", body("O-BARE", ("1", "NO-SUCH", True)))
    assert (caught.value.status, caught.value.symbol) == (422, "invalid")


def test_a_body_that_is_no_order_is_malformed(acs: Acs) -> None:
    with pytest.raises(Refused) as caught:
        acs.put_order("O-BAD", b"not JSON")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("switch", "error", "maybe_done"),
    [
        ({"unauthorised_next": 1}, Unauthorised, False),
        ({"throttle_next": 1}, Throttled, False),
        ({"forbidden_next": 1}, Throttled, False),
        ({"error_next": 1}, Unavailable, True),
        ({"effect_then_500_next": {"PUT": 1}}, Unavailable, True),
        ({"away_until": 4e9}, Unavailable, True),
    ],
    ids=str,
)
def test_each_failure_says_whether_it_may_have_been_done(
    sandbox: Any, acs: Acs, body: Body, switch: dict[str, Any], error: type[Exception], maybe_done: bool
) -> None:
    garment(sandbox, f"FAIL-{next(iter(switch))}")
    sandbox.switch(**switch)
    with pytest.raises(error) as caught:
        acs.put_order("O-FAIL", body("O-FAIL", ("1", f"FAIL-{next(iter(switch))}", False)))
    assert caught.value.maybe_done is maybe_done  # type: ignore[attr-defined]


def test_a_slow_answer_after_the_effect_is_a_doubt_that_reading_settles(
    sandbox: Any, settings: Settings, body: Body
) -> None:
    garment(sandbox, "SLOW")
    sandbox.switch(effect_then_hang_next={"PUT": 1}, hang_seconds=5)
    hasty = Acs(settings.model_copy(update={"deadline": 0.5}))
    sent = body("O-SLOW", ("1", "SLOW", False))
    with pytest.raises(Unavailable) as caught:
        hasty.put_order("O-SLOW", sent)
    assert caught.value.maybe_done
    acs = Acs(settings)
    assert acs.get_order("O-SLOW") is not None
    assert acs.put_order("O-SLOW", sent).status == 200
    sandbox.until_status("O-SLOW", "Dispatched")
    assert sum(one["order"] == "O-SLOW" for one in sandbox.books("dispatched")) == 1


def test_wrong_credentials_name_what_to_renew(settings: Settings) -> None:
    with pytest.raises(Unauthorised, match="user and password"):
        Acs(settings.model_copy(update={"password": "old"})).ping()
    with pytest.raises(Unauthorised, match="subscription_key"):
        Acs(settings.model_copy(update={"auth": "apim_key", "subscription_key": "old"})).ping()


def test_a_page_in_place_of_an_answer_to_a_put_is_taken_for_a_2xx_is(sandbox: Any, acs: Acs, body: Body) -> None:
    garment(sandbox, "PAGE")
    sandbox.switch(html_next=1)
    taken = acs.put_order("O-PAGE", body("O-PAGE", ("1", "PAGE", False)))
    assert read_taken(taken.body) == ""
    assert acs.get_order("O-PAGE") is not None


def test_a_wrong_suffix_is_no_order_of_ours(sandbox: Any, settings: Settings, body: Body) -> None:
    garment(sandbox, "SUFFIX")
    wrong = Acs(settings.model_copy(update={"suffix": ".json"}))
    with pytest.raises(Rejected) as caught:
        wrong.put_order("O-SUFFIX", body("O-SUFFIX", ("1", "SUFFIX", False)))
    assert caught.value.status == 404


def test_a_redirect_is_not_followed_and_is_a_doubt(settings: Settings) -> None:
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        moved = Acs(settings.model_copy(update={"base_url": f"http://127.0.0.1:{server.server_port}/api"}))
        with pytest.raises(Garbled, match="base_url") as caught:
            moved.put_order("O-1", b"{}")
        server.shutdown()
    assert caught.value.maybe_done
    assert asked == ["/api/orders/O-1"]
