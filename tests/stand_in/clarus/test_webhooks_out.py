from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from adapters.clarus.sandbox import door, products
from adapters.clarus.sandbox.movements import SUBTYPES
from adapters.clarus.sandbox.tenant import Tenant, new_tenant
from adapters.clarus.settings import Settings
from adapters.clarus.webhook import check
from fleet_tests.clarus_sandbox import Desk, Sandbox
from fleet_tests.places import REFERENCE
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


def listen(sandbox: Sandbox, ear: Ear, path: str, event: str = "completed") -> None:
    hook = {"resource": "goods_out", "event": event, "url": ear.url + path, "automation_id": "43"}
    sandbox.switch(webhooks=[hook])


@pytest.mark.parametrize("flat", [True, False])
def test_a_dispatched_order_is_told_with_headers_that_pass_and_a_body_that_hints(
    desk: Desk, sandbox: Sandbox, ear: Ear, settings: Settings, flat: bool
) -> None:
    sandbox.switch(webhook_flat=flat)
    listen(sandbox, ear, f"/flat-{flat}")
    wanted = desk.fulfilment(MUG=2)
    made = desk.send(wanted)
    headers, body = sandbox.until(lambda: ear.at(f"/flat-{flat}"))[0]
    assert check(settings, settings.webhook_token, "goods_out", "completed", headers) is None
    hint = read_hint("goods_out", "completed", body)
    assert (hint.their_id, hint.reference) == (made, wanted.reference)


def test_an_automation_made_over_the_api_fires_for_its_account(desk: Desk, sandbox: Sandbox, ear: Ear) -> None:
    sandbox.switch(floor=False)
    desk.clarus.create_automation(write_automation("goods_out", "cancelled", ear.url + "/own", desk.facts))
    elsewhere = desk.facts.model_copy(update={"account_id": "777"})
    desk.clarus.create_automation(write_automation("goods_out", "cancelled", ear.url + "/other", elsewhere))
    wanted = desk.fulfilment(MUG=2)
    desk.clarus.cancel_goods_out(desk.send(wanted))
    _, body = sandbox.until(lambda: ear.at("/own"))[0]
    assert read_hint("goods_out", "cancelled", body).reference == wanted.reference
    assert ear.at("/other") == []


def test_a_webhook_is_sent_again_until_it_is_taken(desk: Desk, sandbox: Sandbox, ear: Ear) -> None:
    listen(sandbox, ear, "/again")
    ear.refuse = 1
    desk.send(desk.fulfilment(MUG=1))
    assert len(sandbox.until(lambda: ear.at("/again"))) == 1


def test_webhooks_are_repeated_and_lost_at_the_rates_asked_for(desk: Desk, sandbox: Sandbox, ear: Ear) -> None:
    listen(sandbox, ear, "/many", "created")
    sandbox.switch(floor=False, webhook_repeat_rate=1)
    desk.send(desk.fulfilment(MUG=1))
    sandbox.until(lambda: len(ear.at("/many")) == 2)
    sandbox.switch(webhook_loss_rate=1)
    lost = sandbox.books()["webhooks"]["lost"]
    desk.send(desk.fulfilment(MUG=1))
    assert sandbox.books()["webhooks"]["lost"] > lost
    assert len(ear.at("/many")) == 2


def test_shuffled_webhooks_all_arrive_and_not_in_their_order(desk: Desk, sandbox: Sandbox, ear: Ear) -> None:
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


ASSUMED = REFERENCE / "samples" / "clarus" / "assumed"
EVENTS = {
    **{f"stock.{event}": None for event in SUBTYPES.values() if event},
    "stock_balance.updated": None,
    **{f"goods_in.{event}": None for event in ("created", "completed", "cancelled", "moved_to_part")},
    "putaway_task.completed": None,
}
HELD = {"product": "MUG", "warehouse": "LDS1", "quantity": 2, "reason": "QC"}
BOTH = [{"product": "MUG", "quantity": 3, "good": 2, "held": {"QC": 1}}]
DAY: list[dict[str, Any]] = [
    {"adjust": {**HELD, "quantity": 5, "reason": "FOUND"}},
    {"adjust": {**HELD, "quantity": -1, "reason": "LOST"}},
    {"hold": HELD},
    {"release": HELD},
    {"receive": {"reference": "PO1", "external_system_reference1": "ASN1", "lines": BOTH, "at_once": True}},
]


