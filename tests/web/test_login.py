"""People log in with a password and a second factor, stay for a while, and are told nothing where they fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pyotp
import pytest
import requests

from fleet_tests.logins import COOKIE
from fleet_tests.web import TOML, Web
from workers.access import accounts, audit
from workers.access.accounts import NewSecrets
from workers.access.roles import Role
from workers.ledger.store import Store

Start = Callable[..., AbstractContextManager[Web]]
STEP = "fleet-here-login"


class Browser(requests.Session):
    """A browser that has logged in nowhere."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def see(self, path: str, **headers: str) -> requests.Response:
        return self.get(f"{self.url}{path}", headers=headers, timeout=20, allow_redirects=False)

    def fill(self, path: str, fields: dict[str, Any], **headers: str) -> requests.Response:
        given = {"Origin": self.url, **headers}
        return self.post(f"{self.url}{path}", fields, headers=given, timeout=20, allow_redirects=False)

    def give_password(self, new: NewSecrets, after: str = "/") -> requests.Response:
        return self.fill("/login", {"name": new.name, "password": new.password, "next": after})

    def give_code(self, new: NewSecrets, late: int = 0) -> requests.Response:
        return self.fill("/login/code", {"code": code_of(new, late)})


def code_of(new: NewSecrets, late: int = 0) -> str:
    totp = pyotp.parse_uri(new.otpauth)
    assert isinstance(totp, pyotp.TOTP)
    return totp.at(int(time.time()) + late)


@pytest.fixture
def anna(store: Store) -> NewSecrets:
    return accounts.add(store, "anna", frozenset({Role.SUPPORT}))


@pytest.fixture
def browser(web: Web, anna: NewSecrets) -> Iterator[Browser]:
    assert anna  # somebody can log in
    with Browser(web.url) as opened:
        yield opened


def acts(store: Store) -> list[tuple[str, str, str]]:
    return [(row["subject"], row["action"], row["object"]) for row in reversed(audit.entries(store))]


def test_somebody_logs_in_comes_to_the_page_they_wanted_and_logs_out(
    browser: Browser, anna: NewSecrets, store: Store
) -> None:
    sent = browser.see("/exceptions?owner=support")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/login?next=%2Fexceptions%3Fowner%3Dsupport")
    page = browser.see(sent.headers["Location"])
    assert 'value="/exceptions?owner=support"' in page.text
    half = browser.give_password(anna, "/exceptions?owner=support")
    assert half.headers["Location"] == "/login/code"
    assert COOKIE not in browser.cookies
    assert browser.see("/").status_code == 303  # not in before the second factor
    done = browser.give_code(anna)
    assert (done.status_code, done.headers["Location"]) == (303, "/exceptions?owner=support")
    assert browser.see("/exceptions").status_code == 200
    value = browser.cookies[COOKIE]
    account = browser.see("/account")
    assert "local:anna" in account.text
    form_token = account.text.split('name="form_token" value="')[1].split('"')[0]
    assert browser.fill("/logout", {"form_token": form_token}).headers["Location"] == "/login"
    browser.cookies.set(COOKIE, value)
    assert browser.see("/exceptions").status_code == 303  # the session has ended, not only the cookie
    assert acts(store) == [
        ("local:anna", "logged in", "local:anna"),
        ("local:anna", "logged out", "session 1"),
    ]


def test_the_cookie_is_for_the_browser_alone(browser: Browser, anna: NewSecrets) -> None:
    browser.give_password(anna)
    told = browser.give_code(anna).headers["Set-Cookie"]
    assert f"{COOKIE}=" in told
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in told.split(";")}
    assert "Domain" not in told


def test_a_login_ends_the_session_that_was_there(browser: Browser, anna: NewSecrets, store: Store) -> None:
    browser.give_password(anna)
    browser.give_code(anna)
    first = browser.cookies[COOKIE]
    browser.give_password(anna)
    browser.give_code(anna, late=30)
    assert browser.cookies[COOKIE] != first
    assert store.row("select count(*) as n from desk_session") == {"n": 1}


