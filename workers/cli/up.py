"""``fleet up``: everything on this machine, with Postgres and Redis of its own where none is named."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from workers import config
from workers.cli import addresses, connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.processes import Procfile, Scale, scales
from workers.config import Misconfigured
from workers.embedded import run_file
from workers.embedded.cluster import place_of
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.procfile import Line, read_procfile
from workers.embedded.redis import EmbeddedRedis
from workers.ledger import roles

if TYPE_CHECKING:
    from workers.embedded.supervision import Fleet

START_PATIENCE = 120.0  # seconds until every process of the Procfile has to run


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("up")(up)


def up(procfile: Procfile = None, scale: Scale = None, json_wanted: AsJson = False) -> None:
    """Run everything on this machine until Ctrl-C: Postgres, Redis, and every line of the Procfile.

    Postgres and Redis of its own are started only where DATABASE_URL and BROKER_URL say nothing. Data, logs and
    passwords are kept in `var/fleet` (or below FLEET_VAR) from one time to the next.

    Example: `FLEET_CONFIG=fleet.toml fleet up --scale orders-out=3`
    """
    supervised = _supervisor()
    wanted, path = scales(scale), addresses.procfile(procfile)
    names = {line.name for line in read_procfile(path)}
    for name in set(wanted) - names:
        raise Misconfigured(f"--scale {name}: {path} has no such line; there are {', '.join(sorted(names))}")
    noted = run_file.read_running()
    if noted and "pid" in noted:
        raise NotDone(
            f"a fleet runs here already (process {noted['pid']}): end it first, or set FLEET_VAR to another folder"
        )
    _aside(connect.configuration)  # whatever is wrong, before anything runs
    given = connect.fleet_settings()
    bound = addresses.addresses(given)
    bound["FLEET_CONFIG"] = str(
        Path(config.environment().fleet_config).resolve()
    )  # processes run in the Procfile's folder
    addresses.must_be_free(bound["WEB_HOST"], bound["WEB_PORT"], "WEB_PORT")
    addresses.must_be_free(bound["FLOWER_HOST"], bound["FLOWER_PORT"], "FLOWER_PORT")
    over = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: over.set())
    with ExitStack() as stack:
        home, own = run_file.var() / "fleet", dict[str, Mapping[str, str]]()
        for variable, configured, embedded in (
            ("DATABASE_URL", given.database_url, EmbeddedPostgres),
            ("BROKER_URL", given.broker_url, EmbeddedRedis),
        ):
            if not configured:
                server = embedded(home / ("postgres" if variable == "DATABASE_URL" else "redis"))
                os.environ[variable] = server.start()
                stack.callback(server.stop)
        _aside(_migrate)
        login = _first_login()
        if not given.database_url:
            own = _logins(path)
            bound["DATABASE_URL"] = ""  # who starts the processes has no need of it
        if not over.is_set():
            _supervise(
                stack,
                supervised(path, bound, home / "processes", numprocs=wanted, own=own),
                over,
                bound,
                login,
                json_wanted=json_wanted,
            )
    if not json_wanted:
        output.console().print("the fleet has ended; its data is kept")


def _logins(procfile: Path) -> dict[str, Mapping[str, str]]:
    """Each line's own login to the Postgres that came along, new each time: none of the processes is its superuser."""
    owner = urlsplit(connect.fleet_settings().database_url)
    roles.lay_roles(owner.geturl())
    made: dict[str, str] = {}

    def url(role: str) -> str:
        if role not in made:
            login = roles.new_login(owner.geturl(), role)
            made[role] = owner._replace(netloc=f"{role}:{login.password}@{owner.hostname}:{owner.port}").geturl()
        return made[role]

    return {line.name: {"DATABASE_URL": url(_role(line))} for line in read_procfile(procfile)}


def _role(line: Line) -> str:
    if "workers.forked" in line.command:
        return roles.SMALL if " web=" in line.command else roles.WORKER
    return roles.WEB if "workers.web" in line.command else roles.WORKER


def _migrate() -> None:
    from workers.ledger.migrate import migrate  # noqa: PLC0415  what waits for Ctrl-C need not hold it

    migrate(connect.fleet_settings().database_url)


