"""Each of the database's roles can do its work, and cannot do what it must not: tried on a real Postgres."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from psycopg import sql

from fleet_tests.ledger import Ledger, Partner
from fleet_tests.web import HEADERS, Web, web_process
from workers import recovery
from workers.access import audit
from workers.domain import persons
from workers.domain.persons import Wanted
from workers.ledger import roles
from workers.ledger.migrate import is_current, migrate
from workers.ledger.store import Store
from workers.spine import exceptions
from workers.spine.people import Person

Login = Callable[[str], str]
OWNER, DATABASE = "ledger_owner", "least"


def as_(dsn: str, user: str, password: str, database: str) -> str:
    at = urlsplit(dsn)
    return f"postgresql://{user}:{password}@{at.hostname}:{at.port}/{database}"


@pytest.fixture(scope="module")
def owner(postgres: str) -> Iterator[str]:
    """A ledger whose owner may make roles and is no superuser."""
    password = secrets.token_hex(8)
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(
            sql.SQL("create role {} login nosuperuser createrole password {}").format(
                sql.Identifier(OWNER), sql.Literal(password)
            )
        )
        admin.execute(f"create database {DATABASE} owner {OWNER}")
        dsn = as_(postgres, OWNER, password, DATABASE)
        with psycopg.connect(as_(postgres, *_who(postgres), DATABASE), autocommit=True) as inside:
            inside.execute(f"alter schema public owner to {OWNER}")
        migrate(dsn)
        roles.lay_roles(dsn)
        yield dsn
        admin.execute(f"drop database {DATABASE} with (force)")
        for role in (*roles.ROLES, OWNER):
            admin.execute(f"drop owned by {role}")
            admin.execute(f"drop role {role}")


def _who(dsn: str) -> tuple[str, str]:
    at = urlsplit(dsn)
    return str(at.username), str(at.password)


@pytest.fixture(scope="module")
def login(owner: str) -> Login:
    """The DSN of a role."""
    made: dict[str, str] = {}

    def of(role: str) -> str:
        if role not in made:
            made[role] = as_(owner, role, roles.new_login(owner, role).password, DATABASE)
        return made[role]

    return of


def test_no_role_is_a_superuser_and_laying_them_again_changes_nothing(owner: str, login: Login) -> None:
    roles.lay_roles(owner)
    migrate(owner)
    assert is_current(owner)
    with psycopg.connect(owner) as db:
        found = db.execute(
            "select rolname, rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = any (%s)",
            ([*roles.ROLES],),
        ).fetchall()
    assert sorted(found) == sorted((role, False) for role in roles.ROLES)
    with psycopg.connect(login(roles.WORKER)) as db:
        assert db.execute("select count(*) from message").fetchone() == (0,)


def test_a_worker_posts_sends_settles_makes_months_and_records_what_people_did(owner: str, login: Login) -> None:
    store = Store(login(roles.WORKER))
    ledger = Ledger(store, login(roles.WORKER))
    ledger.connection()
    partner = Partner()
    ledger.post("SO1-1")
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), list(partner.books)) == ("delivered", ["SO1-1"])
    last = store.row("select name from months_of('record') order by ends desc limit 1")
    store.row("select drop_month(%s)", last["name"])
    assert store.row("select * from add_month('record')")["made"]
    store.receive("leeds", "order", "one", b"x")
    assert audit.record(store, audit.FLEET, "connection opened", "connection leeds")
    ledger.close()
    store.close()
    with psycopg.connect(owner) as db:
        assert db.execute("select count(*) from audit_entry").fetchone() == (1,)


def test_the_web_process_takes_a_webhook_and_shows_its_health(login: Login, tmp_path: Path) -> None:
    web: AbstractContextManager[Web] = web_process(login(roles.WEB), tmp_path)
    with web as at:
        taken = requests.post(at.hook(), json={"id": 7}, headers=HEADERS, timeout=20)
        assert (taken.status_code, taken.json()) == (200, {"ok": True})
        assert requests.get(f"{at.url}/health/ready", timeout=20).status_code in (200, 503)
    with psycopg.connect(login(roles.WEB)) as db:
        assert db.execute(
            "select count(*) from record where connection = 'leeds' and body like '%%7%%'"
        ).fetchone() == (1,)


def test_the_web_process_acts_as_people_do(login: Login) -> None:
    worker, web = Store(login(roles.WORKER)), Store(login(roles.WEB))
    ledger = Ledger(worker, login(roles.WORKER))
    ledger.connection("york")
    for reference in ("SO7-1", "SO8-1"):
        ledger.post(reference, connection="york")
        worker.run("update message set state = 'dead', error_kind = 'crashed' where reference = %s", reference)
        exceptions.file(
            worker.run, "crashed", subject=f"order:{reference}", story=reference, flow="orders-out", connection="york",
            why="x", message=ledger.message(reference)["id"],
        )  # fmt: skip
    first, second = (row["id"] for row in web.rows("select id from exception where connection = 'york' order by id"))
    mo = Person("Mo")
    recovery.looked(web, first, mo)
    assert recovery.retry(web, first, mo) == "SO7-1"
    recovery.dismiss(web, second, mo, "the customer gave up")
    assert (ledger.message("SO7-1")["state"], ledger.state("SO8-1")) == ("queued", "dismissed")
    assert persons.find(web, Wanted(orders=("SO7-1",)), mo) == ["SO7-1"]
    acts = [entry["action"] for entry in audit.entries(web)]
    assert {"person searched"} <= set(acts)
    ledger.close()
    for store in (worker, web):
        store.close()


MUST_NOT = {
    "run a program": (roles.ROLES, "copy (select 1) to program 'id'"),
    "read the server's files": (roles.ROLES, "select pg_read_file('/etc/passwd')"),
    "make a table": (roles.ROLES, "create table public.mine (a int)"),
    "change a table": (roles.ROLES, "alter table message add column mine int"),
    "take a table away": (roles.ROLES, "drop table record"),
    "rewrite what people did": (roles.ROLES, "update audit_entry set subject = 'other'"),
    "forget what people did": (roles.ROLES, "delete from audit_entry"),
    "forge what people did": (roles.ROLES, "insert into audit_detail values (1, 'x', 'y')"),
    "erase details of what people did": ((roles.WEB, roles.READ, roles.AUDIT), "select forget_act_details(array[1])"),
    "rewrite the story": (roles.ROLES, "update timeline set note = 'x'"),
    "switch off the triggers": (roles.ROLES, "set session_replication_role = replica"),
    "read passwords": ((roles.WORKER, roles.READ, roles.AUDIT), "select * from account_secret"),
    "read sessions": ((roles.WORKER, roles.READ, roles.AUDIT), "select * from desk_session"),
    "read bodies": ((roles.READ, roles.AUDIT), "select body from message_body"),
    "read records": ((roles.READ, roles.AUDIT), "select body from record"),
    "read records of a month": ((roles.READ, roles.AUDIT), "select body from record_other"),
    "read partners' words": ((roles.READ, roles.AUDIT), "select * from partner_words"),
    "read offers of returns": ((roles.READ, roles.AUDIT), "select offer from return_line"),
    "read partners' tokens": ((roles.READ, roles.AUDIT), "select * from access_token"),
    "act": ((roles.READ, roles.AUDIT), "update message set state = 'queued'"),
    "drop the books": ((roles.WEB, roles.READ, roles.AUDIT), "delete from journal"),
    "drop the evidence": ((roles.WEB, roles.READ, roles.AUDIT), "delete from record"),
    "drop a month": ((roles.WEB, roles.READ, roles.AUDIT), "select drop_month('record_other')"),
}


@pytest.mark.parametrize("what", MUST_NOT)
def test_no_role_can_do_what_it_must_not(login: Login, what: str) -> None:
    forbidden, statement = MUST_NOT[what]
    for role in forbidden:
        with psycopg.connect(login(role)) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(statement.encode())


def test_who_reads_sees_orders_and_who_audits_sees_what_people_did(login: Login) -> None:
    store = Store(login(roles.WORKER))
    store.run(
        "insert into return_line (reference, connection, receipt, line_id, erp, home, sku, units, condition, state)"
        " values ('RT0000009', 'leeds', '9', '1', 'khaos', 'LDS1', 'MUG', 2, 'good', 'offered')"
    )
    store.run("insert into timeline (story, subject, flow, connection, step, note) values"
              " ('SO9', 'order:SO9-1', 'orders-out', 'leeds', 'read', 'from a page')")  # fmt: skip
    exceptions.file(
        store.run, "crashed", subject="order:SO9-1", story="SO9", flow="orders-out", connection="leeds", why="x"
    )
    done = audit.record(store, audit.FLEET, "table changed", "carriers", before={"A": "1"}, after={"A": "2"})
    store.close()
    with psycopg.connect(login(roles.READ)) as db:
        returned = db.execute("select reference, state, units from return_line").fetchall()
        assert ("RT0000009", "offered", 2) in returned
        assert db.execute("select kind, reason from exception where story = 'SO9'").fetchall() == [("crashed", "x")]
        steps = db.execute("select step, note from timeline where story = 'SO9'").fetchall()
        assert ("read", "from a page") in steps
    with psycopg.connect(login(roles.AUDIT)) as db:
        seen = db.execute(
            "select action, detail from audit_entry join audit_detail on entry = id where id = %s", (done,)
        ).fetchall()
    ((action, detail),) = seen
    told = json.loads(detail)
    assert (action, told["before"], told["after"]) == ("table changed", {"A": "1"}, {"A": "2"})


def test_a_login_that_may_make_no_roles_is_told_what_to_have_made(login: Login, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute("alter role fleet_audit rename to elsewhere")
        try:
            with pytest.raises(roles.MayNot, match="create role fleet_audit nologin;"):
                roles.lay_roles(login(roles.WORKER))
        finally:
            admin.execute("alter role elsewhere rename to fleet_audit")
