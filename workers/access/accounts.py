"""Local accounts: the way in when the login's provider is away, and out of the box. A password and a second factor."""

from __future__ import annotations

import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from workers.access.roles import Role
from workers.ledger.store import Row, Store

ISSUER = "Khaos fleet"  # as an authenticator app shows it
SHORTEST, LONGEST, FEWEST = 12, 200, 5  # characters of a password, and how many of them differ at least
FIRST = "first"  # the account that `fleet up` makes
STEP = 30  # seconds that a code is shown
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_hasher = PasswordHasher()


class Refused(Exception):
    """An account that cannot be made or changed so; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """A local account, without what proves it."""

    name: str
    roles: frozenset[Role]
    second_factor: bool
    disabled: bool

    @property
    def subject(self) -> str:
        """Its name among all that may act."""
        return subject_of(self.name)


@dataclass(frozen=True, slots=True)
class NewSecrets:
    """What proves an account; it is shown once. ``otpauth`` goes into an authenticator app, '' where none is needed."""

    name: str
    password: str
    otpauth: str


def subject_of(name: str) -> str:
    """The subject of an account of this name."""
    return f"local:{name}"


def add(store: Store, name: str, roles: Collection[Role], *, second_factor: bool = True) -> NewSecrets:
    """Make an account with a random password and second factor. Raises Refused."""
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        raise Refused(
            f"{name!r} is no name of an account: up to 64 small letters, digits, '.', '_' and '-', no e-mail address"
        )
    if not roles:
        raise Refused("an account needs a role: " + ", ".join(Role))
    new, password_hash, totp = _secrets(name, second_factor=second_factor)
    row = store.row(
        "with made as (insert into account (name, roles, second_factor) values (%s, %s, %s)"
        " on conflict do nothing returning name)"
        " insert into account_secret (name, password_hash, totp) select name, %s, %s from made returning name",
        name, sorted(roles), second_factor, password_hash, totp,
    )  # fmt: skip
    if row is None:
        raise Refused(f"there is an account {name} already: `fleet accounts reset {name}` gives it a new password")
    return new


def add_first(store: Store) -> NewSecrets | None:
    """Make the account ``first`` with all roles, where there is no account at all; None where there is one."""
    if store.row("select 1 as one from account limit 1") is not None:
        return None
    return add(store, FIRST, frozenset(Role))


def reset(store: Store, name: str) -> NewSecrets:
    """Give an account a new random password and second factor, and end its sessions. Raises Refused."""
    account = known(store, name)
    new, password_hash, totp = _secrets(account.name, second_factor=account.second_factor)
    with store.transaction() as db:
        db.execute(
            "update account_secret set password_hash = %s, totp = %s, totp_step = 0 where name = %s",
            (password_hash, totp, account.name),
        )
        db.execute("delete from desk_session where subject = %s", (account.subject,))
    return new


def _secrets(name: str, *, second_factor: bool) -> tuple[NewSecrets, str, str]:
    password = secrets.token_urlsafe(15)
    totp = pyotp.random_base32() if second_factor else ""
    uri = pyotp.TOTP(totp).provisioning_uri(name=name, issuer_name=ISSUER) if totp else ""
    return NewSecrets(name, password, uri), _hasher.hash(password), totp


def set_roles(store: Store, name: str, roles: Collection[Role]) -> Account:
    """Give an account these roles and no others, and end its sessions. Returns it as it was. Raises Refused."""
    account = known(store, name)
    if not roles:
        raise Refused(f"an account needs a role; `fleet accounts disable {account.name}` shuts it")
    _change(store, account, "update account set roles = %s where name = %s", sorted(roles))
    return account


def set_disabled(store: Store, name: str, *, disabled: bool) -> Account:
    """Shut an account, or open it again, and end its sessions. Returns it as it was. Raises Refused."""
    account = known(store, name)
    _change(store, account, "update account set disabled = %s where name = %s", disabled)
    return account


def _change(store: Store, account: Account, sql: str, value: Any) -> None:
    with store.transaction() as db:
        db.execute(sql.encode(), (value, account.name))
        db.execute("delete from desk_session where subject = %s", (account.subject,))


def change_password(store: Store, name: str, password: str) -> None:
    """Set a password that its person chose, for the account's next login. Raises Refused with what it lacks."""
    account = known(store, name)
    password = _normal(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"a password has {SHORTEST} to {LONGEST} characters: take a sentence, or let a manager make one")
    if len(set(password)) < FEWEST or account.name in password.lower():
        raise Refused("this password is easy to guess: it repeats a few letters, or holds the account's name")
    store.run("update account_secret set password_hash = %s where name = %s", _hasher.hash(password), account.name)


def check_password(store: Store, name: str, password: str) -> Account | None:
    """The account of this name and password, if it is not disabled. An unknown name takes as long as a known one."""
    row = store.row(
        "select a.*, s.password_hash from account a join account_secret s using (name) where a.name = %s",
        name.strip().lower()[:100],
    )
    known_hash = row["password_hash"] if row else _nobodys_hash()
    password = _normal(password[: 2 * LONGEST])
    try:
        _hasher.verify(known_hash, password)
    except (Argon2Error, InvalidHashError):
        return None
    if row is None or row["disabled"]:
        return None
    if _hasher.check_needs_rehash(known_hash):
        store.run(
            "update account_secret set password_hash = %s where name = %s and password_hash = %s",
            _hasher.hash(password), row["name"], known_hash,
        )  # fmt: skip
    return _account(row)


def take_code(store: Store, name: str, code: str, clock: Callable[[], float] = time.time) -> bool:
    """Tell whether this is the account's code of now, of half a minute ago or of the next; each is taken once."""
    row = store.row("select totp from account_secret where name = %s", name)
    code = "".join(code.split())
    if row is None or not row["totp"] or not code.isascii():
        return False
    now = int(clock()) // STEP
    totp = pyotp.TOTP(row["totp"])
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(totp.at(step * STEP), code):
            taken = store.run(
                "update account_secret set totp_step = %s where name = %s and totp_step < %s", step, name, step
            )
            return taken == 1
    return False


def note_login(store: Store, name: str) -> None:
    """Note that the account was used."""
    store.run("update account set logged_in_at = now() where name = %s", name)


def known(store: Store, name: str) -> Account:
    """The account of this name. Raises Refused when there is none."""
    row = store.row("select * from account where name = %s", name.strip().lower())
    if row is None:
        raise Refused(f"there is no account {name!r}: `fleet accounts list` shows them")
    return _account(row)


def listed(store: Store) -> list[Row]:
    """All accounts, by name, with their sessions and their last login."""
    return store.rows(
        "select a.name, a.roles, a.second_factor, a.disabled, a.created_at, a.logged_in_at,"
        " (select count(*) from desk_session d where d.subject = 'local:' || a.name and d.ends_at > now()) as sessions"
        " from account a order by a.name"
    )


def is_there(store: Store, name: str) -> bool:
    """Tell whether there is an account of this name."""
    return store.row("select 1 as one from account where name = %s", name.strip().lower()[:100]) is not None


def are_there(store: Store) -> bool:
    """Tell whether anybody can log in with a local account."""
    return store.row("select 1 as one from account where not disabled limit 1") is not None


def _account(row: Row) -> Account:
    there = {role.value for role in Role}  # a later release may have had more
    roles = frozenset(Role(name) for name in row["roles"] if name in there)
    return Account(row["name"], roles, row["second_factor"], row["disabled"])


def _normal(password: str) -> str:
    """The same on every keyboard: one letter may be written in two ways."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(15))
