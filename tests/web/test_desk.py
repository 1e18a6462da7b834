"""The desk shows what stands in the ledger, to those who may see it, and nobody's name."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import requests

from fleet_tests.logins import bearer
from fleet_tests.web import Web
from workers.access.tokens import Scope
from workers.ledger.store import Store

VOID = {"meta", "input", "link", "img"}


def _ours(address: str | None) -> bool:
    return bool(address) and ((address.startswith("/") and not address.startswith("//")) or address.startswith("#"))


class Balance(HTMLParser):
    """Finds tags that are not closed in order, duplicate ids, what runs inline, and what comes from another host."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if (
            tag in {"style", "iframe", "object", "base"}
            or any(not _ours(given[name]) for name in ("src", "href", "action") if name in given)
            or (tag == "script" and "src" not in given)
            or "style" in given
            or any(name.startswith("on") for name in given)
        ):
            self.faults.append(f"{tag} {given}")
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def page(web: Web, path: str, status: int = 200) -> str:
    answer = web.person.see(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    balance = Balance()
    balance.feed(answer.text)
    assert (balance.faults, balance.open) == ([], [])
    assert len(balance.ids) == len(set(balance.ids))
    assert '<html lang="en">' in answer.text
    return answer.text


@pytest.fixture
def filled(store: Store) -> Store:
    store.run("insert into connection (name, system) values ('khaos', 'khaos'), ('leeds', 'clarus')")
    store.run(
        "update connection set shut_kind = 'unavailable', shut_since = now(), shut_reason = 'HTTP 503'"
        " where name = 'leeds'"
    )
    store.run(
        "select post('orders-out', 'leeds', 'order', 'SO1-1', 'f', 'order:SO1-1', 'SO1',"
        ' \'{"address": {"name": "Wilhelmina Quillfeather"}}\', null, \'{}\')'
    )
    store.run(
        "select file_exception('bad_address', 'order:SO1-1', 'SO1', 'orders-out', 'leeds', 'operations', 'error',"
        " '<b>no</b> postcode, ask w@example.com', 'Correct it, then `fleet exceptions retry ID`.', m.id, null)"
        " from message m"
    )
    return store


@pytest.mark.usefixtures("filled")
def test_the_page_of_flows_shows_flows_connections_and_what_to_do_about_a_shut_gate(web: Web) -> None:
    text = page(web, "/flows")
    for flow in ("orders-out", "dispatch-in", "stock-in", "returns-in", "sku-sync"):
        assert flow in text
    assert "Open leeds by hand" in text
    assert "fleet open" not in text
    assert "HTTP 503" in text
    assert "1 open" in text


@pytest.mark.usefixtures("filled")
def test_the_exceptions_are_listed_filtered_and_escaped(web: Web) -> None:
    for path in ("/exceptions", "/exceptions/all"):
        text = page(web, path)
        assert "&lt;b&gt;no&lt;/b&gt; postcode" in text
        assert "example.com" not in text
        assert "bad_address" in page(web, f"{path}?kind=bad_address&owner=operations")
        assert "&lt;b&gt;no" not in page(web, f"{path}?owner=finance")
    assert "&lt;b&gt;no" not in page(web, "/exceptions/all?state=resolved")
    assert web.person.see("/exceptions/all?state=rotten").status_code == 422


@pytest.mark.usefixtures("filled")
def test_an_exception_says_what_takes_it_further_in_words_of_the_page(web: Web) -> None:
    text = page(web, "/exceptions/1")
    assert "Correct it, then “Retry”." in text
    assert ("/exceptions/1/retry" in text, "/exceptions/1/dismiss" in text) == (True, True)
    assert "fleet exceptions retry 1" not in text  # the runbook below may name what a terminal does
    assert "Quillfeather" not in text
    page(web, "/exceptions/999", 404)
    page(web, f"/exceptions/{2**70}", 404)


@pytest.mark.usefixtures("filled")
def test_an_order_is_found_by_its_code_and_an_unknown_one_says_so(web: Web) -> None:
    text = page(web, "/search?q=so1")
    assert "Order SO1" in text
    assert "Bad address" in text
    assert "Quillfeather" not in text
    assert "Nothing is known by" in page(web, "/search?q=%22%3E%3Cscript%3E", 404)
    assert "Type something" in page(web, "/search")
    page(web, "/search?q=%00", 200)


@pytest.mark.usefixtures("filled")
def test_every_answer_forbids_to_fetch_and_run_anything_but_the_desks_own_files(web: Web) -> None:
    for path in ("/", "/health", "/metrics", "/nowhere", "/hooks/leeds/x/y"):
        headers = requests.get(f"{web.url}{path}", timeout=10).headers
        rules = dict(rule.strip().split(" ", 1) for rule in headers["Content-Security-Policy"].split(";"))
        assert rules["default-src"] == "'none'"
        assert {rules[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_the_desks_own_files_may_be_kept_for_good_because_their_address_names_their_content(web: Web) -> None:
    answer = web.person.see("/")
    fetched = set(re.findall(r'"(/static/[^"]+)"', answer.text))
    assert {address.rpartition("/")[2] for address in fetched} == {"desk.css", "desk.js", "htmx.min.js", "mark.svg"}
    for address in fetched:
        kept = requests.get(f"{web.url}{address}", timeout=10)
        assert kept.status_code == 200
        assert "immutable" in kept.headers["Cache-Control"]
        digest = address.split("/")[2]
        assert requests.get(f"{web.url}{address.replace(digest, '0' * 12)}", timeout=10).status_code == 404


def test_health_says_who_is_alive_and_how_late_the_work_is(web: Web, store: Store) -> None:
    store.run("insert into connection (name, system) values ('leeds', 'clarus')")
    store.run("insert into process (id, name, host, pid) values (gen_random_uuid(), 'sku-sync@a', 'a', 1)")
    assert requests.get(f"{web.url}/health", timeout=10).json() == {
        "ledger": "ok", "oldest_due_seconds": None, "processes": {"sku-sync": 1},
    }  # fmt: skip
    store.run(
        "select post('orders-out', 'leeds', 'order', 'SO1-1', 'f', 'order:SO1-1', 'SO1', '{}', null, '{\"wait\": -90}')"
    )
    assert requests.get(f"{web.url}/health", timeout=10).json()["oldest_due_seconds"] >= 90


@pytest.mark.usefixtures("filled")
def test_the_figures_are_in_the_form_that_prometheus_reads(web: Web, store: Store) -> None:
    token = bearer(store, "prometheus", Scope.METRICS)
    text = requests.get(f"{web.url}/metrics", headers=token, timeout=10).text
    assert 'fleet_messages{connection="leeds",flow="orders-out",state="queued"} 1.0' in text
    assert 'fleet_exceptions_open{kind="bad_address",owner="operations",severity="error"} 1.0' in text
    assert 'fleet_connection_open{connection="leeds",system="clarus"} 0.0' in text
    assert 'fleet_connection_open{connection="khaos",system="khaos"} 1.0' in text
    assert "# TYPE fleet_oldest_ready_seconds gauge" in text
