"""Whose settings the ledger has: a process with an older ``fleet.toml`` is refused before it undoes newer ones.

Connections, call slots, schedules, sites and buffers are rows of the ledger, made what the file says by each process
that starts. No clock and no date of a file says which of two is newer: a file is older when its settings stood in the
ledger and others have followed them.
"""

from __future__ import annotations

import hashlib
import json
import socket
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from importlib.resources import files

from workers.config import Configuration
from workers.ledger.store import Connection

STANDING = "select digest, release, host, laid_at from laid_settings order by number desc limit 1"


class Outdated(Exception):
    """This machine's ``fleet.toml`` is older than the one that stands in the ledger. The message says what to do."""


class Taken(Enum):
    """What becomes of a file's settings."""

    LAY = "lay"  # they stand, or shall: the rows are made what they say
    KEEP = "keep"  # they stand, and a newer release has made the rows of them: those stay


@dataclass(frozen=True, slots=True)
class Standing:
    """The settings that stand: since when, by which machine, and whether they are those that were asked for."""

    since: datetime
    host: str
    ours: bool


def digest_of(configuration: Configuration) -> str:
    """Digest what a file lays in the ledger. Addresses and secrets are not in it."""
    fleet = configuration.fleet
    laid = {
        "connections": {
            name: [one.system, one.concurrency, dict(one.shares), str(one.rate)]
            for name, one in configuration.connections.items()
        },
        "homes": {site: list(at) for site, at in configuration.homes.items()},
        # what is left at its default is no setting of the file: another release may know more of them
        "stock": configuration.stock.model_dump(mode="json", exclude_defaults=True),
        "intervals": fleet.intervals.model_dump(mode="json", exclude_defaults=True),
        "limits": fleet.limits.model_dump(mode="json", exclude_defaults=True),
        "time_zone": fleet.time_zone,
    }
    return hashlib.sha256(json.dumps(laid, sort_keys=True, default=str).encode()).hexdigest()[:32]


def take(db: Connection, digest: str, *, again: bool = False) -> Taken:
    """Take settings for those that stand, if they are new, and say what to do with their rows.

    The caller holds ``locks.SETTINGS``. ``again``: take them though others have followed them. Raises Outdated.
    """
    row = db.execute(STANDING).fetchone()
    if row is not None and row["digest"] == digest:
        if row["release"] > release() and not again:
            return Taken.KEEP
        db.execute("update laid_settings set release = %s where digest = %s", (release(), digest))
        return Taken.LAY
    stood = db.execute("select 1 from laid_settings where digest = %s", (digest,)).fetchone()
    if row is not None and stood is not None and not again:
        raise Outdated(
            f"the settings of this machine's fleet.toml were followed by those of {row['host']} at"
            f" {row['laid_at']:%Y-%m-%d %H:%M} UTC, and starting would undo them: copy the newer fleet.toml here and"
            " start again; to go back to this one on purpose, run `fleet settings take` here first"
        )
    db.execute("delete from laid_settings where digest = %s", (digest,))
    db.execute(
        "insert into laid_settings (digest, release, host) values (%s, %s, %s)",
        (digest, release(), socket.gethostname()),
    )
    return Taken.LAY


def standing(db: Connection, digest: str) -> Standing | None:
    """Return whose settings stand; None before any were laid."""
    row = db.execute(STANDING).fetchone()
    return Standing(row["laid_at"], row["host"], row["digest"] == digest) if row else None


@cache
def release() -> str:
    """Return what tells this release from an older one: its newest migration."""
    versions = files("workers.ledger").joinpath("migrations", "versions")
    return max(one.name[:4] for one in versions.iterdir() if one.name[:4].isdigit())
