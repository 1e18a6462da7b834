"""Every route of the web process names the right that it needs, and keeps to it: whoever asks, and however."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from fleet_tests.web import TOML, Web
from workers.access import accounts
from workers.access.roles import RIGHTS, Right, Role
from workers.config import environment
from workers.ledger.store import Store
from workers.web.app import application

# Open to all, each for a reason: what it shows is nobody's, or it asks for a proof of its own.
OPEN = {
    "/login", "/login/code", "/login/check",  # whoever logs in is not logged in yet
    "/static/{digest}/{name}",  # the style sheet: it says nothing of the ledger
    "/health", "/health/live", "/health/ready",  # figures without names, for those that restart what is ill
    "/hooks/{connection}/{token}/{event}",  # a token of its own
}  # fmt: skip
VALUES = {"number": "1", "name": "dispatch", "code": "SO1", "path": "x"}
Route = tuple[str, str, Right | None]


@pytest.fixture
def app(database: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    toml = tmp_path_factory.mktemp("app") / "fleet.toml"
    toml.write_text(TOML)
    for name, value in {
        "FLEET_CONFIG": str(toml), "DATABASE_URL": database, "BROKER_URL": "redis://127.0.0.1:9/0",
        "CLARUS_CLIENT_SECRET": "s", "CLARUS_WEBHOOK_TOKEN": "an-unguessable-token-of-ours",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    environment.cache_clear()
    yield application()
    monkeypatch.undo()
    environment.cache_clear()


def rights(dependant: Dependant) -> set[Right]:
    """Every right that a route's dependencies ask for."""
    found = {getattr(one.call, "right", None) for one in dependant.dependencies} - {None}
    return found.union(*(rights(one) for one in dependant.dependencies)) if dependant.dependencies else found


def api_routes(routes: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (inner := getattr(route, "routes", None)) is not None:
            yield from api_routes(inner)
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from api_routes(router.routes)


def every_route(app: FastAPI) -> list[Route]:
    """Method, path and right of each; None where it asks for none."""
    found: list[Route] = []
    for route in api_routes(app.routes):
        asked = rights(route.dependant)
        assert len(asked) <= 1, f"{route.path} asks for several rights: {asked}"
        found += [(method, route.path, next(iter(asked), None)) for method in sorted(route.methods - {"HEAD"})]
    assert len(found) > 20
    return found


def address(path: str) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: VALUES.get(found[1], "1"), path)


def test_every_route_names_its_right_or_is_open_for_a_reason(app: FastAPI) -> None:
    without = {path for _, path, right in every_route(app) if right is None}
    assert without <= OPEN, f"these routes name no right: Depends(needs(Right.…)), {sorted(without - OPEN)}"


@pytest.fixture
def closed(app: FastAPI) -> list[tuple[str, str, Right]]:
    return [(method, address(path), right) for method, path, right in every_route(app) if right is not None]


def test_nobody_gets_anywhere_without_a_login(web: Web, store: Store, closed: list[tuple[str, str, Right]]) -> None:
    accounts.add(store, "anna", {Role.VIEWER})  # so there is a desk
    for method, path, _ in closed:
        answer = requests.request(
            method, f"{web.url}{path}", headers={"Origin": web.url}, timeout=20, allow_redirects=False
        )
        if method == "GET" and path != "/metrics":
            assert (answer.status_code, answer.headers.get("Location", "")[:12]) == (303, "/login?next="), path
        else:
            assert answer.status_code == 401, f"{method} {path}"


def test_each_role_gets_where_its_rights_lead_and_nowhere_else(web: Web, closed: list[tuple[str, str, Right]]) -> None:
    for role in Role:
        person = web.somebody(role, name=role.replace(" ", "-"))
        for method, path, right in closed:
            if path == "/logout" or (method != "GET" and right in RIGHTS[role]):
                continue  # it would act: what it does is proven elsewhere
            answer = person.request(
                method, f"{web.url}{path}", timeout=20, allow_redirects=False,
                headers={"Origin": web.url, "X-Form-Token": person.form_token},
            )  # fmt: skip
            allowed = right in RIGHTS[role]
            assert (answer.status_code == 403) is not allowed, f"{role}: {method} {path}: {answer.status_code}"
            if not allowed and path not in {"/metrics", "/returns/advice"}:
                assert f"the right to {right}" in answer.text


def test_nothing_is_done_for_a_forged_request(web: Web, closed: list[tuple[str, str, Right]]) -> None:
    person = web.somebody(name="wanda")
    own = {"Origin": web.url, "X-Form-Token": person.form_token}
    for method, path, _ in closed:
        if method == "GET":
            continue
        for headers in (
            {**own, "Origin": "https://evil.example"},
            {**own, "Origin": "null"},
            {**own, "Sec-Fetch-Site": "cross-site"},
            {"X-Form-Token": person.form_token},  # from nowhere
            {"Origin": web.url},  # without the form's token
            {**own, "X-Form-Token": "x" * 43},
        ):
            answer = person.request(method, f"{web.url}{path}", headers=headers, timeout=20, allow_redirects=False)
            assert answer.status_code == 403, f"{method} {path} {headers}"
    assert person.see("/").status_code == 200  # and nobody was logged out


def test_no_get_acts(app: FastAPI) -> None:
    assert {method for method, path, _ in every_route(app) if not path.startswith(("/hooks", "/khaos"))} <= {
        "GET", "POST",
    }  # fmt: skip


def test_sixty_acts_a_minute_are_a_persons(web: Web) -> None:
    person = web.somebody(Role.VIEWER)
    answers = [person.act("/account/sessions/999999/end").status_code for _ in range(62)]
    assert answers == [303] * 60 + [429] * 2
