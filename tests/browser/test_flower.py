"""From a dead letter in Flower to its exception on the desk, as the runbook shows it.

With ``SCREENSHOTS`` naming a folder, what is seen on the way is saved there: ``make screenshots``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from playwright.sync_api import Browser, Page

from fleet_tests.flower import LOGIN, Shown, until
from workers.broker.queues import DEAD
from workers.observability.flower import Flower

SCREENSHOTS = os.environ.get("SCREENSHOTS", "")
LETTER = "orders-out:leeds:SO02107-1:1:dead-1"


@pytest.fixture
def flower(redis_url: str, tmp_path: Path, address: str) -> Iterator[Shown]:
    """A Flower that knows of one dead letter."""
    shown, app = Shown(tmp_path, redis_url), Celery("reports", broker=redis_url)
    reporter = Flower(app, "control@here")
    letter = {"id": LETTER, "queue": DEAD["orders-out"], "exception": 1, "kind": "bad_address", "died": time.time()}
    counts = dict.fromkeys(DEAD.values(), 0) | {DEAD["orders-out"]: 1}

    def told() -> bool:
        reporter.stand(counts, [letter], address)
        return LETTER in shown.failed()

    shown.start()
    until(told)
    yield shown
    reporter.stop()
    shown.stop()
    app.close()


def test_a_link_leads_from_a_dead_letter_to_its_exception(browser: Browser, flower: Shown, address: str) -> None:
    name, password = LOGIN
    context = browser.new_context(
        http_credentials={"username": name, "password": password}, viewport={"width": 1280, "height": 720}
    )
    page = context.new_page()
    page.goto(f"{flower.url}/tasks?state=FAILURE")
    page.get_by_text("SO02107-1").first.wait_for()
    saved(page, "flower-dead-letters")
    page.goto(f"{flower.url}/task/{LETTER}")
    link = page.get_by_role("link", name="Open exception 1 on the desk")
    link.wait_for()
    saved(page, "flower-dead-letter")
    link.click()
    page.wait_for_url(f"{address}/exceptions/1")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Exception 1")
    context.close()


def saved(page: Page, name: str) -> None:
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.jpg", type="jpeg", quality=70)
