"""`fleet up` brings everything up on a bare machine, is found by other commands, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from fleet_tests.terminal import Command
from workers.embedded.folder import free_ports

PROCFILE = """
web: uvicorn --factory workers.web:application --host $WEB_HOST --port $WEB_PORT --log-level warning
sleeper: sleep 600
"""
TOML = """
[connections.khaos]
system = "khaos"
url = "http://127.0.0.1:9/KhaosSandbox.exe"
extensions.confirm_shipment = {}
"""


def test_up_brings_servers_and_processes_and_ctrl_c_ends_them_all(fleet: Command, tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(TOML)
    web, flower = free_ports(2)
    (tmp_path / "Procfile").write_text(PROCFILE)
    environment = {
        **{k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "BROKER_URL"}},
        "FLEET_VAR": str(tmp_path / "var"),
        "WEB_PORT": str(web), "FLOWER_PORT": str(flower), "FLEET_CONFIG": "fleet.toml",
    }  # fmt: skip
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "fleet"), "up", "--scale", "sleeper=2", "--json"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if line == "}\n":
                break
        told = json.loads(said)
        assert told["not_running"] == {}
        note = tmp_path / "var" / "run.json"
        assert note.stat().st_mode & 0o077 == 0
        noted = json.loads(note.read_text())
        first = told["first_login"]
        assert first["otpauth"].startswith("otpauth://totp/")
        assert first["password"] not in note.read_text()
        assert _health(told["web"]) == {"ledger": "ok", "oldest_due_seconds": None, "processes": {}}
        assert fleet("status", "--json", DATABASE_URL="").json["exceptions"] == 0
        answer = requests.post(
            f"{told['web']}/login", {"name": first["name"], "password": first["password"]},
            headers={"Origin": told["web"]}, timeout=20, allow_redirects=False,
        )  # fmt: skip
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login/code")
        # as in docs/operations.md, with the address that run.json holds: it is the same fleet, whose broker is known
        same = fleet("check", "--json", DATABASE_URL=noted["database_url"])
        assert "the broker answers" in same.json["well"]
        second = fleet("up", DATABASE_URL="")
        assert second.code == 1
        assert "a fleet runs here already" in second.err
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=90)
    assert (process.returncode, "Traceback" in err) == (0, False), err
    assert not note.exists()
    ends = time.monotonic() + 10
    while time.monotonic() < ends and _listens(noted["database_url"]):
        time.sleep(0.1)
    assert not _listens(noted["database_url"])
    assert not _listens(noted["broker_url"])
    assert not _listens(told["web"])


def _health(web: str) -> Any:
    """A process that was started is not yet one that answers."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            return requests.get(f"{web}/health", timeout=10).json()
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the web process never answered")


def _listens(url: str) -> bool:
    host, _, port = url.rpartition("@")[2].removeprefix("http://").partition("/")[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True
