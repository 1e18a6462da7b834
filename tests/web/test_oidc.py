"""People log in by the merchant's own provider, and nobody does by anything that it did not sign for this login."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey

from fleet_tests.logins import COOKIE
from fleet_tests.provider import CLIENT, SECRET, Provider
from fleet_tests.web import TOML, Web
from workers.access import accounts, audit, sessions
from workers.access.roles import Role
from workers.ledger.store import Store

DESK = """
[desk]
url = "{url}"

[desk.oidc]
issuer = "{issuer}"
client_id = "{client}"
client_secret = "env:DESK_OIDC_SECRET"

[desk.oidc.roles]
it = ["support", "admin"]
shop = ["customer service"]
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def desk(
    start: Callable[..., AbstractContextManager[Web]], database: str, provider: Provider, free_port: int
) -> Iterator[Web]:
    url = f"http://127.0.0.1:{free_port}"
    toml = TOML + DESK.format(url=url, issuer=provider.issuer, client=CLIENT)
    with start(database, toml=toml, port=free_port, DESK_OIDC_SECRET=SECRET) as web:
        yield web


def go(browser: requests.Session, url: str) -> requests.Response:
    return browser.get(url, timeout=20, allow_redirects=False)


def way_back(desk: Web, browser: requests.Session, after: str = "/") -> str:
    """Where the provider sends the browser, which has said who it is there."""
    sent = go(browser, f"{desk.url}/login/provider?next={after}")
    assert sent.status_code == 303
    return go(requests.Session(), sent.headers["Location"]).headers["Location"]


def test_somebody_comes_in_by_the_provider_with_the_roles_of_their_groups(
    desk: Web, provider: Provider, store: Store
) -> None:
    provider.claims["groups"] = ["it", "shop", "chess"]
    with requests.Session() as browser:
        assert "/login/provider?next=" in go(browser, f"{desk.url}/login?next=/exceptions").text
        back = way_back(desk, browser, "/exceptions")
        done = go(browser, back)
        assert (done.status_code, done.headers["Location"]) == (303, "/exceptions")
        session = sessions.find(store, browser.cookies[COOKIE])
        assert (session.subject, session.name) == ("oidc:8271", "Anna B")
        assert session.roles == {Role.SUPPORT, Role.ADMIN, Role.CUSTOMER_SERVICE}
        assert go(browser, f"{desk.url}/exceptions").status_code == 200
        (asked,) = provider.asked
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert asked["redirect_uri"] == f"{desk.url}/login/back"
        assert len(asked["nonce"]) >= 43
        assert audit.entries(store)[0]["action"] == "logged in"


def stranger() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


WRONG: dict[str, Callable[[Provider], Any]] = {
    "a nonce of another login": lambda p: setattr(p, "change", lambda c: {**c, "nonce": "x" * 43}),
    "no nonce": lambda p: setattr(p, "change", lambda c: {k: v for k, v in c.items() if k != "nonce"}),
    "for another client": lambda p: setattr(p, "change", lambda c: {**c, "aud": "another"}),
    "for several, by another": lambda p: setattr(p, "change", lambda c: {**c, "aud": [CLIENT, "b"], "azp": "b"}),
    "by another issuer": lambda p: setattr(p, "change", lambda c: {**c, "iss": "https://evil.example"}),
    "over": lambda p: setattr(p, "change", lambda c: {**c, "exp": int(time.time()) - 300}),
    "without an end": lambda p: setattr(p, "change", lambda c: {k: v for k, v in c.items() if k != "exp"}),
    "of nobody": lambda p: setattr(p, "change", lambda c: {k: v for k, v in c.items() if k != "sub"}),
    "signed by somebody else": lambda p: setattr(p, "signing", stranger()),
    "of an unknown group": lambda p: p.claims.update(groups=["chess"]),
    "of no group": lambda p: p.claims.pop("groups"),
}


