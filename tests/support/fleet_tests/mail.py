"""A small SMTP server that keeps what it takes, and refuses when it is told to."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What came, in order. ``answer`` is what the server says to a whole message, ``unknown`` whom it does not know."""

    port: int = 0
    answer: str = "250 taken"
    unknown: str = ""
    tls: ssl.SSLContext | None = None
    taken: list[EmailMessage] = field(default_factory=list)

    @property
    def subjects(self) -> list[str]:
        return [str(one["Subject"]) for one in self.taken]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                if self.answer.startswith("2"):
                    found = message_from_bytes(body[:-5].replace(b"\r\n..", b"\r\n."), policy=policy.default)
                    assert isinstance(found, EmailMessage)
                    self.taken.append(found)
                writer.write(self.answer.encode() + b"\r\n")
            elif word == b"RCPT" and self.unknown and self.unknown.encode() in line:
                writer.write(b"550 no such user\r\n")
            elif word == b"STARTTLS" and self.tls is not None:
                writer.write(b"220 go on\r\n")
                await writer.start_tls(self.tls)
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            elif word == b"EHLO" and self.tls is not None:
                writer.write(b"250-mail.example.com\r\n250 STARTTLS\r\n")
            else:
                writer.write(b"250 mail.example.com\r\n")
            await writer.drain()
        writer.close()


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A server on a free port of this machine, until the block ends; with ``tls`` it offers STARTTLS."""
    box, loop, ready = Mailbox(tls=tls), asyncio.new_event_loop(), threading.Event()

    async def begin() -> asyncio.Server:
        server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
        box.port = server.sockets[0].getsockname()[1]
        ready.set()
        return server

    def run() -> None:
        server = loop.run_until_complete(begin())
        loop.run_forever()
        server.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