def happen(ear: Ear, doing: Callable[[Tenant], object], *events: str, **switches: Any) -> dict[str, list[Any]]:
    """Bodies by event that are told while something happens in a tenant of its own with plenty of MUG."""
    tenant = new_tenant(subdomain="acme", secret="s", token_seconds=60, seed=7)
    tenant.switches.turn(switches)
    unit = {"code": "MUG", "description": "Mug", "stock_unit_type_id": 91}
    _, made = products.create(tenant, "", {"data": {"type": "products", "attributes": unit}})
    owner = {"data": {"type": "account_products", "attributes": {"account_id": 1}}}
    products.assign(tenant, str(made["data"]["id"]), owner)

    async def day() -> None:
        for event in events:
            resource, _, word = event.partition(".")
            tenant.webhooks.register(resource, word, f"{ear.url}/{event}")
        doing(tenant)
        await asyncio.gather(*tenant.webhooks._under_way)
        tenant.webhooks.stop()

    asyncio.run(asyncio.wait_for(day(), 20))
    return {event: [json.loads(body) for _, body in ear.at(f"/{event}")] for event in events}


def test_changes_of_stock_and_goods_in_are_told_by_their_events(ear: Ear) -> None:
    told = happen(ear, lambda tenant: door.act(tenant, {"actions": DAY}), *EVENTS)
    counts = {event: len(bodies) for event, bodies in told.items() if bodies}
    assert counts == {
        "stock.positively_adjusted": 1,
        "stock.negatively_adjusted": 1,
        "stock.placed_on_hold": 2,
        "stock.released_from_hold": 1,
        "stock.received": 2,
        "stock_balance.updated": 9,
        "goods_in.created": 1,
        "goods_in.moved_to_part": 1,
        "goods_in.completed": 1,
        "putaway_task.completed": 2,
    }
    down = told["stock.negatively_adjusted"][0]["data"]
    assert (down["quantity"], down["new_quantity"], down["reason_code"]["code"]) == (1, 1_000_004, "LOST")
    assert sorted(one["data"]["quantity"] for one in told["stock.placed_on_hold"]) == [1, 2]
    levels = sorted(one["data"]["available"] - 1_000_000 for one in told["stock_balance.updated"])
    assert levels == [2, 4, 4, 4, 5, 6, 6, 6, 7]
    line = told["goods_in.completed"][0]["data"]["lines"][0]
    assert (line["expected_quantity"], line["quantity_received"]) == (3, 3)
    task = told["putaway_task.completed"][0]["data"]
    assert (task["goods_in_receipt_line"]["goods_in_receipt"]["reference"], task["product"]["code"]) == ("PO1", "MUG")


@pytest.mark.parametrize(
    "event",
    [
        "stock.positively_adjusted",
        "stock.negatively_adjusted",
        "stock.placed_on_hold",
        "stock.released_from_hold",
        "stock_balance.updated",
        "goods_in.completed",
    ],
)
@pytest.mark.parametrize("flat", [True, False])
def test_an_event_carries_every_member_that_the_assumed_sample_has(ear: Ear, event: str, flat: bool) -> None:
    if not ASSUMED.exists():
        pytest.skip(f"Clarus's samples are not there: {ASSUMED}")
    sample = json.loads((ASSUMED / f"webhook_{event.replace('.', '_')}_enveloped.json").read_text("utf-8"))["data"]
    body = happen(ear, lambda tenant: door.act(tenant, {"actions": DAY}), event, webhook_flat=flat)[event][0]
    told = body if flat else body["data"]
    assert sample.keys() <= told.keys()
    for name in ("product", "account", "warehouse"):
        assert sample.get(name, {}).keys() <= told.get(name, {}).keys()
    assert isinstance(told.get("id", 0), int)


def test_nobody_hears_of_balances_without_an_automation_for_them(ear: Ear) -> None:
    told = happen(ear, lambda tenant: door.act(tenant, {"actions": DAY}), "goods_in.completed")
    assert [path for path, _, _ in ear.heard] == ["/goods_in.completed"]
    assert told["goods_in.completed"][0]["data"]["external_system_reference1"] == "ASN1"


def test_events_of_stock_are_lost_and_repeated_like_all_others(ear: Ear) -> None:
    def doing(tenant: Tenant) -> None:
        door.act(tenant, {"actions": DAY[:1]})
        tenant.switches.turn({"webhook_loss_rate": 1})
        door.act(tenant, {"actions": DAY[:1]})

    told = happen(ear, doing, "stock.positively_adjusted", webhook_repeat_rate=1)
    assert len(told["stock.positively_adjusted"]) == 2
    assert len({one["data"]["id"] for one in told["stock.positively_adjusted"]}) == 1


def test_orders_tell_of_picked_and_dispatched_units(desk: Desk, sandbox: Sandbox, ear: Ear) -> None:
    hooks = [
        {"resource": "stock", "event": event, "url": f"{ear.url}/{event}", "automation_id": "44"}
        for event in ("picked", "dispatched")
    ]
    sandbox.switch(webhooks=hooks)
    wanted = desk.fulfilment(MUG=2)
    desk.send(wanted)
    for event in ("picked", "dispatched"):
        body = json.loads(sandbox.until(partial(ear.at, f"/{event}"))[0][1])["data"]
        assert (body["product"]["code"], body["quantity"], body["status"]) == ("MUG", 2, event)
