"""What people do on the desk moves real orders: a real web process and logins, real partners, the fleet's own flows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet_tests.browsing import log_in, nothing_grave
from fleet_tests.web import web_process
from fleet_tests.world import World, worlds
from workers.access.roles import Role
from workers.cases import group_retries


@pytest.fixture
def world(database: str, redis_url: str, tmp_path: Path) -> Iterator[World]:
    with worlds(database, redis_url, tmp_path) as begin:
        yield begin()


@pytest.fixture
def page(browser: Browser, world: World, tmp_path: Path) -> Iterator[Page]:
    """A browser in front of the desk of that world's fleet; its acts wait for the test to let the fleet work."""
    (tmp_path / "web").mkdir()
    toml = (tmp_path / "fleet.toml").read_text(encoding="utf-8")
    with web_process(world.runtime.configuration.fleet.database_url, tmp_path / "web", toml=toml) as web:
        context = browser.new_context(base_url=web.url)
        context.set_default_timeout(15_000)
        yield context.new_page()
        context.close()


@pytest.fixture
def check(page: Page, axe_script: str) -> Callable[[], None]:
    """Have axe look at the page as it stands now, at both widths."""
    return lambda: nothing_grave(page, axe_script)


def let_the_fleet_work(world: World) -> None:
    """Work off what was asked for on the desk, as ``control`` and the workers do, and two seconds' wait at once."""
    world.runtime.tables_looked_at = 0
    world.store.run("update group_retry set moved_at = now() - interval '1 minute' where state = 'running'")
    group_retries.work_off(world.store)
    world.go()
    group_retries.work_off(world.store)  # which sees that none is left


def test_refused_orders_are_read_edited_and_retried_one_before_all_and_seen_to_close(
    page: Page, world: World, check: Callable[[], None]
) -> None:
    edited, first, *others = references = [f"{world.order(('MUG', 1))}-1" for _ in range(4)]
    world.clarus.switch(reject=dict.fromkeys(references, "validation_failed"))
    world.poll()
    assert (len(world.exceptions()), world.there()) == (4, [])
    log_in(page, world.store, "sam", Role.SUPPORT, look=check)

    page.goto("/exceptions")
    check()
    page.get_by_role("link", name="Clarus refused").click()
    stand_open(page, 4)
    check()
    read_and_edit(page, world, check, edited, [first, *others])

    page.get_by_role("link", name="Exceptions", exact=True).first.click()
    page.get_by_role("link", name="Clarus refused").click()
    page.get_by_role("button", name="Retry the first").click()
    let_the_fleet_work(world)  # it is refused again: nothing was mended yet
    page.reload()
    stand_open(page, 3)
    world.clarus.switch(reject={})
    page.get_by_role("button", name="Retry the first").click()
    let_the_fleet_work(world)
    page.reload()
    stand_open(page, 2)

    page.get_by_label("What was mended").fill("the warehouse takes them now")
    page.get_by_role("button", name="Retry all").click()
    expect(page.locator("#progress")).to_contain_text("0 closed")
    let_the_fleet_work(world)
    expect(page.locator("#progress")).to_contain_text("2 closed")  # without a reload
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing of this group stands open any more")
    check()
    assert world.exceptions() == []
    assert sorted(order["reference"] for order in world.there()) == sorted(references)


def read_and_edit(page: Page, world: World, check: Callable[[], None], reference: str, refused: list[str]) -> None:
    """Read one of the group, change its town and send it; the others are refused still."""
    page.get_by_role("link", name=reference.removesuffix("-1"), exact=True).click()
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    check()
    page.get_by_role("link", name="What was said, read and would be sent").click()
    expect(page.get_by_text("Larkspur Row").first).to_be_visible()
    check()
    page.go_back()

    page.get_by_role("link", name="Edit and send").click()
    check()
    box = page.get_by_label("The message")
    box.fill(box.input_value().replace('"Leeds"', '"York"'))
    page.get_by_label("Why it is changed").fill("she telephoned: it is York")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("table", name="What changes")).to_contain_text("York")
    check()
    world.clarus.switch(reject=dict.fromkeys(refused, "validation_failed"))
    page.get_by_role("button", name="Store it and send").click()
    let_the_fleet_work(world)
    page.reload()
    expect(page.get_by_text("resolved", exact=True)).to_be_visible()
    (sent,) = world.there()
    assert (sent["reference"], "York" in str(sent)) == (reference, True)


def stand_open(page: Page, n: int) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"^{n} \W refused by warehouse$"))


def test_a_carriers_row_is_added_from_its_group_and_the_orders_that_wait_are_confirmed(
    page: Page, world: World, check: Callable[[], None]
) -> None:
    orders = [world.order(("MUG", 1)) for _ in range(3)]
    world.poll()
    world.ship(unknown_carrier={f"{order}-1": "PIGEON" for order in orders})
    world.sweep()
    assert world.exceptions() == ["unknown_carrier"] * 3
    assert [world.shipments(order) for order in orders] == [[]] * 3

    log_in(page, world.store, "vera", Role.VIEWER)
    page.goto("/exceptions")
    page.get_by_role("link", name="PIGEON").click()
    expect(page.get_by_role("button", name="Add it and replay")).to_have_count(0)
    page.get_by_role("button", name="Log out").click()

    log_in(page, world.store, "sam", Role.SUPPORT)
    page.goto("/exceptions")
    page.get_by_role("link", name="PIGEON").click()
    check()
    form = page.locator("form", has=page.get_by_role("button", name="Add it and replay"))
    form.get_by_label("What it means").fill("Pigeon Post")
    form.get_by_label("Why").fill("a new carrier of the warehouse")
    form.get_by_role("button").click()
    expect(page.locator("#progress")).to_contain_text("3 in all")
    let_the_fleet_work(world)
    expect(page.locator("#progress")).to_contain_text("3 closed")
    assert [[s["courier"] for s in world.shipments(order)] for order in orders] == [["Pigeon Post"]] * 3
    assert world.exceptions() == []
    page.goto("/tables")
    expect(page.get_by_role("table", name="Rows that were put here")).to_contain_text("PIGEON")
    check()


def test_orders_wait_while_operations_has_paused_a_connection_and_go_when_it_is_resumed(
    page: Page, world: World, check: Callable[[], None]
) -> None:
    log_in(page, world.store, "olga", Role.OPERATIONS)
    page.goto("/flows")
    page.get_by_text("Pause a connection").click()
    check()
    page.locator("select[name=connection]").select_option("leeds")
    page.get_by_label("Why").fill("Leeds moves house")
    page.get_by_role("button", name="Pause it").click()
    order = world.order(("MUG", 1))
    world.poll()
    assert (world.fulfilments(order), world.there()) == ([(f"{order}-1", "new")], [])
    page.get_by_label("Why").first.fill("Leeds has moved")
    page.get_by_role("button", name="Resume leeds").click()
    expect(page.get_by_text("leeds is paused")).to_have_count(0)
    world.store.run("update message set due_at = now() where state in ('queued', 'waiting')")
    world.go()
    assert [there["reference"] for there in world.there()] == [f"{order}-1"]
