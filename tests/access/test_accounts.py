"""Local accounts: a password and a second factor, each of which can be shown to be needed."""

from __future__ import annotations

import pyotp
import pytest
from argon2 import PasswordHasher

from workers.access import accounts, sessions
from workers.access.accounts import Refused
from workers.access.roles import Role
from workers.ledger.store import Store

SUPPORT = frozenset({Role.SUPPORT})


def test_a_new_account_logs_in_by_its_password_and_by_no_other(store: Store) -> None:
    new = accounts.add(store, " Anna ", SUPPORT)
    found = accounts.check_password(store, "ANNA", new.password)
    assert (found.name, found.roles, found.second_factor) == ("anna", SUPPORT, True)
    assert accounts.check_password(store, "anna", new.password + "x") is None
    assert accounts.check_password(store, "bob", new.password) is None
    assert accounts.check_password(store, "anna", "") is None


def test_neither_password_nor_its_like_stands_in_the_ledger(store: Store) -> None:
    new = accounts.add(store, "anna", SUPPORT)
    row = store.row("select * from account_secret")
    assert row["password_hash"].startswith("$argon2id$")
    assert new.password not in str(row)


@pytest.mark.parametrize("name", ["", "Anna Smith", "anna@example.com", "-anna", "a" * 65, "änna"])
def test_a_name_that_cannot_be_is_refused(store: Store, name: str) -> None:
    with pytest.raises(Refused, match="no name of an account"):
        accounts.add(store, name, SUPPORT)


def test_a_name_is_given_once_and_an_account_needs_a_role(store: Store) -> None:
    accounts.add(store, "anna", SUPPORT)
    with pytest.raises(Refused, match="fleet accounts reset anna"):
        accounts.add(store, "anna", SUPPORT)
    with pytest.raises(Refused, match="needs a role"):
        accounts.add(store, "bob", set())


@pytest.mark.parametrize("password", ["eleven-char", "aaaaaaaaaaaaaaaa", "my name is ANNA!", "x" * 201])
def test_a_password_that_is_short_or_easy_is_refused(store: Store, password: str) -> None:
    accounts.add(store, "anna", SUPPORT)
    with pytest.raises(Refused):
        accounts.change_password(store, "anna", password)


def test_a_chosen_password_is_the_same_from_every_keyboard(store: Store) -> None:
    accounts.add(store, "anna", SUPPORT)
    accounts.change_password(store, "anna", "pa\u0308sswo\u0308rter sind lang")
    assert accounts.check_password(store, "anna", "p\xe4ssw\xf6rter sind lang")


def test_a_hash_of_older_settings_is_made_anew_at_the_next_login(store: Store) -> None:
    accounts.add(store, "anna", SUPPORT)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("a long enough one")
    store.run("update account_secret set password_hash = %s", weak)
    assert accounts.check_password(store, "anna", "a long enough one")
    assert store.row("select password_hash from account_secret")["password_hash"] != weak
    assert accounts.check_password(store, "anna", "a long enough one")


def test_a_code_is_taken_once_and_for_half_a_minute_before_and_after(store: Store) -> None:
    totp = pyotp.parse_uri(accounts.add(store, "anna", SUPPORT).otpauth)
    assert isinstance(totp, pyotp.TOTP)
    now = 1_800_000_000.0
    code = totp.at(int(now))
    assert not accounts.take_code(store, "anna", code, lambda: now + 90)
    assert not accounts.take_code(store, "anna", code, lambda: now - 90)
    assert accounts.take_code(store, "anna", f"{code[:3]} {code[3:]}", lambda: now + 30)
    assert not accounts.take_code(store, "anna", code, lambda: now)
    assert not accounts.take_code(store, "anna", totp.at(int(now) - 30), lambda: now)  # an earlier one than that
    assert accounts.take_code(store, "anna", totp.at(int(now) + 30), lambda: now)


@pytest.mark.parametrize("code", ["", "000000000", "١٢٣٤٥٦", "abcdef"])
def test_what_is_no_code_is_not_taken(store: Store, code: str) -> None:
    accounts.add(store, "anna", SUPPORT)
    assert not accounts.take_code(store, "anna", code)


def test_no_code_fits_an_account_without_second_factor(store: Store) -> None:
    new = accounts.add(store, "anna", SUPPORT, second_factor=False)
    assert new.otpauth == ""
    assert not accounts.take_code(store, "anna", "")
    assert not accounts.take_code(store, "anna", "000000")


def test_a_reset_gives_new_secrets_and_ends_the_sessions(store: Store) -> None:
    old = accounts.add(store, "anna", SUPPORT)
    cookie = sessions.begin(store, "local:anna", "anna", SUPPORT, "192.0.2.7")
    new = accounts.reset(store, "anna")
    assert new.otpauth != old.otpauth
    assert accounts.check_password(store, "anna", old.password) is None
    assert accounts.check_password(store, "anna", new.password)
    assert sessions.find(store, cookie) is None


def test_whoever_is_disabled_or_given_other_roles_is_logged_out(store: Store) -> None:
    new = accounts.add(store, "anna", SUPPORT)
    cookie = sessions.begin(store, "local:anna", "anna", SUPPORT, "")
    assert accounts.set_roles(store, "anna", {Role.VIEWER}).roles == SUPPORT
    assert sessions.find(store, cookie) is None
    cookie = sessions.begin(store, "local:anna", "anna", SUPPORT, "")
    accounts.set_disabled(store, "anna", disabled=True)
    assert sessions.find(store, cookie) is None
    assert accounts.check_password(store, "anna", new.password) is None
    assert not accounts.are_there(store)
    accounts.set_disabled(store, "anna", disabled=False)
    assert accounts.check_password(store, "anna", new.password).roles == {Role.VIEWER}
    with pytest.raises(Refused, match="no account 'bob'"):
        accounts.set_disabled(store, "bob", disabled=True)
