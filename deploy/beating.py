# ruff: noqa: INP001  run by path in a container: deploy/ is no package
"""Is the worker in this container beating? Exit status 0 if it is; 1, and why, if not.

A worker may answer Celery's ping and yet be deaf to its queue, so its heartbeat row in the ledger is
asked. Reads ``DATABASE_URL``; the host's name tells this container's row from the others'.
"""

from __future__ import annotations

import os
import socket
import sys

import psycopg

SILENT = 20  # seconds; an idle worker beats every eight seconds
LATEST = "select extract(epoch from now() - max(beat_at)) from process where host = %s and beat_at > '-infinity'"


def main() -> str | None:
    """Return None when it beats, else what to say."""
    host = socket.gethostname()
    dsn = os.environ["DATABASE_URL"].replace("postgresql+psycopg:", "postgresql:", 1)
    try:
        with psycopg.connect(dsn, connect_timeout=5) as connection:
            row = connection.execute(LATEST, [host]).fetchone()
    except psycopg.OperationalError as error:
        return f"the ledger cannot be asked ({type(error).__name__}): look at the database first"
    silent = row[0] if row else None
    if silent is None:
        return f"no worker on {host} has told the ledger of itself: read this container's log"
    return None if silent < SILENT else f"the worker on {host} has been silent for {silent:.0f} s: restart it"


if __name__ == "__main__":
    sys.exit(main())