@pytest.mark.parametrize("what", sorted(WRONG))
def test_an_id_token_that_is_wrong_lets_nobody_in(desk: Web, provider: Provider, store: Store, what: str) -> None:
    WRONG[what](provider)
    with requests.Session() as browser:
        refused = go(browser, way_back(desk, browser))
        assert (refused.status_code, "You were not let in" in refused.text) == (401, True)
        assert COOKIE not in browser.cookies
        assert go(browser, f"{desk.url}/exceptions").status_code == 303
    assert store.rows("select 1 from desk_session") == []
    (told,) = audit.entries(store)
    assert (told["action"], told["object"]) == ("login refused", "provider")


def test_an_answer_counts_once_and_in_the_browser_that_asked_alone(desk: Web, store: Store) -> None:
    with requests.Session() as browser, requests.Session() as thief:
        back = way_back(desk, browser)
        assert go(thief, back).status_code == 401  # no login was under way there
        way_back(desk, thief)
        assert go(thief, back).status_code == 401  # another one was
        assert go(browser, back).status_code == 303
        browser.cookies.pop(COOKIE)
        assert go(browser, back).status_code == 401  # the same again
        code = parse_qs(urlsplit(back).query)["code"][0]
        fresh = way_back(desk, browser)
        replayed = fresh.replace(parse_qs(urlsplit(fresh).query)["code"][0], code)
        refused = go(browser, replayed)
        assert (refused.status_code, "invalid_grant" in refused.text) == (401, True)
    assert store.row("select count(*) as n from desk_session") == {"n": 1}


def test_who_does_not_log_in_there_is_not_let_in(desk: Web) -> None:
    with requests.Session() as browser:
        state = parse_qs(urlsplit(way_back(desk, browser)).query)["state"][0]
        assert go(browser, f"{desk.url}/login/back?error=access_denied&state={state}").status_code == 401


def test_a_key_that_the_provider_changed_is_fetched_anew(desk: Web, provider: Provider) -> None:
    with requests.Session() as browser:
        go(browser, way_back(desk, browser))
        provider.turn_key()
        assert go(browser, way_back(desk, browser)).status_code == 303


def test_while_the_provider_is_away_a_local_account_is_the_way_in(desk: Web, provider: Provider, store: Store) -> None:
    bare = accounts.add(store, "anna", {Role.ADMIN}, second_factor=False)
    provider.close()
    with requests.Session() as browser:
        away = go(browser, f"{desk.url}/login/provider")
        assert (away.status_code, "log in with a local account" in away.text) == (503, True)
        done = browser.post(
            f"{desk.url}/login", {"name": bare.name, "password": bare.password},
            headers={"Origin": desk.url}, timeout=20, allow_redirects=False,
        )  # fmt: skip
        assert done.status_code == 303


@pytest.mark.parametrize("offered", [True, False])
def test_who_logs_out_is_shown_where_the_provider_ends_its_session_as_well(
    desk: Web, provider: Provider, store: Store, *, offered: bool
) -> None:
    place = f"{provider.issuer}/end?tenant=1"
    provider.offers = {"end_session_endpoint": place} if offered else {"end_session_endpoint": "javascript:alert(1)"}
    with requests.Session() as browser:
        go(browser, way_back(desk, browser))
        session = sessions.find(store, browser.cookies[COOKIE])
        done = browser.post(
            f"{desk.url}/logout", {"form_token": session.form_token},
            headers={"Origin": desk.url}, timeout=20, allow_redirects=False,
        )  # fmt: skip
        assert COOKIE not in browser.cookies
    assert store.rows("select 1 from desk_session") == []
    if not offered:
        assert (done.status_code, done.headers["Location"]) == (303, "/login")
        return
    link = unescape(re.findall(r'href="([^"]*/end[^"]*)"', done.text)[0])
    asked = parse_qs(urlsplit(link).query)
    assert (done.status_code, link.startswith(place)) == (200, True)
    assert (asked["client_id"], asked["post_logout_redirect_uri"]) == ([CLIENT], [f"{desk.url}/login"])
