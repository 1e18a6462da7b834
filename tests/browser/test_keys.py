"""Filters change a list without a full reload, and work without scripts as well; keys go to rows and show help."""

from __future__ import annotations

from playwright.sync_api import Browser, expect


def test_a_filter_changes_the_list_in_place_and_its_address(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/exceptions/all")
    page.evaluate("document.documentElement.dataset.kept = 'yes'")  # gone with a full reload
    page.get_by_label("state").select_option("resolved")
    page.wait_for_url("**/exceptions/all?state=resolved**")
    expect(page.get_by_label("state")).to_have_value("resolved")
    assert page.evaluate("document.documentElement.dataset.kept") == "yes"
    page.go_back()
    expect(page.get_by_label("state")).to_have_value("open")
    context.close()


def test_a_filter_works_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/exceptions/all")
    page.get_by_label("state").select_option("resolved")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("state")).to_have_value("resolved")
    context.close()


def test_keys_go_to_rows_and_show_their_help(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/exceptions")
    links = page.locator("main tbody tr").locator("a").first
    page.keyboard.press("j")
    expect(links).to_be_focused()
    page.keyboard.press("j")
    expect(links).not_to_be_focused()
    page.keyboard.press("k")
    expect(links).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).not_to_be_visible()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    context.close()
