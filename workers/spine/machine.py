"""Which machine this is: what a pid means, and where it means it."""

from __future__ import annotations

import socket
import uuid
from functools import cache
from pathlib import Path


@cache
def machine() -> str:
    """Return a name of this machine and its boot that no other of the same host name has."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # no Linux
        return f"{socket.gethostname()} {uuid.getnode()}"
