"""A running ACS sandbox for these tests, and settings, clients and an ear for its events to use with it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from adapters.acs.client import Acs
from adapters.acs.file_settings import FileSettings
from adapters.acs.files import AcsFiles
from adapters.acs.settings import Settings
from workers.embedded.folder import free_ports

SECRET = "sandbox-event-secret"
SAMPLES = Path(__file__).parents[2] / "samples" / "acs"


@dataclass
class Sandbox:
    url: str
    about: dict[str, Any]

    def ask(self, page: str, told: Any = None) -> Any:
        body = None if told is None else json.dumps(told).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/_sandbox/{page}", body, timeout=10) as answer:  # noqa: S310  loopback
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read()) from error

    def switch(self, **changes: Any) -> None:
        self.ask("switches", changes)

    def floor(self, **action: Any) -> Any:
        return self.ask("floor", action)["done"]

    def books(self, only: str) -> Any:
        return self.ask(f"books?only={only}")[only]

    def order(self, number: str) -> Any:
        return next(one for one in self.books("orders") if one["number"] == number)

    def until(self, good: Callable[[], Any], seconds: float = 30.0) -> Any:
        ends = time.monotonic() + seconds
        while True:
            found = good()
            if found:
                return found
            assert time.monotonic() < ends, "it did not happen in time"
            time.sleep(0.02)

    def until_status(self, number: str, status: str) -> Any:
        return self.until(lambda: (one := self.order(number))["status"] == status and one)


@dataclass
class Ear:
    """Whoever listens for events: what came, and what is answered."""

    url: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[dict[str, str], bytes], int] = lambda _headers, _body: 204

    def kinds(self) -> list[str]:
        return [json.loads(body)["EventType"] for _, body in self.heard]


@pytest.fixture
def ear() -> Iterator[Ear]:
    listening = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = dict(self.headers.items())
            listening.heard.append((headers, body))
            self.send_response(listening.answer(headers, body))
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    listening.url = f"http://127.0.0.1:{server.server_port}/acs"
    yield listening
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="session")
def key() -> Any:
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture(scope="session")
def served(key: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    port, sftp = free_ports(2)
    public = key.export_public_key().decode().strip()
    command = [
        "-m",
        "adapters.acs.sandbox",
        "--port",
        str(port),
        "--sftp-port",
        str(sftp),
        "--key",
        public,
        "--seed",
        "7",
    ]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sandbox/health", timeout=5) as answer:
                    about = json.loads(answer.read())
                break
            except OSError:
                assert process.poll() is None, "the sandbox did not start"
                assert time.monotonic() < ends, "the sandbox did not start in time"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", about
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


@pytest.fixture
def sandbox(served: tuple[str, dict[str, Any]]) -> Iterator[Sandbox]:
    box = Sandbox(*served)
    box.switch(reset=True, step_seconds=0.02, hires_come_back=False, stock_file_at="")
    yield box
    box.switch(reset=True, hires_come_back=False, stock_file_at="")


@pytest.fixture
def settings(sandbox: Sandbox, key: Any) -> Settings:
    return Settings(
        base_url=f"{sandbox.url}/api/v1",
        user="sandbox",
        password="sandbox-password",
        account="TESTACS",
        sites={"ACS": "Glasgow"},
        webhook_secrets=(SECRET,),
        deadline=5,
        files=FileSettings(
            host="127.0.0.1",
            port=sandbox.about["sftp_port"],
            user="TESTACS",
            private_key=key.export_private_key().decode(),
            host_key=sandbox.about["host_key"],
            stable_for=0,
            deadline=20,
        ),
    )


@pytest.fixture
def acs(settings: Settings) -> Acs:
    return Acs(settings)


@pytest.fixture
def files(settings: Settings) -> Iterator[AcsFiles]:
    assert settings.files is not None
    opened = AcsFiles(settings.files)
    yield opened
    opened.close()


@pytest.fixture
def body() -> Callable[..., bytes]:
    def make(number: str, *items: tuple[str, str, bool], **changes: Any) -> bytes:
        told = json.loads((SAMPLES / "acs_put_order_hire.json").read_bytes())
        told |= {"OrderNumber": number, "AccountCode": "TESTACS", **changes}
        told["OrderItems"] = [
            {
                "LineItemId": line,
                "GarmentSKU": sku,
                "IsHire": hire,
                "ItemPrice": 40.0,
                "Measurement1": "ALL",
                "Measurement2": "ALL",
            }
            for line, sku, hire in items
        ]
        return json.dumps(told).encode()

    return make