def _first_login() -> dict[str, str]:
    """The desk's first account, made where there is none and no provider lets people in; empty otherwise."""
    reading, writing = os.pipe()

    def make() -> None:
        from workers.access import accounts, audit  # noqa: PLC0415  as above
        from workers.cli import who  # noqa: PLC0415  as above

        if connect.configuration().desk.oidc is not None:
            return
        with closing(connect.store()) as store:
            new = accounts.add_first(store)
            if new is None:
                return
            audit.record(store, who.actor(), "account added", f"account {new.name}", after={"by": "fleet up"})
        os.write(writing, json.dumps(dataclasses.asdict(new)).encode())

    with open(reading, encoding="utf-8") as told:  # noqa: PTH123  a pipe
        try:
            _aside(make)
        finally:
            os.close(writing)
        found: dict[str, str] = json.loads(told.read() or "{}")
    return found


def _aside(step: Callable[[], object]) -> None:
    """Run a step in a child: what it loads goes with it. Where it fails, this command ends with its line and code."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code:
            sys.exit(code)
        return
    code = 1
    try:
        step()
        code = 0
    except Exception as error:  # noqa: BLE001  told as any command tells it; the child never goes on as its parent
        from workers.cli.main import told  # noqa: PLC0415  it knows every command

        code = told(error)
    finally:
        sys.stderr.flush()
        os._exit(code)


def _supervisor() -> type[Fleet]:
    try:
        from workers.embedded.supervision import Fleet  # noqa: PLC0415  an operator's install may be without it
    except ModuleNotFoundError:
        raise NotDone("`fleet up` needs a supervisor: pip install 'khaos-fleet[embedded]', or use systemd") from None
    return Fleet


def _supervise(
    stack: ExitStack,
    fleet: Fleet,
    over: threading.Event,
    bound: dict[str, str],
    login: dict[str, str],
    *,
    json_wanted: bool,
) -> None:
    settings = connect.fleet_settings()
    web = addresses.url(bound["WEB_HOST"], bound["WEB_PORT"])
    flower = addresses.url(bound["FLOWER_HOST"], bound["FLOWER_PORT"])
    stack.enter_context(fleet)
    noted = run_file.note_running(
        {
            "database_url": settings.database_url,
            "broker_url": settings.broker_url,
            "redis_url": settings.redis_url,
            "fleet_config": str(Path(config.environment().fleet_config).resolve()),
            "web": web,
            "flower": flower,
            "log": str(fleet.folder / "log"),
        }
    )
    stack.callback(run_file.forget_running)
    late: dict[str, str] = {}
    for _ in range(round(START_PATIENCE)):
        late = {name: state for name, (state, _) in fleet.processes().items() if state != "RUNNING"}
        if not late or over.wait(1):
            break
    facts = {
        "web": web,
        "flower": flower,
        "log": str(fleet.folder / "log"),
        "noted_in": str(noted),
        "not_running": late,
        "first_login": login or None,
    }
    if json_wanted:
        output.as_json(facts)
        sys.stdout.flush()
    elif not over.is_set():
        if login:
            output.console().print(
                f"login   {login['name']}, password {login['password']}\n"
                f"        authenticator app: {login['otpauth']}\n"
                "        neither is shown again: `fleet accounts reset first` makes new ones",
                soft_wrap=True, markup=False,
            )  # fmt: skip
        if os.geteuid() == 0:
            where = place_of(fleet.folder.parent / "postgres").data
            note = f"run this as a user of its own: root's Postgres is the user nobody, and its data lies in {where}"
            output.console().print(f"[yellow]{note}[/]", soft_wrap=True)
        shown = f"Flower  {flower}  (log in at the desk first)\n" if "flower" in fleet.processes() else ""
        output.console().print(f"desk    {web}\n{shown}logs    {facts['log']}\nCtrl-C ends everything", soft_wrap=True)
        for name, state in late.items():
            output.console().print(f"[bold red]{name} is {state}[/]: see {facts['log']}/{name}.log", soft_wrap=True)
    over.wait()
