"""Which connection is kept for the next request, and that an answer means the same however its bytes arrive."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.errors import Unavailable
from adapters.http import Http
from fleet_tests.servers import self_signed

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
PAUSE = b"<pause>"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"


class Server:
    """Answers each request on a connection with the same bytes; counts connections, and keeps what it was asked."""

    def __init__(self, answer: bytes, *, hangs_up: bool = False, tls: tuple[str, str] | None = None) -> None:
        self.answer, self.hangs_up = answer, hangs_up
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if self.tls and tls:
            self.tls.load_cert_chain(*tls)
        self.connections, self.asked = 0, list[bytes]()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.door.getsockname()[1]}/x?y=1"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        with self.tls.wrap_socket(accepted, server_side=True) if self.tls else accepted as client:
            while data := client.recv(65536):
                self.asked.append(data)
                for piece in self.answer.split(PAUSE):  # under TLS each is a record of its own
                    client.sendall(piece)
                if self.hangs_up:
                    return


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    opened: list[Server] = []

    def start(answer: bytes, *, hangs_up: bool = False, tls: tuple[str, str] | None = None) -> Server:
        opened.append(Server(answer, hangs_up=hangs_up, tls=tls))
        return opened[-1]

    yield start
    for one in opened:
        one.door.close()


def bodies(server: Server, times: int = 3, verify: bool | str = True) -> list[bytes]:
    http = Http(deadline=20, verify=verify)
    return [http.exchange("POST", server.url, body=b"{}").body for _ in range(times)]


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED], ids=["plain", "chunked"])
def test_a_connection_is_kept_for_the_next_request(server: Callable[..., Server], answer: bytes) -> None:
    there = server(answer)
    assert bodies(there) == [b"hello"] * 3
    assert there.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        PLAIN.replace(b"text/plain", b"text/plain\r\nConnection: close"),
        PLAIN + b"and more",
        CHUNKED.replace(b"chunked", b"chunked\r\nConnection: close"),
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
    ids=["it says so", "something follows the body", "it says so, in chunks", "it is of HTTP/1.0"],
)
def test_a_connection_that_is_over_is_not_used_again(server: Callable[..., Server], answer: bytes) -> None:
    there = server(answer)
    assert bodies(there) == [b"hello"] * 3
    assert there.connections == 3


def test_a_server_that_hung_up_meanwhile_is_connected_to_anew(server: Callable[..., Server]) -> None:
    there, http = server(PLAIN, hangs_up=True), Http(deadline=20)
    for _ in range(3):
        assert http.exchange("GET", there.url).body == b"hello"
        kept = next(iter(http._connections()._kept.values()))
        kept.sock.settimeout(20)
        assert kept.sock.recv(1, socket.MSG_PEEK) == b"", "it has hung up by now"
    assert there.connections == 3


def test_a_request_is_one_piece_with_its_own_headers(server: Callable[..., Server]) -> None:
    there = server(PLAIN)
    Http(deadline=20).exchange("POST", there.url, headers={"X-Ours": "1"}, body=b"{}")
    head, _, body = there.asked[0].partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert (first, body) == (b"POST /x?y=1 HTTP/1.1", b"{}")
    port = there.url.split(":")[2].split("/")[0]
    assert {f"Host: 127.0.0.1:{port}".encode(), b"X-Ours: 1", b"Content-Length: 2"} <= set(lines)


@pytest.mark.parametrize("value", ["a\r\nInjected: 1", "a\nb", "\x00"])
def test_a_header_with_a_line_break_is_never_sent(server: Callable[..., Server], value: str) -> None:
    there = server(PLAIN)
    with pytest.raises(Unavailable) as told:
        Http(deadline=20).exchange("POST", there.url, headers={"X-Ours": value}, body=b"{}")
    assert (told.value.maybe_done, there.asked) == (False, [])


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED], ids=["plain", "chunked"])
@pytest.mark.parametrize("at", [1, 9, 17, 30, 50, -7, -2])
def test_an_answer_in_two_pieces_is_the_same_answer(serve: Callable[..., str], answer: bytes, at: int) -> None:
    door = serve(answer[:at], answer[at:], pause=0.05)
    assert Http(deadline=20).exchange("POST", door, body=b"{}").body == b"hello"


def test_under_tls_what_follows_a_body_is_never_taken_for_the_next_answer(
    server: Callable[..., Server], tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path)
    head = PLAIN.removesuffix(b"hello")
    other = PLAIN.replace(b"hello", b"never")
    there = server(head + PAUSE + b"hello" + other, tls=(certificate, key))
    assert bodies(there, verify=certificate) == [b"hello"] * 3
    assert there.connections == 3


def test_a_connection_over_tls_is_kept_for_the_next_request(server: Callable[..., Server], tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    there = server(PLAIN, tls=(certificate, key))
    assert bodies(there, verify=certificate) == [b"hello"] * 3
    assert there.connections == 1
