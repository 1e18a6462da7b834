"""How browser tests log in."""

from __future__ import annotations

import time

import pyotp
from playwright.sync_api import Page, expect

from workers.access import accounts
from workers.access.roles import Role
from workers.ledger.store import Store


def log_in(page: Page, store: Store, name: str, role: Role) -> None:
    """Make an account and log in with it, by password and second factor; the page shows Today."""
    new = accounts.add(store, name, frozenset({role}))
    totp = pyotp.parse_uri(new.otpauth)
    assert isinstance(totp, pyotp.TOTP)
    page.goto("/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(new.password)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("The six figures").fill(totp.at(int(time.time())))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
