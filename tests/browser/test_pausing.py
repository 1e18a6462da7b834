"""Operations pauses a connection on the page Flows and resumes it; a viewer sees it paused, and may do neither."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet_tests.browsing import log_in
from fleet_tests.web import Web, web_process
from workers.access.roles import Role
from workers.ledger.store import Store


@pytest.fixture
def web(database: str, store: Store, tmp_path: Path) -> Iterator[Web]:
    """A real web process in front of two connections that are open."""
    store.run("insert into connection (name, system) values ('khaos', 'khaos'), ('leeds', 'clarus')")
    with web_process(database, tmp_path) as running:
        yield running


@pytest.fixture
def page(browser: Browser, web: Web) -> Iterator[Page]:
    context = browser.new_context(base_url=web.url)
    yield context.new_page()
    context.close()


def test_operations_pauses_and_resumes_and_a_viewer_may_do_neither(page: Page, store: Store) -> None:
    log_in(page, store, "olga", Role.OPERATIONS)
    page.goto("/flows")
    page.get_by_text("Pause a connection").click()
    page.locator("select[name=connection]").select_option("leeds")
    page.get_by_label("Why").fill("Leeds moves house")
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_text("leeds is paused (olga: Leeds moves house)")).to_be_visible()
    assert store.row("select shut_kind from connection where name = 'leeds'") == {"shut_kind": "paused"}
    page.get_by_role("button", name="Log out").click()

    log_in(page, store, "vera", Role.VIEWER)
    page.goto("/flows")
    expect(page.get_by_text("leeds is paused")).to_be_visible()
    expect(page.get_by_role("button", name="Resume leeds")).to_have_count(0)
    expect(page.get_by_text("Pause a connection")).to_have_count(0)
    page.get_by_role("button", name="Log out").click()

    log_in(page, store, "otto", Role.OPERATIONS)
    page.goto("/flows")
    page.get_by_label("Why").first.fill("Leeds has moved")
    page.get_by_role("button", name="Resume leeds").click()
    expect(page.get_by_text("leeds is paused")).to_have_count(0)
    assert store.row("select shut_kind from connection where name = 'leeds'") == {"shut_kind": None}
    acts = store.rows("select action, subject, reason from audit_entry where object = 'connection leeds' order by id")
    assert [tuple(act.values()) for act in acts] == [
        ("connection paused", "local:olga", "Leeds moves house"),
        ("connection resumed", "local:otto", "Leeds has moved"),
    ]
