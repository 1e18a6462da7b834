"""The sandbox refuses and shows what Clarus would: checked with bare HTTP, without the client."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from fleet_tests.clarus_sandbox import Desk, Sandbox


def call(url: str, body: Any, headers: dict[str, str] | None = None, verb: str = "POST") -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"Content-Type": "application/json", **(headers or {})}
    asked = urllib.request.Request(url, data, told, method=verb)  # noqa: S310 -- loopback
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 -- loopback
            raw = answer.read()
            return answer.status, json.loads(raw) if raw else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.fixture
def head(sandbox: Sandbox) -> dict[str, str]:
    form = b"grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret"
    _, told = call(f"{sandbox.url}/oauth/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
    return {"Authorization": f"Bearer {told['access_token']}", "X-Clarus-Subdomain": "acme"}


def an_order(product_id: Any, **changes: Any) -> dict[str, Any]:
    attributes = {
        "goods_out_type": "sales_order",
        "account_id": 1,
        "reference": "BARE-1",
        "expected_date_of_dispatch": "2026-11-23T17:00:00Z",
        "lines_changes": [{"type": "ADD", "attributes": {"product_id": product_id, "order_quantity": 2}}],
        **changes,
    }
    return {"data": {"type": "goods_outs", "attributes": {name: v for name, v in attributes.items() if v is not None}}}


def test_a_token_is_given_for_a_form_for_json_and_for_basic_and_not_for_a_wrong_secret(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/oauth/token"
    whole = {
        "grant_type": "client_credentials",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
    }
    basic = base64.b64encode(b"sandbox-client:sandbox-secret").decode()
    assert call(url, whole)[0] == 200
    assert call(url, {"grant_type": "client_credentials"}, {"Authorization": f"Basic {basic}"})[0] == 200
    assert call(url, {**whole, "client_secret": "no"}) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": None}, "reference"),
        ({"reference": "x" * 51}, "reference"),
        ({"account_id": "1"}, "account_id"),
        ({"account_id": 999}, "account_id"),
        ({"warehouse_id": 999}, "warehouse_id"),
        ({"expected_date_of_dispatch": "soon"}, "expected_date_of_dispatch"),
        ({"goods_out_type": "gift"}, "goods_out_type"),
        ({"lines_changes": [{"type": "ADD", "attributes": {"product_id": 1, "order_quantity": 0}}]}, "order_quantity"),
    ],
)
def test_an_order_with_a_bad_field_is_a_422_that_names_it(
    desk: Desk, sandbox: Sandbox, head: dict[str, str], changes: dict[str, Any], field: str
) -> None:
    status, told = call(f"{sandbox.url}/api/goods_outs", an_order(int(desk.facts.products["MUG"]), **changes), head)
    assert (status, told["errors"][0]["context"]) == (422, {"field": field})


def test_a_product_that_is_not_the_accounts_cannot_be_ordered(
    desk: Desk, sandbox: Sandbox, head: dict[str, str]
) -> None:
    unit = int(desk.facts.stock_unit_type_id)
    body = {"data": {"type": "products", "attributes": {"description": "D", "stock_unit_type_id": unit}}}
    _, made = call(f"{sandbox.url}/api/products", body, head)
    status, told = call(f"{sandbox.url}/api/goods_outs", an_order(made["data"]["id"]), head)
    assert (status, told["errors"][0]["symbol"]) == (422, "product_not_assigned_to_account")


def test_an_address_among_the_attributes_is_not_read(desk: Desk, sandbox: Sandbox, head: dict[str, str]) -> None:
    body = an_order(int(desk.facts.products["MUG"]), reference="BARE-ADDRESS", address_1="1 Test Street", name="Ada")
    assert call(f"{sandbox.url}/api/goods_outs", body, head)[0] == 200
    assert sandbox.order("BARE-ADDRESS")["address"] == {}


def test_an_order_can_be_changed_and_deleted_only_before_work_starts(
    desk: Desk, sandbox: Sandbox, head: dict[str, str]
) -> None:
    sandbox.switch(floor=False)
    made = desk.send(desk.fulfilment(MUG=1))
    url = f"{sandbox.url}/api/goods_outs/{made}"
    patch = {"data": {"type": "goods_outs", "attributes": {"priority": 3}}}
    assert call(url, patch, head, "PATCH")[0] == 200
    assert call(url, b"", head, "DELETE") == (204, None)
    assert call(url, patch, head, "PATCH")[0] == 404
    sandbox.switch(floor=True, dispatch_seconds=60)
    wanted = desk.fulfilment(MUG=1)
    url = f"{sandbox.url}/api/goods_outs/{desk.send(wanted)}"
    sandbox.until_status(wanted.reference, "PICK")
    assert call(url, b"", head, "DELETE")[0] == 422


def test_shipments_and_packages_made_over_rest_are_read_back(
    desk: Desk, sandbox: Sandbox, head: dict[str, str]
) -> None:
    sandbox.switch(floor=False)
    wanted = desk.fulfilment(MUG=1)
    attributes: dict[str, Any] = {"goods_out_id": int(desk.send(wanted)), "carrier_id": int(desk.facts.carriers["DPD"])}
    _, made = call(f"{sandbox.url}/api/shipments", {"data": {"type": "shipments", "attributes": attributes}}, head)
    attributes = {"shipment_id": made["data"]["id"], "storage_unit_type_id": 1, "tracking_number": "T1"}
    _, parcel = call(f"{sandbox.url}/api/packages", {"data": {"type": "packages", "attributes": attributes}}, head)
    assert isinstance(parcel["data"]["id"], str)
    assert desk.detail(wanted)["packages"][0]["tracking_number"] == "T1"


@pytest.mark.parametrize(
    "query",
    [
        "query { goods_outs { all { edges { node { colour } } } } }",
        "query { parrots { all { edges { node { id } } } } }",
        'query { goods_outs { all(filter: { updated_at: { eq: "1" } }) { edges { node { id } } } } }',
        "query { goods_outs {",
    ],
)
def test_a_read_of_what_clarus_does_not_have_is_answered_with_errors(
    sandbox: Sandbox, head: dict[str, str], query: str
) -> None:
    status, told = call(f"{sandbox.url}/graphql", {"query": query}, head)
    assert status == 200
    assert told["data"] is None
    assert told["errors"][0]["message"]


def test_balances_count_down_when_goods_leave(desk: Desk, sandbox: Sandbox, head: dict[str, str]) -> None:
    query = (
        'query { stock_balances { all(filter: { product_code: { eq: "MUG" } }) '
        "{ edges { node { available picked warehouse { id } } } } } }"
    )

    def available() -> Any:
        _, told = call(f"{sandbox.url}/graphql", {"query": query}, head)
        return sum(
            e["node"]["available"] for e in told["data"]["stock_balances"]["all"]["edges"] if e["node"]["warehouse"]
        )

    wanted = desk.fulfilment(MUG=1)
    desk.send(wanted)
    sandbox.until_status(wanted.reference, "COMPLETED")
    sandbox.switch(floor=False)
    before = available()
    sandbox.switch(floor=True)
    wanted = desk.fulfilment(MUG=4)
    desk.send(wanted)
    sandbox.until_status(wanted.reference, "COMPLETED")
    assert available() <= before - 4


@pytest.mark.usefixtures("desk")
def test_the_floor_does_over_http_what_it_is_told_and_says_why_not(sandbox: Sandbox) -> None:
    def there() -> dict[str, Any]:
        told: dict[str, Any] = sandbox.ask("books?only=stock")["stock"]["TRAY"]["LDS1"]
        return told

    found = {"adjust": {"product": "TRAY", "warehouse": "LDS1", "quantity": 2, "reason": "FOUND"}}
    before = there()["physically_there"]
    assert len(sandbox.ask("floor", found)["done"]) == 1
    assert there()["physically_there"] == before + 2
    status, told = call(
        f"{sandbox.url}/_sandbox/floor", {"actions": [found, {"hold": {"product": "PIG", "quantity": 1}}]}
    )
    assert (status, "PIG" in told["error"]) == (422, True)
    assert there()["physically_there"] == before + 4
    assert call(f"{sandbox.url}/_sandbox/floor", {"adjust": {"product": "TRAY"}})[0] == 422
    assert {"stock", "transactions", "receipts", "unshippable", "stockouts"} < sandbox.books().keys()


def test_a_switch_that_is_unknown_changes_nothing(sandbox: Sandbox) -> None:
    status, told = call(f"{sandbox.url}/_sandbox/switches", {"floor": False, "gravity": 0})
    assert status == 422
    assert "gravity" in told["error"]
    assert sandbox.ask("switches", {})["floor"] is True


def test_hundreds_of_calls_go_over_the_connection_of_the_first(desk: Desk, sandbox: Sandbox) -> None:
    port, us = urlsplit(sandbox.url).port, psutil.Process()

    def doors() -> set[int]:
        """Our ends of the connections to the sandbox."""
        return {one.laddr.port for one in us.net_connections("tcp") if one.raddr and one.raddr.port == port}

    desk.clarus.ping()
    opened = doors()
    assert opened
    for _ in range(200):
        desk.clarus.ping()
        assert doors() <= opened