@pytest.mark.parametrize(
    ("name", "password", "thing"),
    [
        ("anna", "wrong", "account anna"),
        ("bob", "wrong", "an unknown account"),
        ("hunter2hunter2", "", "an unknown account"),
    ],
)
def test_a_wrong_password_and_an_unknown_name_are_told_alike_and_recorded(
    browser: Browser, store: Store, name: str, password: str, thing: str
) -> None:
    answer = browser.fill("/login", {"name": name, "password": password})
    assert (answer.status_code, "Name or password is wrong" in answer.text) == (401, True)
    assert not browser.cookies
    assert acts(store) == [("nobody", "login refused", thing)]
    assert "hunter2" not in str(store.rows("select * from audit_entry"))


def test_a_code_that_was_used_lets_nobody_else_in(web: Web, browser: Browser, anna: NewSecrets) -> None:
    seen = {"code": code_of(anna)}
    browser.give_password(anna)
    assert browser.fill("/login/code", seen).status_code == 303
    with Browser(web.url) as thief:
        thief.give_password(anna)
        assert thief.fill("/login/code", seen).status_code == 401
        assert thief.see("/").status_code == 303


def test_a_second_factor_needs_the_password_first_and_has_five_tries(browser: Browser, anna: NewSecrets) -> None:
    assert browser.give_code(anna).status_code == 401
    browser.give_password(anna)
    for n in range(5):
        answer = browser.fill("/login/code", {"code": "0000000"})
        assert (answer.status_code, "Begin again" in answer.text and "Too many" in answer.text) == (401, n == 4)
    assert browser.give_code(anna).status_code == 401


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\x00/", "evil", ""]
)
def test_a_login_leads_to_paths_of_the_desk_alone(browser: Browser, anna: NewSecrets, after: str) -> None:
    browser.give_password(anna, after)
    assert browser.give_code(anna).headers["Location"] == "/"


def test_a_login_from_another_site_is_refused(browser: Browser, anna: NewSecrets, store: Store) -> None:
    fields = {"name": anna.name, "password": anna.password}
    for headers in (
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):  # fmt: skip
        assert browser.fill("/login", fields, **headers).status_code == 403
    bare = browser.post(f"{browser.url}/login", fields, timeout=20, allow_redirects=False)
    assert bare.status_code == 403
    assert acts(store) == [("nobody", "forged request refused", "POST /login")]  # told once a minute
    assert browser.fill("/login", fields, **{"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_ten_tries_a_minute_and_then_the_right_password_must_wait_too(
    browser: Browser, anna: NewSecrets, store: Store, web: Web
) -> None:
    for _ in range(10):
        assert browser.fill("/login", {"name": "anna", "password": "wrong"}).status_code == 401
    late = browser.give_password(anna)
    assert (late.status_code, late.headers["Retry-After"]) == (429, "60")
    browser.give_password(anna)
    assert acts(store)[10:] == [("nobody", "too many logins", "account anna")]
    assert "too many logins are tried" in web.log.read_text()


def test_a_disabled_account_is_out_at_once(browser: Browser, anna: NewSecrets, store: Store) -> None:
    browser.give_password(anna)
    browser.give_code(anna)
    accounts.set_disabled(store, "anna", disabled=True)
    accounts.add(store, "bob", {Role.VIEWER})
    assert browser.see("/exceptions").status_code == 303
    assert browser.give_password(anna).status_code == 401


def test_without_anybody_who_could_log_in_there_is_no_desk(web: Web, store: Store) -> None:
    for path in ("/", "/exceptions", "/login", "/account", "/login/code"):
        assert requests.get(f"{web.url}{path}", timeout=20).status_code == 404
    assert requests.get(f"{web.url}/health", timeout=20).status_code == 200
    assert "run `fleet accounts add`" in web.log.read_text()
    accounts.add(store, "anna", {Role.VIEWER})
    assert requests.get(f"{web.url}/login", timeout=20).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"}, {"X-Real-IP": "127.0.0.1"},
    ],
)  # fmt: skip
def test_without_a_url_there_is_no_desk_for_other_machines(web: Web, headers: dict[str, str]) -> None:
    assert web.person.see("/").status_code == 200
    answer = web.person.get(f"{web.url}/", headers=headers, timeout=20)
    assert answer.status_code == 404
    assert "write [desk] url in fleet.toml" in web.log.read_text()


