"""What ``fleet check`` says of risks: what runs, and would be safer otherwise. Each line says what to do."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from workers import config

# The first release of each line without the holes that were mended by October 2025: CVE-2024-31449, -46981,
# CVE-2025-21605, -32023, -46817, -46818, -46819 and -49844 (memory of the server, of which some need no login).
MENDED = {
    "Redis": ((6, 2, 20), (7, 2, 11), (7, 4, 6), (8, 0, 4), (8, 2, 2)),
    "Valkey": ((7, 2, 11), (8, 0, 6), (8, 1, 4)),
}
SAFE_MODES = frozenset({"verify-full", "verify-ca"})


def of_redis(info: Mapping[str, Any]) -> Iterator[str]:
    """A risk where this release of Redis, as its ``INFO server`` names it, has known holes."""
    product = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get(f"{product.lower()}_version", ""))
    found = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    mended = next((one for one in MENDED[product] if one[:2] >= found[:2]), None)
    if mended is None or (found >= mended and found[:2] == mended[:2]):
        return
    wanted = ".".join(map(str, mended))
    yield (
        f"{product} {version} has known security holes (CVE-2025-49844 and others): bring it to {wanted} or newer;"
        " until then let only the fleet reach it, with a user of its own (docs/operations.md, Redis)"
    )


def of_servers(settings: config.Fleet) -> Iterator[str]:
    """Servers on other machines that are spoken to without TLS."""
    ledger = urlsplit(settings.database_url)
    mode = parse_qs(ledger.query).get("sslmode", [""])[0]
    if settings.database_url and not is_near(ledger.hostname) and mode not in SAFE_MODES:
        yield (
            "DATABASE_URL: Postgres is on another machine, and libpq falls back to clear text: add"
            " ?sslmode=verify-full&sslrootcert=FILE to it"
        )
    for name, url in (("BROKER_URL", settings.broker_url), ("REDIS_URL", settings.redis_url)):
        parts = urlsplit(url)
        if parts.scheme in {"redis", "amqp"} and not is_near(parts.hostname):
            yield (
                f"{name}: it is on another machine, and spoken to in clear text: write {parts.scheme}s:// and give it a"
                " certificate"
            )


def of_login(*, superuser: bool) -> Iterator[str]:
    """A login to the ledger that may do anything on its server."""
    if superuser:
        yield (
            "DATABASE_URL: its role is a superuser, who may also run programs on the server: give the processes the"
            " roles that `fleet roles` lays (docs/operations.md, Least privilege)"
        )


def of_file(path: Path) -> Iterator[str]:
    """Passwords that stand in the section [fleet] of fleet.toml itself, where whoever reads the file has them."""
    with path.open("rb") as file:
        fleet = tomllib.load(file).get("fleet", {})
    for name in ("database_url", "broker_url", "redis_url"):
        if isinstance(value := fleet.get(name), str) and urlsplit(value).password:
            yield f'fleet.{name}: a password stands in {path}: write "env:{name.upper()}" or "file:PATH" in its place'


def of_connections(settings: config.Configuration) -> Iterator[str]:
    """Partners to whom passwords and addresses go in clear text, or to whoever answers in their place."""
    for connection in settings.connections.values():
        for path, value in _values(connection.settings):
            parts, at = urlsplit(value), f"connections.{connection.name}.{path}"
            if parts.scheme == "http" and not is_near(parts.hostname):
                yield (
                    f"{at}: {parts.hostname} is spoken to in clear text, with our password and customers' addresses:"
                    " write https://"
                )
            if path.rpartition(".")[2] == "tls" and value == "insecure":
                yield (
                    f'{at} = "insecure": whoever stands between reads and changes all: give the server\'s certificate,'
                    " as ca_bundle or pinned"
                )


def is_near(host: str | None) -> bool:
    """Whether a host is this machine: loopback, or a socket's folder."""
    if not host or host == "localhost" or host.startswith(("/", "%2f", "%2F")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _values(settings: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a connection's settings, with its path."""
    for name in type(settings).model_fields:
        value, path = getattr(settings, name), f"{at}.{name}" if at else name
        if isinstance(value, str):
            yield path, value
        elif hasattr(type(value), "model_fields"):
            yield from _values(value, path)
