"""What Khaos Control posts over its channel brings forward what the polls find out, and does nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi import FastAPI

from fleet_tests.world import World
from workers.sku_sync import polls
from workers.web.khaos_channel import Door, routes

PASSWORD = "a-password-of-the-channel"


class Linked:
    """A world whose Khaos Control posts to the fleet's channel over HTTP."""

    def __init__(self, world: World, url: str) -> None:
        self.world, self.url, self.store = world, url, world.store

    def link(self) -> None:
        """Everything that there is to be told has come, and was answered 200."""
        self.world.khaos.post(
            "channel", config_url=f"{self.url}/khaos/config.json", user="khaos", password=PASSWORD, clock=60_000.0
        )
        self.settle()

    def settle(self) -> None:
        def quiet() -> bool:
            shown = requests.get(f"{self.world.khaos.url}/_sandbox/channel", timeout=20).json()
            return bool(shown["linked"] and shown["posts"] and not shown["waiting"])

        self.world.until(quiet)
        self.world.go()

    def push(self, path: str, body: Any) -> None:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = requests.post(f"{self.url}/khaos/{path}", sent, auth=("khaos", PASSWORD), timeout=20)
        assert answer.status_code == 200
        self.world.go()

    def products(self) -> dict[str, int]:
        """How many versions of each product were posted to the warehouse."""
        rows = self.store.rows(
            "select reference, count(*)::integer as n from message_key where kind = 'product' group by 1"
        )
        return {row["reference"]: row["n"] for row in rows}

    def row(self, code: str) -> Any:
        return self.store.row("select body, deleted_at, for_warehouse from product where code = %s", code)


