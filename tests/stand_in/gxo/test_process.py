"""The sandbox as a process: its SFTP door as a plain client meets it, and its own door over HTTP."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import paramiko
import pytest

from adapters.errors import Unavailable
from adapters.gxo.client import Gxo
from adapters.gxo.settings import Settings
from workers.embedded.folder import free_ports

IN, OUT, ARCHIVE = (f"/MODA/GBNH01/{folder}" for folder in ("in", "out", "archive"))
LOST = (OSError, EOFError, paramiko.SSHException)


class Sandbox:
    """A running sandbox."""

    def __init__(self, port: int, control: int, secret: str) -> None:
        self.port = port
        self.secret = secret
        self.url = f"http://127.0.0.1:{control}/_sandbox"
        self.key = private(secret)

    def ask(self, page: str, told: dict[str, Any] | None = None) -> Any:
        body = None if told is None else json.dumps(told).encode()
        with urllib.request.urlopen(f"{self.url}/{page}", body, timeout=10) as answer:  # noqa: S310 -- loopback
            return json.loads(answer.read())

    def switch(self, **changes: Any) -> None:
        self.ask("switches", changes)

    def until(self, good: Callable[[], Any]) -> Any:
        ends = time.monotonic() + 15
        while not (found := good()):
            assert time.monotonic() < ends, "it did not happen in time"
            time.sleep(0.02)
        return found

    @contextlib.contextmanager
    def connect(self, user: str = "MODA", key: paramiko.PKey | None = None) -> Iterator[paramiko.SFTPClient]:
        kind, text = self.ask("health")["host_key"].split()
        with paramiko.SSHClient() as client:
            name = f"[127.0.0.1]:{self.port}"
            client.get_host_keys().add(name, kind, paramiko.PKey.from_type_string(kind, base64.b64decode(text)))
            client.connect(
                "127.0.0.1", self.port, user, pkey=key or self.key, allow_agent=False, look_for_keys=False, timeout=10
            )
            yield client.open_sftp()


def an_order(reference: str, number: int) -> bytes:
    told = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{'MODA':15}*ZZ*{'GXOUK':15}*261120*2240*U*00401*{number:09d}*0*T*>",
        f"GS*OW*MODA*GXOUK*20261120*2240*{number}*X*004010", "ST*940*0001", f"W05*N*{reference}",
        "N1*DE*MODA LTD*ZZ*MODA", "N1*WH*GXO*ZZ*GBNH01", "N1*ST*JANE DOE", "N3*1 HIGH STREET", "N4*LEEDS**LS1 4AB*GB",
        "G62*10*20261121", "W66*PP*U***DPD-ND", "LX*1", "W01*1*EA**SK*MUG", "N9*LI*1", "W76*1", "SE*14*0001",
        f"GE*1*{number}", f"IEA*1*{number:09d}",
    ]  # fmt: skip
    return "".join(f"{one}~\n" for one in told).encode()


def private(text: str) -> paramiko.PKey:
    return paramiko.Ed25519Key.from_private_key(io.StringIO(text))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    place = Path(tmp_path_factory.mktemp("gxo"))
    key, (port, control) = asyncssh.generate_private_key("ssh-ed25519"), free_ports(2)
    key.write_public_key(place / "key.pub")
    told = ["--port", str(port), "--control-port", str(control), "--seed", "7", "--key", str(place / "key.pub")]
    told += ["--client", "MODA", "--facility", "GBNH01", "--facility", "GBNH02", "--host-key", str(place / "host")]
    command = [sys.executable, "-m", "adapters.gxo.sandbox", *told]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    sandbox = Sandbox(port, control, key.export_private_key().decode())
    try:
        assert process.stdout is not None
        printed = process.stdout.readline().strip()

        def answers() -> Any:
            assert process.poll() is None, "the sandbox did not start"
            with contextlib.suppress(OSError):
                return sandbox.ask("health")

        assert sandbox.until(answers)["host_key"] == printed
        sandbox.ask("setup", {"items": ["MUG"], "stock": {"GBNH01": {"MUG": 500}}})
        yield sandbox
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def sandbox(served: Sandbox) -> Iterator[Sandbox]:
    served.switch(reset=True, step_seconds=0.02)
    yield served
    served.switch(reset=True)


def upload(files: paramiko.SFTPClient, name: str, data: bytes) -> None:
    with files.open(f"{IN}/{name}.tmp", "wb") as file:
        file.write(data)
    files.rename(f"{IN}/{name}.tmp", f"{IN}/{name}")


def test_a_file_goes_in_and_its_answers_come_out_over_sftp(sandbox: Sandbox) -> None:
    with sandbox.connect() as files:
        upload(files, "940_000000101.edi", an_order("SO101", 101))
        sandbox.until(lambda: any(name.startswith("945") for name in files.listdir(OUT)))
        names = sorted(files.listdir(OUT))
        assert [name[:3] for name in names if name.endswith(".edi")] == ["824", "945", "997"]
        with files.open(f"{OUT}/{names[0]}") as file:
            assert b"OTI*TA*OQ*SO101*" in file.read()
        files.rename(f"{OUT}/{names[0]}", f"{ARCHIVE}/{names[0]}")
        assert sorted(files.listdir(ARCHIVE)) == [names[0], "940_000000101.edi"]


def test_nobody_comes_in_with_another_key_or_name(sandbox: Sandbox) -> None:
    stranger = private(asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode())
    with pytest.raises(paramiko.AuthenticationException), sandbox.connect(key=stranger):
        pass
    with pytest.raises(paramiko.AuthenticationException), sandbox.connect(user="OTHER"):
        pass
    sandbox.switch(refuse_key=True)
    with pytest.raises(paramiko.AuthenticationException), sandbox.connect():
        pass


def test_a_client_writes_to_in_alone_deletes_nothing_and_leaves_its_root_by_no_road(sandbox: Sandbox) -> None:
    sandbox.switch(stable_seconds=60)
    with sandbox.connect() as files:
        upload(files, "940_000000102.edi", an_order("SO102", 102))
        for refused in (
            lambda: files.open(f"{OUT}/x.edi", "wb"),
            lambda: files.open(f"{ARCHIVE}/x.edi", "wb"),
            lambda: files.remove(f"{IN}/940_000000102.edi"),
            lambda: files.rename(f"{IN}/940_000000102.edi", f"{OUT}/x.edi"),
            lambda: files.rename(f"{IN}/940_000000102.edi", "/MODA/GBNH02/in/x.edi"),
            lambda: files.mkdir(f"{IN}/sub"),
            lambda: files.open(f"{IN}/../out/x.edi", "wb"),
        ):
            with pytest.raises(PermissionError):
                refused()
        assert files.listdir("/../..") == ["MODA"]
        with files.open(f"{IN}/y.tmp", "wb") as file:
            file.write(b"half")
        files.remove(f"{IN}/y.tmp")


def test_a_rename_onto_a_taken_name_fails_and_the_replacing_one_may_be_missing(sandbox: Sandbox) -> None:
    sandbox.switch(stable_seconds=60, posix_rename=False)
    with sandbox.connect() as files:
        upload(files, "940_000000103.edi", an_order("SO103", 103))
        with pytest.raises(OSError, match="exists"):
            upload(files, "940_000000103.edi", an_order("SO103", 103))
        with pytest.raises(OSError, match="not supported"):
            files.posix_rename(f"{IN}/940_000000103.edi.tmp", f"{IN}/940_000000103.edi")
        files.remove(f"{IN}/940_000000103.edi.tmp")


def test_an_upload_breaks_in_the_middle_and_what_came_is_not_taken_before_its_rename(sandbox: Sandbox) -> None:
    sandbox.switch(drop_writes_next=1, drop_after_bytes=100)
    with pytest.raises(LOST), sandbox.connect() as files:
        upload(files, "940_000000104.edi", an_order("SO104", 104))
    with sandbox.connect() as files:
        assert files.stat(f"{IN}/940_000000104.edi.tmp").st_size == 100
        upload(files, "940_000000104.edi", an_order("SO104", 104))
    sandbox.until(lambda: "SO104" in sandbox.ask("books?only=received")["received"])


@pytest.mark.parametrize("renames", ["rename", "landing"])
@pytest.mark.parametrize(("when", "landed"), [("before", False), ("after", True)])
def test_the_connection_breaks_at_the_rename_and_only_the_books_know_whether_it_landed(
    sandbox: Sandbox, renames: str, when: str, landed: bool
) -> None:
    number = 106 + landed + 200 * (renames == "landing")
    sandbox.switch(**{f"drop_{when}_{renames}_next": 1})
    with pytest.raises(LOST), sandbox.connect() as files:
        upload(files, f"940_{number:09d}.edi", an_order(f"SO{number}", number))
    if landed:
        sandbox.until(lambda: f"SO{number}" in sandbox.ask("books?only=received")["received"])
    with sandbox.connect() as files:
        assert (f"940_{number:09d}.edi.tmp" in files.listdir(IN)) is not landed
    assert (f"SO{number}" in sandbox.ask("books?only=received")["received"]) is landed


def test_a_download_breaks_in_the_middle_and_the_file_is_still_there(sandbox: Sandbox) -> None:
    name = sandbox.ask("snapshot", {"facility": "GBNH01"})["file"]
    sandbox.switch(drop_reads_next=1, drop_after_bytes=50)
    with pytest.raises(LOST), sandbox.connect() as files, files.open(f"{OUT}/{name}") as file:
        file.read()
    with sandbox.connect() as files, files.open(f"{OUT}/{name}") as file:
        assert file.read().rstrip().endswith(b"~")
    assert sandbox.ask("books?only=sftp")["sftp"]["dropped"] >= 1


def test_an_upload_in_place_is_taken_when_it_is_closed_and_not_before(sandbox: Sandbox) -> None:
    data = an_order("SO108", 108)
    with sandbox.connect() as files:
        file = files.open(f"{IN}/940_000000108.edi", "wb")
        file.write(data[:150])
        file.flush()
        before = sandbox.ask("books?only=files")["files"]
        sandbox.ask("floor", {"adjust": {"facility": "GBNH01", "sku": "MUG", "quantity": 1}})
        time.sleep(0.2)  # several turns of the site
        assert sandbox.ask("books?only=files")["files"] == before
        file.write(data[150:])
        file.close()
        sandbox.until(lambda: "SO108" in sandbox.ask("books?only=received")["received"])


def test_while_it_is_away_nobody_answers_and_open_connections_end(sandbox: Sandbox) -> None:
    with sandbox.connect() as files:
        sandbox.switch(away_until=time.time() + 600)
        with pytest.raises(LOST):
            files.open(f"{IN}/x.tmp", "wb")
    with pytest.raises(LOST), sandbox.connect():
        pass
    sandbox.switch(away_until=0.0)
    with sandbox.connect() as files:
        assert files.listdir("/MODA") == ["GBNH01", "GBNH02"]


def test_the_fleet_s_client_drops_once_whatever_breaks_and_takes_and_archives_what_comes_out(sandbox: Sandbox) -> None:
    told = sandbox.ask("health")
    gxo = Gxo(
        Settings(
            host="127.0.0.1", port=sandbox.port, user="MODA", private_key=sandbox.secret, host_key=told["host_key"],
            client="MODA", sender="MODA", receiver="GXOUK", sites={"GBNH01": "Northampton"}, stable_for=0,
        )
    )  # fmt: skip
    sandbox.switch(drop_after_rename_next=1)
    data = an_order("SO109", 109)
    with pytest.raises(Unavailable):
        gxo.drop_order("GBNH01", "940_000000109.edi", data)
    gxo.drop_order("GBNH01", "940_000000109.edi", data)
    wanted = {"997", "824", "945"}

    def came() -> list[Any]:
        new = [
            one for one in gxo.list_new("GBNH01") if b"SO109" in gxo.fetch(one.path) or b"*109~" in gxo.fetch(one.path)
        ]
        return new if wanted <= {one.name[:3] for one in new} else []

    entries = sandbox.until(came)
    for one in entries:
        gxo.archive("GBNH01", one.path)
    assert not {one.name for one in gxo.list_new("GBNH01")} & {one.name for one in entries}
    gxo.close()
    order = next(one for one in sandbox.ask("books?only=orders")["orders"] if one["reference"] == "SO109")
    assert order["picked"] == 1
    assert sandbox.ask("books?only=picked_twice")["picked_twice"] == 0


def test_the_own_door_refuses_what_it_does_not_know(sandbox: Sandbox) -> None:
    for page, told in (
        ("switches", {"lost_nxt": 1}),
        ("setup", {"stok": {}}),
        ("setup", {"stock": {"MARS": {"MUG": 1}}}),
        ("floor", {"dance": {}}),
        ("snapshot", {"facility": "MARS"}),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            sandbox.ask(page, told)
        with refused.value as answer:
            assert answer.code == 422
            assert json.loads(answer.read())["error"]
