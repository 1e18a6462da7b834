"""One SSH connection with its SFTP channel: opened against the pinned host key, cut off from outside when late."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import weakref

from paramiko import PKey, SFTPClient, Transport
from paramiko.message import Message
from paramiko.packet import Packetizer

from adapters.errors import Unauthorised
from adapters.sftp.account import Account, pin_of
from adapters.sftp.keys import private_key_of

KEEPALIVE = 30.0  # seconds: what lies between must not forget a quiet connection
DISCONNECT, TOO_MANY_CONNECTIONS, NO_MORE_AUTH_METHODS = 1, 12, 14  # RFC 4253 sections 12 and 11.1
FULL = re.compile(
    r"maxstartups|too many (?:connections|sessions|users)|maximum number of|not allowed at this time", re.IGNORECASE
)


class Listening(Packetizer):
    """Keeps what a server says instead of serving: lines in place of its greeting, and why it hangs up."""

    def __init__(self, wire: socket.socket) -> None:
        super().__init__(wire)
        self.words: list[str] = []
        self.code = 0

    def readline(self, timeout: float) -> str:
        """A line of the greeting."""
        line = super().readline(timeout)
        self.words.append(line[:200])
        return line

    def read_message(self) -> tuple[int, Message]:
        """A packet; of a disconnect the reason is kept."""
        kind, message = super().read_message()
        if kind == DISCONNECT:
            self.code = message.get_int()
            self.words.append(message.get_binary().decode("utf-8", "replace")[:200])
            message.rewind()
        return kind, message

    @property
    def full(self) -> bool:
        """Whether the server has too many connections, ours or others'."""
        return self.code == TOO_MANY_CONNECTIONS or any(FULL.search(line) for line in self.words)


class Session:
    """A connection of one thread of one process. Of another thread only ``cut`` may be called."""

    def __init__(self, account: Account) -> None:
        """Connects to nothing yet."""
        self.account = account
        self.late = False
        self._process = os.getpid()
        self._wire: socket.socket | None = None
        self._transport: Transport | None = None
        self._files: SFTPClient | None = None

    def open(self) -> SFTPClient:
        """The open channel, opened on the first call.

        Raises Unauthorised for a host key that is not the pinned one, before anything of ours is shown; else
        what paramiko raises.
        """
        if self._files is not None:
            return self._files
        account = self.account
        try:
            pin, key = pin_of(account.host_key), private_key_of(account.private_key)
        except ValueError as error:
            raise Unauthorised(f"{account.host}: host_key or private_key {error}") from None
        self._wire = socket.create_connection((account.host, account.port), timeout=account.connect_timeout)
        if self.late:
            self.cut()
        transport = self._transport = Transport(self._wire, packetizer_class=Listening)
        weakref.finalize(self, transport.close)
        transport.banner_timeout = transport.handshake_timeout = account.connect_timeout
        transport.auth_timeout = transport.channel_timeout = account.connect_timeout
        offered = transport.get_security_options()
        offered.ciphers = [one for one in offered.ciphers if not one.endswith("-cbc")]
        offered.digests = [one for one in offered.digests if "sha2" in one]
        if pin.algorithms:
            offered.key_types = pin.algorithms
        transport.start_client(timeout=account.connect_timeout)
        shown = transport.get_remote_server_key()
        if not pin.fits(shown):
            raise Unauthorised(_other_key(account, shown))
        if transport.auth_publickey(account.user, key):
            raise Unauthorised(
                f"{account.host} asks for more than the key of {account.user}: have it accept the key alone"
            )
        files = SFTPClient.from_transport(transport)
        channel = files and files.get_channel()
        if not files or not channel:
            raise EOFError("no SFTP channel")
        channel.settimeout(account.deadline)
        transport.set_keepalive(KEEPALIVE)
        self._files = files
        return files

    @property
    def alive(self) -> bool:
        """Whether the connection still stands, as far as can be known without asking."""
        channel = self._files and self._files.get_channel()
        return bool(
            channel
            and not channel.closed
            and not self.late
            and self._transport
            and self._transport.is_active()
            and self._process == os.getpid()
        )

    @property
    def heard(self) -> Listening | None:
        """The server's own message besides serving."""
        packets = self._transport and self._transport.packetizer
        return packets if isinstance(packets, Listening) else None

    def cut(self) -> None:
        """Ends it at once, whatever it waits for: the one thing that stops a server that drips."""
        self.late = True
        if self._wire is not None:
            with contextlib.suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hangs up; in a forked process without a word, for the parent goes on using the connection."""
        if self._transport is not None and self._process != os.getpid():
            self._transport.atfork()
        elif self._transport is not None:
            self._transport.close()
        elif self._wire is not None:
            self._wire.close()
        self._files = None


def _other_key(account: Account, shown: PKey) -> str:
    return (
        f"{account.host}:{account.port} shows the host key {shown.get_name()} {shown.fingerprint}, which is not the"
        " pinned one: ask the partner whether they changed it; only then set host_key to the new one and restart"
    )
