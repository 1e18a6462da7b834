"""A person finds what went wrong by cause, reads it, retries the first, then all, sees them close, and edits one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg.types.json import Jsonb

from fleet_tests.browsing import nothing_grave_at_this_width
from fleet_tests.desk import desk_application
from fleet_tests.desk_pages import WIDTHS
from fleet_tests.full_ledger import FullLedger, open_ledger
from fleet_tests.servers import serve
from workers.cases import group_retries
from workers.config import Configuration, Fleet
from workers.ledger.store import Store
from workers.spine import exceptions
from workers.views.exception_groups import groups
from workers.views.snapshot import reading_engine

BODY = {
    "reference": "SO1-1", "order_code": "SO1", "invoice_code": "SI1", "facility": "LDS1",
    "address": {"name": "Wilhelmina Quillfeather", "line1": "7 Larkspur Row", "town": "Leeds", "country": "GB"},
    "lines": [{"sku": "MUG", "quantity": 2}], "dispatch_by": "2026-03-04T12:00:00Z",
}  # fmt: skip


@pytest.fixture
def world(store: Store) -> FullLedger:
    """Four orders that the warehouse refused for one reason, and two that wait for a carrier's row."""
    made = open_ledger(store)
    for n in range(1, 5):
        made.post(f"SO{n}-1")
        made.die("refused_by_warehouse", f"order SO{n}-1: the postcode is not known")
    with store.connection() as db:
        db.execute("update message_body set body = %s where message_id = (select min(id) from message)", (Jsonb(BODY),))
    for n in (8, 9):
        exceptions.file(
            store.run, "unknown_carrier", subject=f"read:leeds:order:{n}", story=f"SO{n}", flow="dispatch-in",
            connection="leeds", why="carrier.code 'RMX': add a row \"RMX\" = \"<courier>\" to [tables.carriers.clarus]",
        )  # fmt: skip
    return made


@pytest.fixture
def page(browser: Browser, database: str, store: Store, world: FullLedger) -> Iterator[Page]:
    assert world
    engine = reading_engine(database)
    fleet = Fleet.model_validate({"database_url": database, "broker_url": "", "sentry_dsn": ""})
    settings = Configuration(fleet=fleet, connections={}, routing=(), tables={})
    with serve(desk_application(engine, name="Wanda", store=store, settings=settings), wait=True) as address:
        context = browser.new_context(base_url=address)
        yield context.new_page()
        context.close()
    engine.dispose()


def test_the_first_of_a_cause_is_retried_then_all_and_they_are_seen_to_close(page: Page, store: Store) -> None:
    page.goto("/exceptions")
    page.get_by_role("link", name="the postcode is not known").click()
    expect(page.get_by_text("What the runbook says")).to_be_visible()
    page.get_by_role("button", name="Retry the first").click()
    assert store.row("select count(*) as n from message where state = 'queued'") == {"n": 1}
    store.run("update exception set state = 'resolved', closed_at = now() where id = 1")
    page.get_by_label("What was mended").fill("the postcodes were loaded")
    page.get_by_role("button", name="Retry all").click()
    expect(page.locator("#progress")).to_contain_text("0 closed")
    group_retries.work_off(store)
    store.run("update group_retry set moved_at = moved_at - interval '1 minute'")
    group_retries.work_off(store)
    store.run("update exception set state = 'resolved', closed_at = now() where kind = 'refused_by_warehouse'")
    expect(page.locator("#progress")).to_contain_text("3 closed", timeout=10_000)  # without a reload
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing of this group stands open any more")


def test_an_edit_shows_what_changes_before_it_is_sent(page: Page, store: Store) -> None:
    page.goto("/exceptions/1")
    page.get_by_role("link", name="Edit and send").click()
    box = page.get_by_label("The message")
    box.fill(box.input_value().replace('"town": "Leeds"', '"town": "York"'))
    page.get_by_label("Why it is changed").fill("she telephoned")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("table", name="What changes")).to_contain_text("address.town")
    page.get_by_role("button", name="Store it and send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Exception 1")
    assert store.row("select after->'address'->>'town' as town from message_edit") == {"town": "York"}


def test_the_pages_fit_both_screens_and_axe_finds_nothing_serious(page: Page, axe_script: str, database: str) -> None:
    engine = reading_engine(database)
    keys = {row["kind"]: row["key"] for row in groups(engine)}
    engine.dispose()
    places = [
        *("/exceptions", "/exceptions/all", "/exceptions/1", "/exceptions/1/bodies", "/exceptions/1/edit", "/tables"),
        *(f"/exceptions/groups/{key}" for key in keys.values()),
    ]
    for across, down in WIDTHS.values():
        page.set_viewport_size({"width": across, "height": down})
        for path in places:
            page.goto(path)
            nothing_grave_at_this_width(page, axe_script)
