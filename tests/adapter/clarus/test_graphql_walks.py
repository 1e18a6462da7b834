"""Lists that do not end, errors that may pass, and one access token that many use."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.clarus.client import Clarus
from adapters.clarus.graphql import MOST_EMPTY, pages, read_together
from adapters.clarus.refusals import graphql_refusal, parse, refusal
from adapters.clarus.settings import Settings
from adapters.clarus.token import InProcess, Token
from adapters.clarus.wire import Wire
from adapters.errors import Garbled, ReachError, Rejected, Throttled, Unauthorised, Unavailable
from adapters.http import Reply
from fleet_tests.clarus_sandbox import Sandbox

NODE = {"node": {"id": 1}}


class Endless:
    """Answers each question with one page more, whose cursor is the next of ``cursors`` (else a new one)."""

    def __init__(self, *cursors: Any, edges: int = 1) -> None:
        self.cursors = cursors
        self.edges = edges
        self.asked = 0

    def __call__(self, _: str, variables: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        assert self.asked < 500, "it does not end"
        cursor = self.cursors[(self.asked - 1) % len(self.cursors)] if self.cursors else f"c{self.asked}"
        page = {"pageInfo": {"hasNextPage": True, "endCursor": cursor}, "edges": [NODE] * self.edges}
        return {name: {"all": page} for name in variables if not name.endswith("_after")}


@pytest.mark.parametrize(
    "ask", [Endless("A"), Endless("A", "B"), Endless(*"ABCDEFG"), Endless(edges=0), Endless(None), Endless(7)]
)
def test_pages_that_lead_nowhere_new_are_garbled_soon(ask: Endless) -> None:
    for walk in (pages(ask, "stocks", {}), read_together(ask, {"a": ("stocks", {}), "b": ("packages", {})})):
        ask.asked = 0
        with pytest.raises(Garbled):
            list(walk)
        assert ask.asked <= MOST_EMPTY


@pytest.mark.parametrize(
    "page",
    [
        {"pageInfo": {"hasNextPage": None, "endCursor": "A"}, "edges": [NODE]},
        {"pageInfo": {"hasNextPage": "false", "endCursor": None}, "edges": [NODE]},
        {"pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": [NODE, None]},
        {"pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": [NODE, {"node": None}]},
    ],
)
def test_a_page_that_does_not_say_whether_more_follows_or_leaves_a_record_out_is_garbled(page: Any) -> None:
    with pytest.raises(Garbled):
        list(pages(lambda *_: {"list": {"all": page}}, "stocks", {}))


def test_a_list_of_new_pages_ends_at_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.clarus.graphql.MOST_PAGES", 50)
    ask = Endless()
    with pytest.raises(Garbled, match="do not end"):
        list(pages(ask, "stocks", {}))
    assert ask.asked == 50


def test_a_few_empty_pages_among_full_ones_are_walked_over() -> None:
    def ask(_: str, variables: dict[str, Any]) -> dict[str, Any]:
        n = int(variables["list_after"] or 0)
        page = {"pageInfo": {"hasNextPage": n < 60, "endCursor": str(n + 1)}, "edges": [NODE] if n % 5 == 0 else []}
        return {"list": {"all": page}}

    assert sum(len(page) for page in pages(ask, "stocks", {})) == 13


def told(*errors: Any) -> ReachError:
    return graphql_refusal(list(errors), "read")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Throttled", "extensions": {"code": "THROTTLED"}}, Throttled),
        ({"message": "x", "extensions": {"code": "RATE_LIMITED"}}, Throttled),
        ({"message": "Too many requests, slow down"}, Throttled),
        ({"message": "Query has complexity of 9000, which exceeds max complexity"}, Rejected),
        ({"message": "boom", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}, Unavailable),
        ({"message": "Internal server error"}, Unavailable),
        ({"message": "execution timed out"}, Unavailable),
        ({"message": "canceling statement due to statement timeout"}, Unavailable),
        ({"message": "deadlock detected"}, Unavailable),
        ({"message": "Service temporarily unavailable", "type": "TRANSIENT"}, Unavailable),
        ({"message": "internal notes can't be blank", "extensions": {"code": "BAD_USER_INPUT"}}, Rejected),
        ({"message": "Field 'x' doesn't exist on type 'Stock'", "extensions": {"code": "undefinedField"}}, Rejected),
        ({"message": "Record not found"}, Rejected),
        ({"message": "You are not allowed to read stocks"}, Rejected),
        ({"message": "", "extensions": None}, Unavailable),
        ({"message": "The server was told to fail"}, Unavailable),
        ("a text alone", Unavailable),
        (None, Unavailable),
    ],
)
def test_an_error_inside_of_a_200_is_a_verdict_or_may_pass(error: Any, kind: type[ReachError]) -> None:
    assert type(told(error)) is kind
    assert not told(error).maybe_done


def test_one_verdict_among_errors_that_pass_decides() -> None:
    passing = {"message": "Internal server error"}
    verdict = {"message": "Argument 'first' is wrong", "extensions": {"code": "argumentLiteralsIncompatible"}}
    assert type(told(passing, verdict)) is Rejected
    assert type(told(passing, {"message": "throttled"})) is Throttled
    assert type(graphql_refusal({"message": "throttled"}, "read")) is Throttled


def test_data_in_part_beside_an_error_is_not_taken_for_the_whole(sandbox: Sandbox, clarus: Clarus) -> None:
    clarus.ping()
    sandbox.switch(graphql_error_next=1)
    with pytest.raises(ReachError):
        clarus.ping()
    clarus.ping()


@pytest.mark.parametrize("bad", ["\x00", "\ud83d"])
def test_what_no_database_holds_is_cleaned_from_an_answer_and_from_a_refusal(bad: str) -> None:
    body = json.dumps({"a": [f"x{bad}"], f"k{bad}": None, "errors": [{"symbol": f"s{bad}", "details": f"d{bad} e"}]})
    read = parse(Reply(200, {}, body.encode()), "read")
    assert (read["a"], read["k\ufffd"]) == (["x\ufffd"], None)
    said = refusal(Reply(422, {}, body.encode()), "make")
    assert said.theirs == "s\ufffd d\ufffd e"
    (said.what + str(said)).encode()
    assert bad not in said.what


def test_json_as_deep_as_a_well_is_garbled() -> None:
    with pytest.raises(Garbled):
        parse(Reply(200, {}, b"[" * 200_000), "read")


class OneAlive:
    """An authorisation server that keeps one token alive: each new one ends the one before."""

    def __init__(self, *, never: bool = False) -> None:
        self.issued = 0
        self.never = never
        self.lock = threading.Lock()

    def exchange(self, verb: str, url: str, **_: Any) -> Reply:
        with self.lock:
            if url.endswith("/oauth/token"):
                self.issued += 1
                return Reply(200, {}, json.dumps({"access_token": f"t{self.issued}"}).encode())
            alive = f"Bearer t{self.issued}"
        if self.never or _["headers"]["Authorization"] != alive:
            raise Unauthorised("401")
        return Reply(200, {}, b'{"data": {}}')


@pytest.fixture
def wires(settings: Settings) -> Any:
    def build(server: OneAlive, *stores: InProcess) -> Iterator[Wire]:
        for store in stores:
            wire = Wire(settings, store)
            wire._http = server  # type: ignore[assignment]
            wire._token = Token(server, settings, store)  # type: ignore[arg-type]
            yield wire

    return build


@pytest.mark.parametrize("shared", [True, False])
def test_many_who_end_each_others_tokens_all_get_through(wires: Any, shared: bool) -> None:
    server, one = OneAlive(), InProcess()
    sides = list(wires(server, *([one] * 4 if shared else [InProcess() for _ in range(4)])))
    failed: list[str] = []

    def work(side: Any) -> None:
        for _ in range(25):
            try:
                side.ask("query { x }", {})
            except ReachError as error:
                failed.append(str(error))

    threads = [threading.Thread(target=work, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    assert not shared or server.issued == 1


def test_a_right_that_is_gone_is_unauthorised_after_a_few_tokens(wires: Any) -> None:
    server = OneAlive(never=True)
    (side,) = wires(server, InProcess())
    with pytest.raises(Unauthorised, match="fresh token"):
        side.ask("query { x }", {})
    assert server.issued <= 4


EXPIRED = [
    {"message": "Unauthorized"},
    {"message": "x", "extensions": {"code": "UNAUTHENTICATED"}},
    {"message": "Token has expired"},
    {"message": "Invalid access token"},
    {"message": "You need to sign in or sign up before continuing."},
]


@pytest.mark.parametrize("error", EXPIRED)
def test_a_token_that_has_ended_by_an_answer_of_200_is_renewed(wires: Any, error: dict[str, Any]) -> None:
    class Polite(OneAlive):
        def exchange(self, verb: str, url: str, **more: Any) -> Reply:
            try:
                return super().exchange(verb, url, **more)
            except Unauthorised:
                return Reply(200, {}, json.dumps({"errors": [error], "data": None}).encode())

    server = Polite()
    (side,) = wires(server, InProcess())
    side.ask("query { x }", {})
    server.issued += 1  # somebody signed in as the same user
    side.ask("query { x }", {})
    assert server.issued == 3
    server.never = True
    with pytest.raises(Unauthorised):
        side.ask("query { x }", {})


@pytest.mark.parametrize(
    "told",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": {"value": "t1"}},
        {"access_token": "t1", "expires_in": -1},
        {"access_token": "t1", "expires_in": "NaN"},
    ],
)
def test_what_is_no_token_is_not_used_as_one(wires: Any, told: dict[str, Any]) -> None:
    class Careless(OneAlive):
        def exchange(self, verb: str, url: str, **more: Any) -> Reply:
            assert url.endswith("/oauth/token"), "it was used"
            return Reply(200, {}, json.dumps(told).encode())

    (side,) = wires(Careless(), InProcess())
    with pytest.raises(Garbled, match="holds no access_token that lasts") as caught:
        side.ask("query { x }", {})
    assert not caught.value.maybe_done
