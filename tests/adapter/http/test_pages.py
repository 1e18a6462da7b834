"""A web server whose service is away answers 404 with a page: that is no word of the service on what it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from adapters.acs.client import Acs
from adapters.acs.settings import Settings as AcsSettings
from adapters.clarus.settings import Settings as ClarusSettings
from adapters.clarus.wire import Wire
from adapters.errors import Rejected, Unavailable

PAGE = b"<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN'>\r\n<HTML><head><title>404</title></head></HTML>"
TOKEN = b'{"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}'


class Answers(BaseHTTPRequestHandler):
    """Gives tokens, and for all else 404 with the server's body."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        token = "token" in self.path and self.server.tokens  # type: ignore[attr-defined]
        body = TOKEN if token else self.server.body  # type: ignore[attr-defined]
        self.send_response(200 if token else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def answering() -> Iterator[Callable[..., str]]:
    """A web server that answers 404 with a body to all; its address."""
    servers: list[ThreadingHTTPServer] = []

    def begin(body: bytes, *, tokens: bool = True) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        server.body, server.tokens = body, tokens  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def acs(url: str) -> Acs:
    return Acs(AcsSettings(base_url=url, user="u", password="p", account="A", sites={"ACS": "S"}))


def wire(url: str) -> Wire:
    return Wire(ClarusSettings(base_url=url, subdomain="a", account="A", client_id="c", client_secret="s",
                               webhook_token="an-unguessable-token", sites={"LDS1": "S"}))  # fmt: skip


def test_acs_has_no_such_order_only_where_acs_says_so(answering: Callable[..., str]) -> None:
    """Else a probe would open its gate, a cancellation be proven, and go-live send what is there."""
    away = acs(answering(PAGE))
    for call in (away.ping, lambda: away.get_order("SO1-1")):
        with pytest.raises(Unavailable, match="with a page") as none:
            call()
        assert (none.value.answered, none.value.maybe_done) == (True, False)
    with pytest.raises(Unavailable) as perhaps:
        away.put_order("SO1-1", b"{}")
    assert perhaps.value.maybe_done
    for said in (b"", b'{"Message": "No such order"}', b"No such order"):
        assert acs(answering(said)).get_order("SO1-1") is None


def test_clarus_refuses_only_where_clarus_says_so(answering: Callable[..., str]) -> None:
    away = wire(answering(PAGE))
    with pytest.raises(Unavailable, match="with a page") as perhaps:
        away.send("create_goods_out", b"{}")
    assert perhaps.value.maybe_done
    with pytest.raises(Unavailable) as none:
        away.ask("query { x }", {})
    assert not none.value.maybe_done
    with pytest.raises(Rejected) as refused:
        wire(answering(b'{"errors": [{"symbol": "NOT_FOUND"}]}')).send("create_goods_out", b"{}")
    assert refused.value.status == 404


def test_a_page_in_place_of_a_token_says_nothing_of_our_credentials(answering: Callable[..., str]) -> None:
    with pytest.raises(Unavailable, match="with a page"):
        wire(answering(PAGE, tokens=False)).ask("query { x }", {})
