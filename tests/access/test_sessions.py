"""Sessions end when they are idle, when they are old, and when somebody ends them; tokens are for one thing."""

from __future__ import annotations

import pytest

from workers.access import sessions, tokens
from workers.access.roles import Role
from workers.access.tokens import Scope
from workers.ledger.store import Store


def begun(store: Store, subject: str = "local:anna") -> str:
    return sessions.begin(store, subject, "Anna", {Role.VIEWER, Role.FINANCE}, "192.0.2.7")


def minutes_pass(store: Store, minutes: int) -> None:
    store.run(
        "update desk_session set created_at = created_at - make_interval(mins => %s),"
        " seen_at = seen_at - make_interval(mins => %s), ends_at = ends_at - make_interval(mins => %s)",
        minutes, minutes, minutes,
    )  # fmt: skip


def test_a_session_is_found_by_its_cookie_which_stands_nowhere(store: Store) -> None:
    value = begun(store)
    session = sessions.find(store, value)
    assert (session.subject, session.name, session.roles) == (
        "local:anna", "Anna", frozenset({Role.VIEWER, Role.FINANCE}),
    )  # fmt: skip
    assert len(session.form_token) >= 43
    assert value not in str(store.rows("select * from desk_session"))
    for other in ("", value[:-1], value + "x", "\udcff"):
        assert sessions.find(store, other) is None


def test_half_an_hour_without_a_request_ends_it(store: Store) -> None:
    value = begun(store)
    for _ in range(3):
        minutes_pass(store, 29)
        assert sessions.find(store, value)
    minutes_pass(store, 31)
    assert sessions.find(store, value) is None


def test_ten_hours_end_it_however_busy(store: Store) -> None:
    value = begun(store)
    for _ in range(29):
        minutes_pass(store, 20)
        assert sessions.find(store, value)
    minutes_pass(store, 20)
    assert sessions.find(store, value) is None


def test_what_has_ended_is_swept_out_at_the_next_login(store: Store) -> None:
    begun(store)
    minutes_pass(store, 31)
    begun(store, "local:bob")
    assert [row["subject"] for row in store.rows("select subject from desk_session")] == ["local:bob"]


def test_a_session_is_ended_by_its_number_and_only_by_who_may(store: Store) -> None:
    mine, other = begun(store), begun(store, "local:bob")
    number = sessions.find(store, other).number
    assert sessions.end(store, number, "local:anna") is None
    assert sessions.end(store, number)["subject"] == "local:bob"
    assert sessions.find(store, other) is None
    assert [row["subject"] for row in sessions.standing(store)] == ["local:anna"]
    second = begun(store)
    assert sessions.end_all(store, "local:anna", but=sessions.find(store, second).number) == 1
    assert sessions.find(store, mine) is None
    assert sessions.find(store, second)


def test_a_step_of_a_login_is_taken_once_and_in_time(store: Store) -> None:
    step = sessions.begin_step(store, {"account": "anna"})
    assert sessions.take_step(store, step) == {"account": "anna"}
    assert sessions.take_step(store, step) is None
    late = sessions.begin_step(store, {"account": "anna"})
    store.run("update login_step set ends_at = now() - interval '1 second'")
    assert sessions.take_step(store, late) is None


def test_a_token_is_for_one_thing_and_ends_when_it_is_revoked(store: Store) -> None:
    number, token = tokens.add(store, "prometheus", Scope.METRICS)
    assert tokens.check(store, token, Scope.METRICS).subject == "token:prometheus"
    assert tokens.check(store, token, Scope.RETURNS_ADVICE) is None
    assert tokens.check(store, token + "x", Scope.METRICS) is None
    assert token not in str(store.rows("select * from machine_token"))
    assert tokens.listed(store)[0]["used_at"] is not None
    tokens.revoke(store, number)
    assert tokens.check(store, token, Scope.METRICS) is None
    with pytest.raises(tokens.Refused, match="no valid token"):
        tokens.revoke(store, number)


def test_two_tokens_of_a_name_are_valid_so_that_one_can_follow_the_other(store: Store) -> None:
    first, old = tokens.add(store, "help-desk", Scope.RETURNS_ADVICE)
    _, new = tokens.add(store, "help-desk", Scope.RETURNS_ADVICE)
    assert tokens.check(store, old, Scope.RETURNS_ADVICE)
    assert tokens.check(store, new, Scope.RETURNS_ADVICE)
    with pytest.raises(tokens.Refused, match="revoke the old one"):
        tokens.add(store, "help-desk", Scope.RETURNS_ADVICE)
    tokens.revoke(store, first)
    with pytest.raises(tokens.Refused, match="take another name"):
        tokens.add(store, "help-desk", Scope.METRICS)
    tokens.add(store, "help-desk", Scope.RETURNS_ADVICE)
