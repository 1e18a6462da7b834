"""People who are logged in at a real web process, and machines with a token."""

from __future__ import annotations

from typing import Any

import requests

from workers.access import sessions, tokens
from workers.access.roles import Role
from workers.access.tokens import Scope
from workers.ledger.store import Store

COOKIE = "fleet-here"  # of a desk on this machine alone


class Person(requests.Session):
    """Somebody's browser: its cookie, and with each form the page's token and where it was sent from."""

    def __init__(self, url: str, cookie: str, form_token: str) -> None:
        super().__init__()
        self.url, self.form_token = url, form_token
        self.cookies.set(COOKIE, cookie)

    def see(self, path: str, *, follow: bool = True) -> requests.Response:
        """Open a page."""
        return self.get(f"{self.url}{path}", timeout=20, allow_redirects=follow)

    def act(self, path: str, **fields: Any) -> requests.Response:
        """Send a form of the desk; a redirection is not followed."""
        return self.post(
            f"{self.url}{path}", {"form_token": self.form_token, **fields},
            headers={"Origin": self.url}, timeout=20, allow_redirects=False,
        )  # fmt: skip


def logged_in(store: Store, url: str, *roles: Role, name: str = "wanda") -> Person:
    """Somebody with these roles (all of them where none is named), logged in at the desk of this address."""
    cookie = sessions.begin(store, f"local:{name}", name, roles or tuple(Role), "127.0.0.1")
    session = sessions.find(store, cookie)
    assert session is not None
    return Person(url, cookie, session.form_token)


def bearer(store: Store, name: str, scope: Scope) -> dict[str, str]:
    """The header of a machine that has a token for this."""
    return {"Authorization": f"Bearer {tokens.add(store, name, scope)[1]}"}
