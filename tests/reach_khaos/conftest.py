"""A sandbox on a free port for every test that asks for one, and what to fill it with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import uvicorn

from adapters.khaos import Khaos, Settings
from adapters.khaos.sandbox.app import create_app

PATIENCE = 15.0


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: where it is, and its own door."""

    root: str
    verify: bool = True

    @property
    def url(self) -> str:
        return f"{self.root}/LiveSoap/KhaosKSD.exe"

    def post(self, door: str, **body: Any) -> Any:
        answer = requests.post(f"{self.root}/_sandbox/{door}", json=body, timeout=PATIENCE, verify=self.verify)
        answer.raise_for_status()
        return answer.json()

    def books(self) -> Any:
        return requests.get(f"{self.root}/_sandbox/books", timeout=PATIENCE, verify=self.verify).json()

    def level(self, code: str, site: str = "Main Site") -> dict[str, int]:
        return next(row for row in self.books()["levels"] if (row["code"], row["site"]) == (code, site))

    def client(self, **more: Any) -> Khaos:
        return Khaos(Settings(**{"url": self.url, "deadline": PATIENCE, **more}))


@contextmanager
def serve(app: Any, **options: Any) -> Iterator[str]:
    """Serve an ASGI application on a free loopback port for as long as the block lasts."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", lifespan="off", timeout_keep_alive=75, **options
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ends = time.monotonic() + PATIENCE
    while not server.started:
        if time.monotonic() > ends or not thread.is_alive():
            pytest.fail("the server did not start")
        time.sleep(0.005)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"{'https' if 'ssl_certfile' in options else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(PATIENCE)


PRODUCTS: list[dict[str, Any]] = [
    {"code": "MUG", "description": "Mug & saucer", "stock_controlled": True, "in_stock": 100, "price": "4.50"},
    {
        "code": "BOWL",
        "description": "Bowl",
        "stock_controlled": True,
        "in_stock": 5,
        "price": "6.00",
        "barcode": "5012",
    },
    {"code": "ENGRAVE", "description": "Engraving", "stock_controlled": False, "in_stock": 0, "price": "2.00"},
    {
        "code": "OLD",
        "description": "Old",
        "stock_controlled": True,
        "in_stock": 9,
        "price": "1.00",
        "discontinued": True,
    },
    {
        "code": "LAST",
        "description": "Last",
        "stock_controlled": True,
        "in_stock": 1,
        "price": "1.00",
        "run_to_zero": True,
    },
    {"code": "SET", "description": "Set", "stock_controlled": False, "price": "9.00", "pack_of": {"MUG": 2, "BOWL": 1}},
    {"code": "TEE", "description": "T-shirt", "stock_controlled": False, "price": "12.00"},
    {
        "code": "TEE/L",
        "description": "Large",
        "stock_controlled": True,
        "in_stock": 7,
        "price": "12.00",
        "parent_code": "TEE",
    },
]


@pytest.fixture
def start() -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes; all of them are gone when the test ends."""
    running: list[Any] = []

    def begin(*, filled: bool = True, **options: Any) -> Sandbox:
        context = serve(create_app(**options))
        sandbox = Sandbox(context.__enter__())
        running.append(context)
        if filled:
            sandbox.post("products", sites=["Main Site", "Annex"], products=PRODUCTS)
        return sandbox

    yield begin
    for context in running:
        context.__exit__(None, None, None)


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    return start(confirm_shipment=True)


@pytest.fixture
def khaos(sandbox: Sandbox) -> Khaos:
    return sandbox.client(extensions={"confirm_shipment": {}})


@pytest.fixture
def order() -> Callable[..., str]:
    """Writes a minimal order document."""

    def write(ref: str, *, site: str = "Main Site", extra: str = "", payments: str = "", **lines: int) -> str:
        items = "".join(
            f"<ORDER_ITEM><STOCK_CODE>{sku.replace('_', '/')}</STOCK_CODE><MAPPING_TYPE>1</MAPPING_TYPE>"
            f"<ORDER_QTY>{n}</ORDER_QTY><PRICE_NET>1.00</PRICE_NET></ORDER_ITEM>"
            for sku, n in lines.items()
        )
        return (
            "<SALES_ORDERS><SALES_ORDER><CUSTOMER_DETAIL><IS_NEW_CUSTOMER>0</IS_NEW_CUSTOMER>"
            "<OTHER_REF>C-77</OTHER_REF><ADDRESSES><INVADDR><IADDRESS1>1 High St</IADDRESS1><ITOWN>Leeds</ITOWN>"
            "<IPOSTCODE>LS1 1AA</IPOSTCODE><ICOUNTRY_CODE>GB</ICOUNTRY_CODE><IFORENAME>Jane</IFORENAME>"
            f"<ISURNAME>Doe</ISURNAME></INVADDR></ADDRESSES></CUSTOMER_DETAIL>{payments}<ORDER_HEADER>"
            f"<ASSOCIATED_REF>{ref}</ASSOCIATED_REF><SITE>{site}</SITE><SALES_SOURCE>Web</SALES_SOURCE>{extra}"
            f"</ORDER_HEADER><ORDER_ITEMS>{items}</ORDER_ITEMS></SALES_ORDER></SALES_ORDERS>"
        )

    return write


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[str]]:
    """``serve``, for tests that need a server of another kind."""
    return serve


@dataclass(frozen=True)
class Heard:
    """One request that our side got: header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Partner:
    """A tiny HTTP server that stands where our side would: it notes every request and answers as told."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, Callable[[Heard], Answer] | Answer] = field(default_factory=dict)

    def answer(self, heard: Heard) -> Answer:
        self.heard.append(heard)
        found = self.answers.get(heard.path, (404, {}, b""))
        return found(heard) if callable(found) else found

    def to(self, path: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.path == path]


@pytest.fixture
def partner() -> Iterator[Partner]:
    told = Partner()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, answer = told.answer(Heard(self.command, self.path, headers, body))
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 -- the server looks it up by this name

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join(PATIENCE)


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Any]], Any]:
    """Waits until what is asked is true, and gives it."""

    def wait(asked: Callable[[], Any]) -> Any:
        ends = time.monotonic() + PATIENCE
        while not (found := asked()):
            if time.monotonic() > ends:
                pytest.fail("it did not come to pass")
            time.sleep(0.02)
        return found

    return wait
