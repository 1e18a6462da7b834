"""The warehouse that both sides of the bench post to: a static answer, a count by reference, and no work of its own.

It speaks enough of Clarus (a token, ``POST /api/goods_outs``, and the look-up of the newest orders by reference).
Paths that begin with ``/slow`` are answered ``--delay`` seconds later: a warehouse that takes its time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

DELAY = 0.2  # seconds
SHOWN = 60_000  # newest orders that can be looked up: more than any run has after a process of it was killed
MARK = b'"reference":"'
TOKEN = b'{"access_token":"bench","token_type":"Bearer","expires_in":86400}'


class Book:
    """What was posted: how often each reference came."""

    def __init__(self) -> None:
        self.seen: Counter[bytes] = Counter()
        self._newest: dict[bytes, tuple[int, bytes]] = {}  # id and body, the oldest first

    def post(self, body: bytes) -> bytes:
        """Note an order and make up its id."""
        at = body.find(MARK)
        begin = at + len(MARK)
        reference = body[begin : body.find(b'"', begin)] if at >= 0 else b""
        self.seen[reference] += 1
        number = len(self.seen)
        self._newest[reference] = number, body
        if len(self._newest) > SHOWN:
            del self._newest[next(iter(self._newest))]
        return b'{"data":{"id":%d}}' % number

    def look_up(self, body: bytes) -> bytes:
        """Answer a GraphQL read: orders by reference, the lines of an order, and no shipments."""
        asked = json.loads(body)["variables"]
        lists = {alias: self._nodes(alias, told) for alias, told in asked.items() if not alias.endswith("_after")}
        end = {"hasNextPage": False, "endCursor": None}
        return json.dumps(
            {
                "data": {
                    a: {"all": {"pageInfo": end, "edges": [{"node": n} for n in found]}} for a, found in lists.items()
                }
            }
        ).encode()

    def _nodes(self, alias: str, conditions: dict[str, Any]) -> list[dict[str, Any]]:
        if "reference" in conditions:
            return [
                {"id": self._newest[one][0], "reference": one.decode(), "goods_out_status": {"code": "PENDING"}}
                for one in (reference.encode() for reference in conditions["reference"]["in"])
                if one in self._newest
            ]
        if not alias.startswith("goods_out_lines"):
            return []
        wanted = int(conditions["goods_out_id"]["eq"])
        body = next((body for number, body in self._newest.values() if number == wanted), b"")
        changes = json.loads(body)["data"]["attributes"]["lines_changes"] if body else []
        return [
            {
                "id": number,
                "order_quantity": change["attributes"]["order_quantity"],
                "product": {"id": change["attributes"]["product_id"], "code": ""},
            }
            for number, change in enumerate(changes, 1)
        ]

    def told(self, prefix: bytes) -> bytes:
        """Counts of the references that begin with ``prefix``, as JSON."""
        chosen = [times for reference, times in self.seen.items() if reference.startswith(prefix)]
        return json.dumps(
            {"orders": len(chosen), "posts": sum(chosen), "doubled": sum(times > 1 for times in chosen)}
        ).encode()


class Answering(asyncio.Protocol):
    """One connection, requests one after another or pipelined."""

    def __init__(self, book: Book, delay: float) -> None:
        self._book, self._delay = book, delay
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._buffer = self._buffer + data if self._buffer else data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end]
            whole = end + 4 + _length(head)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._answer(head.split(b" ", 2)[1], body)

    def _answer(self, path: bytes, body: bytes) -> None:
        if path.endswith(b"/goods_outs"):
            said = self._book.post(body)
        elif path.endswith(b"/graphql"):
            said = self._book.look_up(body)
        elif path.startswith(b"/count/"):
            said = self._book.told(path[7:])
        else:
            said = TOKEN
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
            len(said),
            said,
        )
        if path.startswith(b"/slow") and not path.endswith(b"/token"):
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def serve(port: int, ready: Callable[[], None] = lambda: None, delay: float = DELAY) -> None:
    """Answer on loopback until cancelled."""
    book = Book()
    server = await asyncio.get_running_loop().create_server(
        lambda: Answering(book, delay), "127.0.0.1", port, backlog=512
    )
    ready()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay", type=float, default=DELAY, help="seconds until a path of /slow is answered")
    given = parser.parse_args()
    asyncio.run(serve(given.port, delay=given.delay))
