"""Options that say who acts, and the person of a command: the system's user, and apart from it the claimed name."""

from __future__ import annotations

import getpass
import os
import socket
from typing import Annotated

import typer

from workers.access.audit import Actor

As = Annotated[
    str, typer.Option("--as", metavar="NAME", help="Who acts, for the timeline. Default: your user name here.")
]
BySame = Annotated[
    str,
    typer.Option("--by", "--as", metavar="NAME", help="Who says so, for the timeline. Default: your user name here."),
]
_named: list[str] = []
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so; it is kept.")]


def acting(name: str) -> str:
    """The person who acts: the name that was given, else the operating system's user."""
    return name.strip() or os_user()


def actor(name: str = "") -> Actor:
    """The person of this command for the record of what people did; ``name`` is what ``--as`` says, if anything."""
    _named.append(name)
    user = os_user()
    before = os.environ.get("SUDO_USER", "")
    return Actor(
        subject=f"os:{before or user}",
        name=acting(name),
        claimed=name.strip(),
        os_user=f"{user}, by sudo of {before}" if before and before != user else user,
        host=socket.gethostname(),
    )


def is_named() -> bool:
    """Tell whether this command has named its person: then it records by itself what it did."""
    return bool(_named)


def os_user() -> str:
    """The operating system's user; its number where it has no name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
