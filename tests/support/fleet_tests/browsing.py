"""How browser tests log in, and have axe look at a page."""

from __future__ import annotations

import time
from collections.abc import Callable

import pyotp
from playwright.sync_api import Page, expect

from fleet_tests.desk_pages import WIDTHS
from workers.access import accounts
from workers.access.roles import Role
from workers.ledger.store import Store

GRAVE = ("serious", "critical")


def log_in(page: Page, store: Store, name: str, role: Role, look: Callable[[], None] = lambda: None) -> None:
    """Make an account and log in with it, by password and second factor; the page shows Today.

    ``look`` is called before each of the two forms is filled.
    """
    new = accounts.add(store, name, frozenset({role}))
    totp = pyotp.parse_uri(new.otpauth)
    assert isinstance(totp, pyotp.TOTP)
    page.goto("/")
    look()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(new.password)
    page.get_by_role("button", name="Go on").click()
    look()
    page.get_by_label("The six figures").fill(totp.at(int(time.time())))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def nothing_grave(page: Page, axe_script: str) -> None:
    """The page fits both screens, and axe finds no serious fault in it. It is wide again afterwards."""
    for across, down in reversed(WIDTHS.values()):
        page.set_viewport_size({"width": across, "height": down})
        nothing_grave_at_this_width(page, axe_script)


def nothing_grave_at_this_width(page: Page, axe_script: str) -> None:
    """The page fits the screen as it is, and axe finds no serious fault in it."""
    wide, screen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= screen, f"{page.url} is {wide} px wide on a screen of {screen}"
    page.evaluate(axe_script)
    found = page.evaluate("axe.run()")
    assert [
        (page.url, one["id"], node["html"])
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ] == []
