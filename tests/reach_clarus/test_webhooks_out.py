from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from adapters.clarus.settings import Settings
from adapters.clarus.webhook import check
from mappings.clarus import read_hint, write_automation


class Ear(ThreadingHTTPServer):
    """Keeps what it hears; refuses the first ``refuse`` calls."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Heard)
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.refuse = 0

    def at(self, path: str) -> list[tuple[dict[str, str], bytes]]:
        return [(headers, body) for where, headers, body in list(self.heard) if where == path]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Heard(BaseHTTPRequestHandler):
    server: Ear

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        refused = self.server.refuse > 0
        self.server.refuse -= refused
        if not refused:
            self.server.heard.append((self.path, dict(self.headers.items()), body))
        self.send_response(503 if refused else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def listen(sandbox: Any, ear: Ear, path: str, event: str = "completed") -> None:
    hook = {"resource": "goods_out", "event": event, "url": ear.url + path, "automation_id": "43"}
    sandbox.switch(webhooks=[hook])


@pytest.mark.parametrize("flat", [True, False])
def test_a_dispatched_order_is_told_with_headers_that_pass_and_a_body_that_hints(
    desk: Any, sandbox: Any, ear: Ear, settings: Settings, flat: bool
) -> None:
    sandbox.switch(webhook_flat=flat)
    listen(sandbox, ear, f"/flat-{flat}")
    wanted = desk.fulfilment(MUG=2)
    made = desk.send(wanted)
    headers, body = sandbox.until(lambda: ear.at(f"/flat-{flat}"))[0]
    assert check(settings, settings.webhook_token, "goods_out", "completed", headers) is None
    hint = read_hint("goods_out", "completed", body)
    assert (hint.their_id, hint.reference) == (made, wanted.reference)


def test_an_automation_made_over_the_api_fires_for_its_account(desk: Any, sandbox: Any, ear: Ear) -> None:
    sandbox.switch(floor=False)
    desk.clarus.create_automation(write_automation("goods_out", "cancelled", ear.url + "/own", desk.facts))
    elsewhere = desk.facts.model_copy(update={"account_id": "777"})
    desk.clarus.create_automation(write_automation("goods_out", "cancelled", ear.url + "/other", elsewhere))
    wanted = desk.fulfilment(MUG=2)
    desk.clarus.cancel_goods_out(desk.send(wanted))
    _, body = sandbox.until(lambda: ear.at("/own"))[0]
    assert read_hint("goods_out", "cancelled", body).reference == wanted.reference
    assert ear.at("/other") == []


def test_a_webhook_is_sent_again_until_it_is_taken(desk: Any, sandbox: Any, ear: Ear) -> None:
    listen(sandbox, ear, "/again")
    ear.refuse = 1
    desk.send(desk.fulfilment(MUG=1))
    assert len(sandbox.until(lambda: ear.at("/again"))) == 1


def test_webhooks_are_repeated_and_lost_at_the_rates_asked_for(desk: Any, sandbox: Any, ear: Ear) -> None:
    listen(sandbox, ear, "/many", "created")
    sandbox.switch(floor=False, webhook_repeat_rate=1)
    desk.send(desk.fulfilment(MUG=1))
    sandbox.until(lambda: len(ear.at("/many")) == 2)
    sandbox.switch(webhook_loss_rate=1)
    lost = sandbox.books()["webhooks"]["lost"]
    desk.send(desk.fulfilment(MUG=1))
    assert sandbox.books()["webhooks"]["lost"] > lost
    assert len(ear.at("/many")) == 2


def test_shuffled_webhooks_all_arrive_and_not_in_their_order(desk: Any, sandbox: Any, ear: Ear) -> None:
    listen(sandbox, ear, "/shuffled", "created")
    sandbox.switch(floor=False, webhook_shuffle=True, webhook_delay=[0.0, 0.2])
    wanted: list[str] = []
    for _ in range(20):
        one = desk.fulfilment(MUG=1)
        wanted.append(one.reference)
        desk.send(one)
    sandbox.until(lambda: len(ear.at("/shuffled")) == 20)
    heard = [read_hint("goods_out", "created", body).reference for _, body in ear.at("/shuffled")]
    assert sorted(heard) == sorted(wanted)
    assert heard != wanted


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"X-ClarusWMS-Subdomain": "evil"}, "subdomain"),
        ({"X-ClarusWMS-Automation-ID": "44"}, "automation"),
        ({"X-ClarusWMS-Domain": "https://elsewhere"}, "domain"),
        ({"X-ClarusWMS-Integration-ID": ""}, "integration"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_by_name(settings: Settings, change: dict[str, str], why: str) -> None:
    strict = settings.model_copy(update={"webhook_domain": "https://acme.example", "webhook_integration_id": "723"})
    good = {
        "x-claruswms-subdomain": "acme",
        "X-ClarusWMS-Automation-ID": "43",
        "X-ClarusWMS-Domain": "https://acme.example",
        "X-ClarusWMS-Integration-ID": "723",
    }
    token = strict.webhook_token
    assert check(strict, token, "goods_out", "completed", good) is None
    bad = {name.lower(): value for name, value in good.items()} | {k.lower(): v for k, v in change.items()}
    assert why in (check(strict, token, "goods_out", "completed", bad) or "")


def test_another_token_and_an_event_nobody_allowed_are_refused(settings: Settings) -> None:
    good = {"X-ClarusWMS-Subdomain": "acme", "X-ClarusWMS-Automation-ID": "43"}
    assert "token" in (check(settings, "wrong", "goods_out", "completed", good) or "")
    assert "token" in (check(settings, "", "goods_out", "completed", good) or "")
    told = check(settings, settings.webhook_token, "goods_out", "created", good)
    assert "goods_out.created" in (told or "")
    empty = settings.model_copy(update={"webhook_automations": {"goods_out.completed": ""}})
    assert check(empty, settings.webhook_token, "goods_out", "completed", {"X-ClarusWMS-Subdomain": "acme"})
