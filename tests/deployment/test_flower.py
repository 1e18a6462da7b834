"""Flower is shut to whoever has no login, whatever is set, and to pages elsewhere that take its name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from fleet_tests.places import ROOT
from fleet_tests.web import web_process
from workers.access import sessions
from workers.access.roles import Role
from workers.embedded.folder import free_ports
from workers.ledger.store import Store

PATHS = ("/", "/workers", "/tasks", "/api/workers", "/api/tasks", "/metrics", "/static/css/flower.css", "/nowhere")


@contextmanager
def flower(folder: Path, redis: str, login: str, desk: str = "") -> Iterator[tuple[str, Path]]:
    (port,) = free_ports(1)
    log = folder / "flower.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.flower_page", "--read-only=True", "--address=127.0.0.1", f"--port={port}"],
            stdout=out, stderr=out, cwd=ROOT, env=surroundings(redis, login, desk),
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            ends = time.monotonic() + 120
            while time.monotonic() < ends and process.poll() is None:
                try:
                    requests.get(f"{url}/healthcheck", timeout=5)
                    break
                except requests.ConnectionError:
                    time.sleep(0.2)
            yield url, log
        finally:
            process.terminate()
            process.wait(30)


def surroundings(redis: str, login: str, desk: str) -> dict[str, str]:
    """Flower needs no more than this: no ledger, no partner's secret."""
    return {
        **os.environ, "FLEET_CONFIG": "/nowhere", "BROKER_URL": redis, "FLEET_PROCESS": "flower",
        "FLOWER_BASIC_AUTH": login, "FLOWER_DESK": desk,
    }  # fmt: skip


def status(url: str, path: str = "/workers", **headers: str) -> int:
    return requests.get(f"{url}{path}", headers=headers, timeout=20, allow_redirects=False).status_code


def test_a_blank_login_is_none_and_a_random_one_is_told(
    tmp_path: Path, database: str, store: Store, redis_url: str
) -> None:
    with web_process(database, tmp_path) as web, flower(tmp_path, redis_url, "", web.url) as (url, log):
        for path in PATHS:
            assert status(url, path) == 401, path
            for shown in ("Basic =", "Basic", "Basic Og==", "Basic \xe9", "Bearer x"):
                assert status(url, path, Authorization=shown) == 401, (path, shown)
        assert status(url, "/healthcheck") == 200
        told = re.search(r"login, until it ends: (\S+), password (\S+);", log.read_text())
        assert requests.get(f"{url}/workers", auth=(told[1], told[2]), timeout=20).status_code == 200
        assert requests.get(f"{url}/metrics", auth=(told[1], told[2]), timeout=20).status_code == 200
        assert status(url, Host="evil.example") == 403
        assert status(url, "/healthcheck", Host="evil.example") == 403
        # who is logged in at the desk is let in, until the session ends
        cookie = sessions.begin(store, "local:anna", "anna", {Role.SUPPORT}, "")
        assert status(url, Cookie=f"fleet-here={cookie}") == 200
        assert status(url, "/api/tasks", Cookie=f"fleet-here={cookie}") == 200
        assert status(url, Cookie="fleet-here=another") == 401
        nobody = sessions.begin(store, "local:bob", "bob", [], "")
        assert status(url, Cookie=f"fleet-here={nobody}") == 401
        headers = requests.get(f"{url}/workers", timeout=20).headers
        assert headers["X-Frame-Options"] == "DENY"


def test_the_login_that_is_set_is_asked_for(tmp_path: Path, redis_url: str) -> None:
    with flower(tmp_path, redis_url, "anna:a-long-password,bob:another") as (url, _):
        assert requests.get(f"{url}/workers", auth=("anna", "a-long-password"), timeout=20).status_code == 200
        assert requests.get(f"{url}/workers", auth=("bob", "another"), timeout=20).status_code == 200
        assert requests.get(f"{url}/workers", auth=("anna", "another"), timeout=20).status_code == 401
        read_only = requests.post(f"{url}/api/worker/shutdown/x", auth=("bob", "another"), timeout=20)
        assert read_only.status_code == 403


@pytest.mark.parametrize(
    ("login", "host", "word"),
    [
        ("fleet:", "127.0.0.1", "neither may be empty"),
        (":secret", "127.0.0.1", "neither may be empty"),
        ("hunter2", "127.0.0.1", "write name:password"),
        ("anna:x,", "127.0.0.1", "write name:password"),
        ("", "192.0.2.1", "is not set"),
        ("  ", "10.0.0.5", "is not set"),
    ],
)
def test_it_does_not_start_open(login: str, host: str, word: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "workers.flower_page", f"--address={host}", "--port=1"],
        env=surroundings("redis://127.0.0.1:9/0", login, ""), cwd=ROOT,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode, word in ended.stderr) == (1, True), ended.stderr
