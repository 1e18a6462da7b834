"""Options that say who acts."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

As = Annotated[
    str, typer.Option("--as", metavar="NAME", help="Who acts, for the timeline. Default: your user name here.")
]
BySame = Annotated[
    str,
    typer.Option("--by", "--as", metavar="NAME", help="Who says so, for the timeline. Default: your user name here."),
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so; it is kept.")]


def acting(name: str) -> str:
    """The person who acts: the name that was given, else the operating system's user."""
    return name.strip() or getpass.getuser()
