"""Khaos Control's channel: it gets what it may have, and what it tells is in the ledger by the 200."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import requests

from fleet_tests.logins import bearer
from fleet_tests.web import Web
from mappings.canonical import Address, CustomerReturn, ReturnedItem
from mappings.khaos.channel import read_config, read_returns
from workers.access import audit
from workers.access.roles import Role
from workers.access.tokens import Scope
from workers.ledger.store import Store

AUTH = ("khaos", "let-me-in")
PUBLIC = "https://fleet.example.com"
TOML = """
[connections.khaos]
system = "khaos"
url = "http://127.0.0.1:9/KhaosSandbox.exe"
{channel}

[connections.leeds]
system = "clarus"
base_url = "http://127.0.0.1:9"
subdomain = "acme"
account = "ACME"
client_id = "us"
client_secret = "env:CLARUS_CLIENT_SECRET"
webhook_token = "env:CLARUS_WEBHOOK_TOKEN"
sites = {{ LDS1 = "Leeds" }}

[[routing]]
name = "everything"
to = "leeds"
facility = "LDS1"
"""
CHANNEL = (
    'channel = {{ password = "env:KHAOS_CHANNEL_PASSWORD", public_url = "{public}", format = "{form}", page = 2 }}'
)
PUSHES = ("stock", "stock-status", "order-status")
HOME = Address(name="Wilhelmina Quillfeather", line1="7 Larkspur Row", town="Leeds", postcode="LS1 4AB", country="GB")
Start = Callable[..., Any]


@pytest.fixture
def begin(start: Start, tmp_path: Path) -> Start:
    """Start a web process: ``with begin(database, form="XML") as web``; ``channel=""`` leaves the channel out."""

    def run(database: str, *, form: str = "JSON", channel: str = CHANNEL, password: str = AUTH[1]) -> Any:
        path = tmp_path / "channel.toml"
        path.write_text(TOML.format(channel=channel.format(form=form, public=PUBLIC)))
        return start(database, FLEET_CONFIG=str(path), KHAOS_CHANNEL_PASSWORD=password)

    return run


@pytest.fixture
def channel(begin: Start, database: str) -> Iterator[Web]:
    with begin(database) as web:
        yield web


@pytest.fixture
def offers(store: Store) -> list[str]:
    """Five offers; their references."""
    made = []
    for n in range(1, 6):
        reference = f"RT000000{n}"
        offer = CustomerReturn(
            reference=reference, created_at=datetime(2031, 5, n, 12, tzinfo=UTC), urn="CU1", invoice_address=HOME,
            items=(ReturnedItem(sku="MUG", quantity=n, reason_id="1", order_code="SO1"),), process=True,
        )  # fmt: skip
        store.run(
            "insert into return_line (reference, connection, receipt, line_id, part, order_code, erp, home, sku, units,"
            " condition, state, offer, sequence, offered_at, urn) values (%s, 'leeds', 'R', '1', %s, 'SO1', 'khaos',"
            " 'Leeds', 'MUG', %s, 'good', 'offered', %s, nextval('return_sequence'), now(), 'CU1')",
            reference, n, n, offer.model_dump_json().encode(),
        )  # fmt: skip
        made.append(reference)
    return made


def get(web: Web, path: str, auth: Any = AUTH, **headers: str) -> Any:
    return requests.get(f"{web.url}/khaos/{path}", auth=auth, headers=headers, timeout=10)


def post(web: Web, path: str, body: bytes, auth: Any = AUTH, kind: str = "application/json") -> Any:
    return requests.post(f"{web.url}/khaos/{path}", body, auth=auth, headers={"Content-Type": kind}, timeout=30)


def told(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    form: Literal["json", "xml"] = "xml" if "xml" in answer.headers["Content-Type"] else "json"
    returns, unreadable = read_returns(answer.content, form)
    assert unreadable == []
    return [made.reference for made in returns]


def records(store: Store) -> list[tuple[str, bytes]]:
    return [(r["source"], bytes(r["body"])) for r in store.rows("select source, body from record order by id")]


def test_the_configuration_names_every_address_in_full_in_both_forms(channel: Web) -> None:
    for form in ("json", "xml"):
        answer = get(channel, f"config.{form}")
        found = read_config(answer.content, form)
        assert found.creturn_download is not None
        assert (found.creturn_download.url, found.creturn_download.format, found.creturn_download.frequency) == (
            f"{PUBLIC}/khaos/returns.json",
            "JSON",
            5,
        )
        assert found.stock_upload.url == f"{PUBLIC}/khaos/stock.json"
        assert found.stock_status_upload.url == f"{PUBLIC}/khaos/stock-status.json"
        assert found.order_status_upload is not None
        assert found.order_download.url == f"{PUBLIC}/khaos/orders.json"
        for url in (found.creturn_download.url, found.order_download.url):
            assert get(channel, urlsplit(url).path.removeprefix("/khaos/")).status_code == 200


def test_a_channel_in_xml_is_xml_throughout(begin: Start, database: str, offers: list[str]) -> None:
    with begin(database, form="XML") as web:
        assert read_config(get(web, "config.xml").content).stock_upload.url.endswith("/khaos/stock.xml")
        answer = get(web, "returns")
        assert answer.headers["Content-Type"].startswith("application/xml")
        assert told(answer) == offers[:2]
        assert told(get(web, "returns.json")) == offers[:2]


def test_there_are_no_orders_and_the_version_is_told_all_the_same(channel: Web) -> None:
    assert get(channel, "orders.json").json() == {"Orders": [], "ApiVersion": 1000}
    assert b"<ApiVersion>1000</ApiVersion>" in get(channel, "orders.xml").content


def test_an_idle_channel_answers_an_empty_array_without_a_null(channel: Web) -> None:
    answer = get(channel, "returns")
    assert answer.json()["Returns"] == []
    assert answer.json()["ApiVersion"] == 1000
    assert "null" not in answer.text
    again = get(channel, "returns", **{"Sirion-Continuation": answer.headers["Sirion-Continuation"]})
    assert (again.status_code, again.content) == (200, answer.content)


def test_returns_come_oldest_first_page_by_page_and_an_echo_means_that_they_arrived(
    channel: Web, offers: list[str], store: Store
) -> None:
    first = get(channel, "returns", **{"sirion-continuation": "2019-12-31 12:00:00Z"})
    assert told(first) == offers[:2]
    again = get(channel, "returns", **{"SIRION-CONTINUATION": "2019-12-31 12:00:00Z"})
    assert (told(again), again.content) == (offers[:2], first.content)
    assert store.row("select count(*) as n from return_line where state = 'presumed_imported'") == {"n": 0}
    second = get(channel, "returns", **{"Sirion-Continuation": first.headers["Sirion-Continuation"]})
    assert told(second) == offers[2:4]
    third = get(channel, "returns", **{"Sirion-Continuation": second.headers["Sirion-Continuation"]})
    assert told(third) == offers[4:]
    last = get(channel, "returns", **{"Sirion-Continuation": third.headers["Sirion-Continuation"]})
    assert told(last) == []
    assert last.headers["Sirion-Continuation"] == third.headers["Sirion-Continuation"]
    assert store.row("select count(*) as n from return_line where state = 'presumed_imported'") == {"n": 5}
    assert told(get(channel, "returns", **{"Sirion-Continuation": "2031-01-01 00:00:00Z"})) == offers[:2]


@pytest.mark.parametrize("header", ['"{a},{b}"', "{a},{b}", '"{a}","{b}"', "{a} , {b}", "{a}SPY,R-{b}"])
def test_named_returns_come_alone_whatever_the_quotes_and_move_nothing(
    channel: Web, offers: list[str], header: str
) -> None:
    wanted = header.format(a=offers[3], b=offers[0])
    answer = get(channel, "returns", specificids=wanted, **{"Sirion-Continuation": "2"})
    assert sorted(told(answer)) == [offers[0], offers[3]]
    assert answer.headers["Sirion-Continuation"] == "2"
    assert "Sirion-Continuation" not in get(channel, "returns", SpecificIDs=wanted).headers
    assert told(get(channel, "returns", SpecificIDs="RT9999999")) == []


@pytest.mark.parametrize("path", ["config.json", "config.xml", "orders.json", "returns", "returns.xml"])
def test_a_stranger_gets_nothing(channel: Web, offers: list[str], path: str) -> None:
    assert offers
    for auth in (None, ("khaos", "wrong"), ("someone", AUTH[1]), ("", "")):
        answer = get(channel, path, auth=auth)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert answer.content == b""
    answer = requests.get(f"{channel.url}/khaos/{path}", headers={"Authorization": "Basic ~~"}, timeout=10)
    assert answer.status_code == 401


def test_a_strangers_push_is_not_stored(channel: Web, store: Store) -> None:
    for path in PUSHES:
        assert post(channel, path, b"{}", auth=("khaos", "wrong")).status_code == 401
    assert records(store) == []


@pytest.mark.parametrize("channel_setting", ["", 'channel = {{ public_url = "{public}" }}'])
def test_without_a_password_there_is_no_channel(begin: Start, database: str, channel_setting: str) -> None:
    with begin(database, channel=channel_setting) as web:
        for path in ("config.json", "orders.json", "returns"):
            assert get(web, path).status_code == 404
            assert get(web, path, auth=("khaos", "")).status_code == 404
        assert post(web, "stock", b"{}").status_code == 404


def test_what_is_pushed_is_in_the_ledger_when_it_is_answered_and_a_repeat_is_one(channel: Web, store: Store) -> None:
    for _ in range(2):
        for path, ending in (("stock", ""), ("stock-status", ".json"), ("order-status", ".xml")):
            answer = post(channel, f"{path}{ending}", json.dumps({"of": path}).encode())
            assert (answer.status_code, answer.content) == (200, b"")
    assert [source for source, _ in records(store)] == ["stock_upload", "stock_status_upload", "order_status_upload"]
    assert store.row("select count(*) as n from record_unread") == {"n": 3}


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe\x00", b"<a><b></a>", b"null"])
def test_poison_is_kept_as_it_came_and_thanked_for(channel: Web, store: Store, body: bytes) -> None:
    assert post(channel, "stock", body, kind="text/plain").status_code == 200
    assert records(store) == [("stock_upload", body)]


def test_a_body_may_be_large_and_is_refused_beyond_that(channel: Web, store: Store) -> None:
    large = b"x" * (2 * 1024 * 1024)
    assert post(channel, "stock", large).status_code == 200
    chunks = (large for _ in range(17))
    assert requests.post(f"{channel.url}/khaos/stock", data=chunks, auth=AUTH, timeout=60).status_code == 400
    assert [len(body) for _, body in records(store)] == [len(large)]


def test_the_same_words_after_other_words_are_said_anew(channel: Web, store: Store) -> None:
    a, b = b'{"Stock": [{"StockCode": "A"}]}', b'{"Stock": [{"StockCode": "B"}]}'
    for body in (a, a, b, a, a, b):
        assert post(channel, "stock.json", body).status_code == 200
    assert [bytes(row["body"]) for row in store.rows("select body from record order by id")] == [a, b, a, b]


def test_while_the_ledger_is_away_khaos_is_asked_to_call_again(begin: Start) -> None:
    with begin("postgresql://fleet:x@127.0.0.1:1/fleet") as web:
        assert get(web, "config.json").status_code == 200
        for answer in (get(web, "returns"), post(web, "stock", b"{}")):
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]


def test_neither_password_nor_names_are_logged(channel: Web, offers: list[str]) -> None:
    assert told(get(channel, "returns")) == offers[:2]
    get(channel, "returns", auth=("khaos", "a-wrong-password"))
    post(channel, "order-status", b'{"name": "Quillfeather"}')
    log = channel.log.read_text()
    assert "returns were pulled" in log
    assert "a push came" in log
    for secret in ("let-me-in", "a-wrong-password", "Quillfeather", "Larkspur"):
        assert secret not in log


def test_an_unknown_address_below_it_is_not_there(channel: Web) -> None:
    assert get(channel, "returns.csv").status_code == 404
    assert get(channel, "stock").status_code == 405
    assert post(channel, "stocks", b"{}").status_code == 404


# --- announced returns


def advise(web: Web, body: Any, **headers: str) -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"}
    return requests.post(f"{web.url}/returns/advice", sent, headers={**kind, **headers}, timeout=10)


@pytest.fixture
def token(store: Store) -> dict[str, str]:
    return bearer(store, "help-desk", Scope.RETURNS_ADVICE)


@pytest.fixture
def dispatched(store: Store) -> None:
    store.run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, site, warehouse, facility, state,"
        " fingerprint, requested, shipped, stage) values ('SO1-1', 'khaos', 'SO1', 1, 'SI1', 'Leeds', 'leeds', 'LDS1',"
        " 'dispatched', 'f', '{\"MUG\": 2}', '{\"MUG\": 2}', 70)"
    )


@pytest.mark.usefixtures("dispatched")
def test_a_help_desk_announces_returns_and_hears_what_became_of_each_line(
    web: Web, store: Store, token: dict[str, str]
) -> None:
    lines = [
        {"rma": "RMA-1", "order": "SO1", "sku": "MUG", "quantity": 2, "expected_on": "2031-05-01"},
        {"rma": "RMA-2", "order": "SO9", "sku": "MUG", "quantity": 1},
    ]
    answer = advise(web, {"by": "Anna B", "advice": lines}, **token)
    assert answer.status_code == 200
    assert answer.json()["taken"] == ["RMA-1"]
    assert [entry["line"] for entry in answer.json()["refused"]] == [2]
    assert "SO9" in answer.json()["refused"][0]["why"]
    row = store.row("select reference, made_by, state from return_advice")
    assert row == {"reference": "RMA-1", "made_by": "help-desk", "state": "new"}
    assert store.row("select kind, state from message") == {"kind": "advice", "state": "queued"}
    assert advise(web, lines, **token).json()["known"] == ["RMA-1"]
    _, first = audit.entries(store)
    assert (first["subject"], first["claimed"], first["action"]) == ("token:help-desk", "Anna B", "returns announced")
    assert store.row("select count(*) as n from message") == {"n": 1}


def test_what_is_no_advice_is_refused(web: Web, token: dict[str, str]) -> None:
    assert advise(web, b"not json", **token).status_code == 422
    assert advise(web, {"advice": "RMA-1"}, **token).status_code == 422
    assert advise(web, [], **token, **{"Content-Type": "text/plain"}).status_code == 415


def test_announcing_needs_a_token_for_it_or_a_person_with_the_right(web: Web, store: Store) -> None:
    refused = advise(web, [])
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="fleet"')
    assert "fleet tokens add" in refused.json()["error"]
    assert advise(web, [], **bearer(store, "prometheus", Scope.METRICS)).status_code == 401
    assert advise(web, [], Authorization="Basic \xe9").status_code == 401
    anna, viewer = web.somebody(Role.CUSTOMER_SERVICE, name="anna"), web.somebody(Role.VIEWER)
    for person, given, status in (
        (anna, {"X-Form-Token": anna.form_token, "Origin": web.url}, 422),  # let in: the body is no advice
        (anna, {"X-Form-Token": "another", "Origin": web.url}, 403),
        (anna, {"X-Form-Token": anna.form_token, "Origin": "https://evil.example"}, 403),
        (anna, {}, 403),
        (viewer, {"X-Form-Token": viewer.form_token, "Origin": web.url}, 403),
    ):
        answer = person.post(f"{web.url}/returns/advice", json={}, headers=given, timeout=10)
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]


def test_a_channel_whose_password_was_changed_on_one_side_is_somebodys_until_a_call_is_taken(
    channel: Web, store: Store
) -> None:
    for _ in range(6):
        assert get(channel, "returns", auth=("khaos", "the old one")).status_code == 401
    assert store.rows("select kind, subject from exception where state = 'open'") == [
        {"kind": "calls_refused", "subject": "calls:khaos:channel"}
    ]
    assert get(channel, "returns", auth=None).status_code == 401
    assert get(channel, "returns").status_code == 200
    assert store.rows("select 1 from exception where state = 'open'") == []


def test_wrong_passwords_are_limited_and_the_right_one_is_taken_all_the_same(begin: Start, database: str) -> None:
    with begin(database) as web:
        address = f"{web.url}/khaos/config"
        wrong = [requests.get(address, auth=("khaos", f"guess-{n}"), timeout=10).status_code for n in range(32)]
        assert wrong == [401] * 30 + [429] * 2
        assert requests.get(address, auth=AUTH, timeout=10).status_code == 200
