"""Every page fits a desk's screen and a telephone, in light and dark, and has no serious accessibility fault.

With ``SCREENSHOTS`` naming a folder, each page is saved there at both widths: ``make screenshots``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from fleet_tests.browsing import log_in, nothing_grave_at_this_width
from fleet_tests.desk_pages import OPEN_ALL, WIDTHS
from fleet_tests.web import web_process
from workers.access.roles import Role
from workers.ledger.store import Store

SCREENSHOTS = os.environ.get("SCREENSHOTS", "")
DARK = ("today", "order-left", "exceptions")  # saved in the dark as well
Scheme = Literal["light", "dark"]


def opened(browser: Browser, address: str, width: str, scheme: Scheme) -> Iterator[Page]:
    across, down = WIDTHS[width]
    context = browser.new_context(viewport={"width": across, "height": down}, color_scheme=scheme, base_url=address)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert [fault for fault in faults if "404" not in fault] == []


@pytest.fixture(params=["wide", "narrow"])
def width(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_the_screen_and_axe_finds_nothing_serious(
    browser: Browser, address: str, places: dict[str, str], axe_script: str, width: str, scheme: Scheme
) -> None:
    for page in opened(browser, address, width, scheme):
        for path in places.values():
            page.goto(path)
            page.evaluate(OPEN_ALL)
            nothing_grave_at_this_width(page, axe_script)


@pytest.mark.skipif(not SCREENSHOTS, reason="SCREENSHOTS names no folder: `make screenshots` does")
def test_every_page_is_saved_as_a_screenshot(
    browser: Browser, address: str, places: dict[str, str], width: str
) -> None:
    folder = Path(SCREENSHOTS)
    folder.mkdir(parents=True, exist_ok=True)
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        for page in opened(browser, address, width, scheme):
            for name, path in places.items():
                if scheme == "dark" and name not in DARK:
                    continue
                ending = {"wide": "", "narrow": "-narrow"}[width] + {"light": "", "dark": "-dark"}[scheme]
                answer = page.goto(path)
                assert answer
                assert answer.status == (404 if name == "nothing" else 200), f"{path} answered {answer.status}"
                page.evaluate(OPEN_ALL)
                page.screenshot(path=folder / f"{name}{ending}.jpg", type="jpeg", quality=70)


@pytest.mark.skipif(not SCREENSHOTS, reason="SCREENSHOTS names no folder: `make screenshots` does")
def test_the_login_is_saved_as_a_screenshot(browser: Browser, database: str, store: Store, tmp_path: Path) -> None:
    names = iter(("login", "login-code"))
    with web_process(database, tmp_path) as web:
        context = browser.new_context(base_url=web.url)
        page = context.new_page()

        def save() -> None:
            name = next(names)
            for width, ending in (("narrow", "-narrow"), ("wide", "")):
                across, down = WIDTHS[width]
                page.set_viewport_size({"width": across, "height": down})
                page.screenshot(path=Path(SCREENSHOTS) / f"{name}{ending}.jpg", type="jpeg", quality=70)

        log_in(page, store, "anna", Role.SUPPORT, look=save)
        context.close()
    assert list(names) == [], "each step of the login was saved"
