"""The ledger's roles: what each kind of process may do with it. None is a superuser, and only the owner changes tables.

The owner is whoever runs ``fleet migrate``; no process of the Procfile needs its login. Roles belong to the whole
server, rights to one database: both are laid as often as one likes, and anew with each migration.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from workers.ledger.store import Connection

WORKER, WEB, READ, AUDIT = ("fleet_worker", "fleet_web", "fleet_read", "fleet_audit")
SMALL = "fleet_small"  # worker and web in one process: Procfile.small
ROLES = (WORKER, WEB, READ, AUDIT, SMALL)

# Never the worker's: what people log in with. It posts no session and checks no password.
LOGINS = ("account", "account_secret", "desk_session", "login_step", "machine_token")
RECORD = ("audit_entry", "audit_detail")  # written by record_act alone, whoever acts
# What the web process, which strangers can reach, only adds to and never takes out: evidence and books.
KEPT = (
    *(
        "record",
        "record_key",
        "message_body",
        "message_edit",
        "message_settled",
        "partner_words",
        "timeline",
        "exception",
    ),
    *(
        "journal",
        "journal_file",
        "movement",
        "movement_reason",
        "credit_note",
        "return_line",
        "shipment",
        "shipped_line",
    ),
    *("control_number", "valuation", "asset", "write_off", "product", "garment"),
)
# Not for whoever only reads: customers' data, and secrets.
BODIES = (
    "record",
    "message_body",
    "message_edit",
    "partner_words",
    "consignment_file",
    "courier_answer",
    "access_token",
)
WITHOUT = {"return_line": ("offer",), "garment_return": ("note",), "goods_in": ("body",), "return_advice": ("body",)}
# They act with the owner's rights: one adds to the record that nobody may change, the others make and drop months.
OWNERS = (
    "record_act(jsonb, text)", "forget_act_details(bigint[])", "purge_act_details(integer, integer)",
    "add_month(text)", "drop_month(text)", "add_months()",
)  # fmt: skip
FORGETTING = (
    "forget_act_details(bigint[])",
    "purge_act_details(integer, integer)",
    "drop_month(text)",
    "add_month(text)",
)

TABLES = """
select c.relname as name from pg_class c
 where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
 order by 1
"""
COLUMNS = """
select attname as name from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped
   and attname <> all (%s) order by attnum
"""


class MayNot(Exception):
    """The login may not make roles. The message says what to have made."""


@dataclass(frozen=True, slots=True)
class Login:
    """A role's login, with a password that is shown once."""

    role: str
    password: str


def lay_roles(dsn: str) -> None:
    """Make the roles where they are missing, and give each its rights in this database. Raises MayNot."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        missing = [role for role in ROLES if role not in there(connection)]
        try:
            for role in missing:
                connection.execute(_of("create role {} nologin nosuperuser nocreatedb nocreaterole", role))
        except psycopg.errors.InsufficientPrivilege:
            made = " ".join(f"create role {role} nologin;" for role in missing)
            raise MayNot(f"this login may not make roles: have the server's administrator run: {made}") from None
        _give(connection)


def give_again(dsn: str) -> None:
    """Give the rights anew after a migration, where the roles are used at all."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        if set(ROLES) <= there(connection):
            _give(connection)


def there(connection: Connection) -> set[str]:
    """The roles that there are."""
    rows = connection.execute(
        "select rolname as name from pg_roles where rolname = any (%s)", (list(ROLES),)
    ).fetchall()
    return {row["name"] for row in rows}


def new_login(dsn: str, role: str) -> Login:
    """Give a role a login with a new password; its old one ends with new connections. Raises MayNot."""
    login = Login(role, secrets.token_hex(24))
    try:
        with psycopg.connect(dsn) as connection:
            connection.execute(
                sql.SQL("alter role {} login password {}").format(sql.Identifier(role), sql.Literal(login.password))
            )
    except psycopg.errors.InsufficientPrivilege:
        raise MayNot(f"this login may not change {role}: have the server's administrator give it a password") from None
    return login


def is_superuser(connection: psycopg.Connection[Any]) -> bool:
    """Whether this connection's role may do anything on the server, also run programs there."""
    return bool(connection.execute("select 1 from pg_roles where rolname = current_user and rolsuper").fetchone())


def _give(connection: Connection) -> None:
    row = connection.execute(
        "select current_schema() as schema, current_database() as database, current_user as owner"
    ).fetchone()
    assert row is not None
    schema, tables = row["schema"], [one["name"] for one in connection.execute(TABLES).fetchall()]
    run = connection.execute
    run(sql.SQL("revoke create on schema {} from public").format(sql.Identifier(schema)))
    for role in ROLES:
        run(sql.SQL("grant connect, temporary on database {} to {}").format(
            sql.Identifier(row["database"]), sql.Identifier(role)))  # fmt: skip
        run(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), sql.Identifier(role)))
        run(
            _of("revoke all on all tables in schema " + sql.Identifier(schema).as_string(connection) + " from {}", role)
        )
    for role in (WORKER, WEB):
        run(sql.SQL("grant usage, select on all sequences in schema {} to {}").format(
            sql.Identifier(schema), sql.Identifier(role)))  # fmt: skip
        run(sql.SQL(
            "alter default privileges in schema {} grant select, insert, update, delete on tables to {}"
        ).format(sql.Identifier(schema), sql.Identifier(role)))  # fmt: skip
    run(_of(f"grant {WORKER}, {WEB} to {{}}", SMALL))
    for table in tables:
        for role, rights in _rights(table).items():
            _grant(connection, table, role, rights)
    for function in OWNERS:
        run(sql.SQL("alter function {} security definer set search_path = {}, pg_temp").format(
            sql.SQL(function), sql.Identifier(schema)))  # fmt: skip
    for function in FORGETTING:
        run(_of(f"revoke execute on function {function} from public", ""))
        run(_of(f"grant execute on function {function} to {{}}", WORKER))


def _rights(table: str) -> dict[str, str]:
    if table in RECORD:
        return {AUDIT: "select", WEB: "select"}  # whoever may read the record reads it on the desk
    if table in LOGINS:
        return {WEB: "select, insert, update, delete"}
    if table == "alembic_version":
        return dict.fromkeys((WORKER, WEB, READ), "select")
    parent = next((one for one in ("record", "timeline", "message_settled") if table.startswith(f"{one}_")), table)
    if parent == table or table.startswith(("record_key", "record_unread")):
        parent = table
    worker = "select, insert, delete" if parent == "timeline" else "select, insert, update, delete"
    web = "select, insert, update" if parent in KEPT else "select, insert, update, delete"
    web = "select, insert" if parent in ("timeline", "record") else web
    rights = {WORKER: worker, WEB: web}
    return rights if parent in BODIES else {**rights, READ: "select"}


def _grant(connection: Connection, table: str, role: str, rights: str) -> None:
    if role == READ and table in WITHOUT:
        rows = connection.execute(COLUMNS, (table, list(WITHOUT[table]))).fetchall()
        columns = sql.SQL(", ").join(sql.Identifier(row["name"]) for row in rows)
        connection.execute(
            sql.SQL("grant select ({}) on {} to {}").format(columns, sql.Identifier(table), sql.Identifier(role))
        )
        return
    connection.execute(
        sql.SQL("grant {} on {} to {}").format(sql.SQL(rights), sql.Identifier(table), sql.Identifier(role))
    )


def _of(statement: str, role: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(role)) if "{}" in statement else sql.SQL(statement).format()
