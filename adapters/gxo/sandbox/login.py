"""The SFTP door: who may log in, and by which key the server is known."""

from __future__ import annotations

import time
from dataclasses import dataclass

import asyncssh

from adapters.gxo.sandbox.sftp import Files
from adapters.gxo.sandbox.site import Site


@dataclass(frozen=True)
class Login:
    """Who is let in with which keys, and the key by which the server is known."""

    user: str
    keys: list[asyncssh.SSHKey]
    host_key: asyncssh.SSHKey


class Guard(asyncssh.SSHServer):
    """Lets the client in with its key alone."""

    def __init__(self, site: Site, login: Login) -> None:
        self._site = site
        self._login = login

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """While the site is away nobody answers."""
        self._site.connections["opened"] += 1
        if time.time() < self._site.switches.away_until:
            conn.abort()

    def begin_auth(self, username: str) -> bool:
        """Everybody must log in."""
        return True

    def public_key_auth_supported(self) -> bool:
        """The only way in."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """The right user with one of the keys that were given."""
        good = username == self._login.user and key in self._login.keys and not self._site.switches.refuse_key
        self._site.connections["logins" if good else "refused"] += 1
        return good


async def listen(site: Site, host: str, port: int, login: Login) -> asyncssh.SSHAcceptor:
    """Opens the door."""
    return await asyncssh.create_server(
        lambda: Guard(site, login),
        host,
        port,
        server_host_keys=[login.host_key],
        sftp_factory=lambda chan: Files(site, chan),
        allow_scp=False,
        reuse_address=True,
    )
