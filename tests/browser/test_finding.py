"""Somebody logs in with two factors and finds an order: by its customer only where their role may see customers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet_tests.browsing import log_in
from fleet_tests.seeded import seed
from fleet_tests.web import Web, web_process
from workers.access.roles import Role
from workers.ledger.store import Store


@pytest.fixture
def web(database: str, store: Store, tmp_path: Path) -> Iterator[Web]:
    """A real web process in front of the seeded day."""
    seed(store)
    with web_process(database, tmp_path) as running:
        yield running


@pytest.fixture
def page(browser: Browser, web: Web) -> Iterator[Page]:
    context = browser.new_context(base_url=web.url)
    opened = context.new_page()
    yield opened
    context.close()


def find(page: Page, word: str) -> None:
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(word)
    page.keyboard.press("Enter")


def test_customer_service_finds_an_order_by_surname_and_reads_out_where_it_stands(page: Page, store: Store) -> None:
    log_in(page, store, "carla", Role.CUSTOMER_SERVICE)
    find(page, "Quillfeather")
    page.get_by_role("link", name="SO02101").click()
    expect(page.get_by_text("The order left Leeds")).to_be_visible()
    parcel = page.get_by_role("link", name="15501234567890")
    expect(parcel).to_have_attribute("href", "https://www.dpd.co.uk/apps/tracking/?reference=15501234567890")
    page.get_by_role("button", name="Log out").click()
    page.goto("/orders/SO02101")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_viewer_finds_an_order_by_its_code_and_nobody_by_surname(page: Page, store: Store) -> None:
    log_in(page, store, "vera", Role.VIEWER)
    find(page, "Quillfeather")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    find(page, "so02101")
    expect(page.get_by_role("heading", name="Order SO02101")).to_be_visible()