@pytest.mark.usefixtures("anna")
def test_what_nginx_sends_by_default_opens_nothing(web: Web) -> None:
    """``proxy_pass http://127.0.0.1:8600;`` names the Host as we are bound, and nobody behind it."""
    host = web.url.removeprefix("http://")
    for path in ("/", "/exceptions", "/orders", "/worklists"):
        answer = requests.get(f"{web.url}{path}", headers={"Host": host}, timeout=20, allow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login?next=")
    for path in ("/metrics", "/returns/advice"):
        method = "GET" if path == "/metrics" else "POST"
        assert requests.request(method, f"{web.url}{path}", headers={"Host": host}, timeout=20).status_code == 401


def test_behind_https_the_cookie_is_of_this_host_alone_and_browsers_stay_with_https(
    start: Start, database: str, store: Store, anna: NewSecrets
) -> None:
    url = "https://desk.example.com"
    bare = accounts.add(store, "bare", frozenset({Role.VIEWER}), second_factor=False)
    with start(database, toml=TOML + f'[desk]\nurl = "{url}"\n') as web, Browser(web.url) as browser:
        seen = browser.see("/login", Host="desk.example.com", **{"X-Forwarded-For": "203.0.113.9"})
        assert seen.status_code == 200
        assert seen.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert browser.give_password(anna).status_code == 403  # sent from http://127.0.0.1
        half = browser.fill("/login", {"name": anna.name, "password": anna.password}, Origin=url)
        told = half.headers["Set-Cookie"]
        assert told.startswith("__Host-fleet-login=")
        step = told.partition("=")[2].partition(";")[0]
        done = browser.fill(
            "/login/code", {"code": code_of(anna)}, Origin=url, Cookie=f"__Host-fleet-login={step}",
            **{"X-Forwarded-For": "203.0.113.9"},
        )  # fmt: skip
        told = done.headers["Set-Cookie"]
        assert told.startswith("__Host-fleet=")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= {
            part.strip() for part in told.split(",")[0].split(";")
        }
        value = told.partition("=")[2].partition(";")[0]
        assert browser.see("/", Cookie=f"__Host-fleet={value}").status_code == 200
        assert audit.entries(store, action="logged in")[0]["address"] == "203.0.113.9"
        refused = browser.fill("/login", {"name": bare.name, "password": bare.password}, Origin=url)
        assert (refused.status_code, "no second factor" in refused.text) == (401, True)


def test_on_this_machine_an_account_may_be_without_second_factor(web: Web, store: Store) -> None:
    bare = accounts.add(store, "bare", frozenset({Role.VIEWER}), second_factor=False)
    with Browser(web.url) as browser:
        assert browser.give_password(bare, "/exceptions").headers["Location"] == "/exceptions"
        assert browser.see("/exceptions").status_code == 200


@pytest.mark.usefixtures("anna")
def test_local_accounts_can_be_shut(start: Start, database: str) -> None:
    with start(database, toml=TOML + "[desk]\nlocal_accounts = false\n") as web, Browser(web.url) as browser:
        assert browser.see("/login").status_code == 404


def test_somebody_changes_their_password_and_is_out_everywhere_else(web: Web, anna: NewSecrets, store: Store) -> None:
    here, there = web.somebody(Role.SUPPORT, name="anna"), web.somebody(Role.SUPPORT, name="anna")
    new = "a much longer password"
    for fields, status in (
        ({"old": "wrong", "new": new, "again": new}, 401),
        ({"old": anna.password, "new": new, "again": "other"}, 422),
        ({"old": anna.password, "new": "short", "again": "short"}, 422),
        ({"old": anna.password, "new": new, "again": new}, 303),
    ):
        assert here.act("/account/password", **fields).status_code == status
    assert here.see("/account").status_code == 200
    assert there.see("/account", follow=False).status_code == 303
    assert accounts.check_password(store, "anna", new)
    assert acts(store)[-1] == ("local:anna", "password changed", "account anna")


def test_somebody_ends_a_session_of_their_own_and_none_of_others(web: Web, store: Store) -> None:
    accounts.add(store, "anna", {Role.VIEWER})
    here, there = web.somebody(Role.VIEWER, name="anna"), web.somebody(Role.VIEWER, name="anna")
    other = web.somebody(Role.VIEWER, name="bob")
    numbers = [row["number"] for row in store.rows("select number from desk_session order by number")]
    assert here.act(f"/account/sessions/{numbers[2]}/end").status_code == 303
    assert other.see("/account").status_code == 200
    assert "Log out there" in here.see("/account").text
    here.act(f"/account/sessions/{numbers[1]}/end")
    assert there.see("/account", follow=False).status_code == 303