@pytest.fixture
def begin(
    build: Callable[..., World], host: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> Iterator[Callable[..., Linked]]:
    (tmp_path / "channel").write_text(PASSWORD)
    app = FastAPI()
    with ExitStack() as stack:
        url = stack.enter_context(host(app))

        def make(form: str = "JSON", **more: Any) -> Linked:
            world = build(
                khaos_more="extensions.confirm_shipment = {}\n"
                f'channel = {{ password = "file:{tmp_path}/channel", public_url = "{url}", format = "{form}" }}\n',
                **more,
            )
            channel: Any = world.runtime.erp.channel
            app.include_router(routes(Door(channel, "khaos", world.store, world.engine)))
            return Linked(world, url)

        yield make


@pytest.mark.parametrize("form", ["JSON", "XML"])
@pytest.mark.parametrize("first", ["poll", "push"])
def test_poll_and_push_of_the_same_catalogue_send_each_product_once(
    begin: Callable[..., Linked], form: str, first: str
) -> None:
    linked = begin(form)
    world = linked.world
    world.stock("PACK", pack_of={"MUG": 2})
    world.stock("VOUCHER", stock_controlled=False)
    for road in (first, "push" if first == "poll" else "poll", "poll"):
        if road == "poll":
            world.poll()
        else:
            world.khaos.switch(channel_repeat_rate=1.0)
            linked.link()
    assert linked.products() == {"MUG": 1, "BOWL": 1, "TRAY": 1}
    assert not linked.row("PACK")["for_warehouse"]
    assert world.exceptions() == []


def test_a_change_that_was_pushed_is_told_once_and_not_again_by_the_poll(begin: Callable[..., Linked]) -> None:
    linked = begin()
    linked.world.poll()
    linked.link()
    linked.world.stock("MUG", description="A mug, renamed")
    linked.world.until(lambda: _has(linked, "stock_upload", b"renamed"))
    linked.settle()
    assert linked.row("MUG")["body"]["description"] == "A mug, renamed"
    assert linked.products()["MUG"] == 2
    linked.world.poll()
    assert linked.products()["MUG"] == 2


def _has(linked: Linked, source: str, words: bytes) -> bool:
    return any(
        words in bytes(r["body"]) for r in linked.store.rows("select body from record where source = %s", source)
    )


def test_a_new_product_is_read_whole_and_at_once(begin: Callable[..., Linked]) -> None:
    linked = begin()
    linked.world.poll()
    linked.store.run("update schedule set due_at = now() + interval '1 hour' where name = 'catalogue khaos'")
    linked.world.stock("JUG")
    linked.link()
    assert "JUG" not in linked.products()
    due = linked.store.row("select due_at <= now() as due from schedule where name = 'catalogue khaos'")
    assert due == {"due": True}
    polls.poll_catalogue(linked.world.runtime)
    linked.world.go()
    assert linked.products()["JUG"] == 1


def test_what_a_push_has_no_word_for_stays_as_it_was(begin: Callable[..., Linked]) -> None:
    linked = begin()
    linked.world.poll()
    linked.store.run(
        'update product set body = body || \'{"commodity_code": "691200", "buy_price": "3.5"}\' where code = \'MUG\''
    )
    linked.link()
    body = linked.row("MUG")["body"]
    assert (body["commodity_code"], float(body["buy_price"])) == ("691200", 3.5)


def test_poison_is_parked_and_spoils_no_neighbour(begin: Callable[..., Linked]) -> None:
    linked = begin()
    linked.world.poll()
    linked.push("stock", b"{ no json")
    assert [(m["kind"], m["state"]) for m in linked.world.live_messages()] == [("read", "dead")]
    row = linked.row("MUG")["body"]
    item = {
        "StockID": row["stock_id"], "StockCode": "MUG", "ShortDescription": "mended", "SupplierInfo": [], "Images": [],
        "BuyPrice": {"Net": 0}, "SellPrice": {"Net": 2}, "TaxRate": {"ID": "1"}, "StockType1": {"ID": "1"},
        "StockType2": {"ID": "1"},
        "Options": {
            "PublishOnWeb": True, "Discontinued": False, "DropShipItem": False, "DiscountsDisabled": False,
            "RunToZero": False, "VatReliefQualified": False, "StockControlled": True, "FreeText": False,
        },
    }  # fmt: skip
    linked.push("stock", {"Items": [{"StockCode": "BROKEN"}, item], "Deleted": []})
    assert linked.row("MUG")["body"]["description"] == "mended"
    assert [m["state"] for m in linked.world.live_messages()] == ["dead", "dead"]


def test_a_deleted_product_that_a_warehouse_holds_is_merchandisings(begin: Callable[..., Linked]) -> None:
    linked = begin()
    linked.world.poll()
    linked.store.run(
        "insert into position (home, sku, good, other, began_at, ended_at)"
        " values ('Main Site', 'MUG', 3, '{\"damaged\": 1}', now(), now())"
    )
    ids = {code: linked.row(code)["body"]["stock_id"] for code in ("MUG", "BOWL")}
    linked.push("stock", {"Items": [], "Deleted": [ids["MUG"], {"StockID": ids["BOWL"]}, "nobody's"]})
    assert linked.world.exceptions() == ["deleted_in_khaos"]
    said = linked.world.exception("deleted_in_khaos")
    assert (said["subject"], said["owner"]) == ("sku:MUG", "merchandising")
    assert "4 at Main Site" in said["reason"]
    for code in ("MUG", "BOWL"):
        row = linked.row(code)
        assert row["body"]["discontinued"]
        assert row["deleted_at"] is not None


def test_a_pushed_level_is_kept_and_one_that_is_wrong_is_set_again(begin: Callable[..., Linked]) -> None:
    linked = begin(stock="[stock]\nflush = 0.001\n")
    world = linked.world
    world.opening(MUG=5, BOWL=5)
    assert linked.store.row("select count(*)::integer as n from level where due_at is not null") == {"n": 0}
    world.khaos.post("adjust", code="MUG", site="Main Site", to=9, reason="VARIANCE", user="somebody")
    linked.link()
    rows = linked.store.rows(
        "select sku, shown, due_at is not null as due from level where site = 'Main Site' order by sku"
    )
    found = {row["sku"]: (row["shown"], row["due"]) for row in rows}
    assert found["MUG"] == (9, True)
    assert found["BOWL"] == (5, False)
    world.flush()
    assert world.levels("MUG") == {"Main Site": (5, 5)}


def test_an_older_level_and_a_level_of_an_unknown_site_change_nothing(begin: Callable[..., Linked]) -> None:
    linked = begin(stock="[stock]\nflush = 0.001\n")
    linked.world.opening(MUG=5)
    linked.store.run("update level set shown_at = now() + interval '1 hour'")
    stock_id = linked.row("MUG")["body"]["stock_id"]
    for site in (1, 77):
        status = {"StockCode": "MUG", "StockID": stock_id, "SiteID": site, "Levels": {"Available": 1, "OnOrder": 0}}
        linked.push("stock-status", {"Statuses": [status]})
    row = linked.store.row("select shown, due_at from level where site = 'Main Site' and sku = 'MUG'")
    assert row == {"shown": 5, "due_at": None}


def test_a_status_of_an_order_of_ours_has_it_asked_for_afresh_and_nothing_else(begin: Callable[..., Linked]) -> None:
    linked = begin()
    order = linked.world.order(("MUG", 1))
    linked.world.poll()

    def status(code: str) -> dict[str, Any]:
        return {"OrderCode": code, "OrderID": "7", "Status": "Cancelled", "AssociatedRef": "X", "Shipments": []}

    linked.push("order-status", {"Statuses": [status(order), status("SO-NOBODY")]})
    assert linked.store.rows("select code from order_wanted") == [{"code": order}]
    assert linked.world.fulfilments(order) == [(f"{order}-1", "sent")]
    assert linked.world.live_messages() == []
