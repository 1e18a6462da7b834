"""The form of a Procfile: one process to a line, ``name: command``.

The form is Heroku's ("The Procfile", devcenter.heroku.com), with names as foreman takes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"(?P<name>[A-Za-z0-9_-]+)\s*:\s*(?P<command>\S.*)")


class BadProcfile(Exception):
    """A Procfile that cannot be read. The message says which line, and how to write it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One process: its name and its command, which the shell expands (``$PORT``) and then becomes."""

    name: str
    command: str


def read_procfile(path: Path) -> tuple[Line, ...]:
    """The lines of ``path`` in their order, without blank ones and comments. Raises ``BadProcfile``."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadProcfile(f"{path} cannot be read ({error.strerror}): name the project's Procfile") from error
    lines: dict[str, Line] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        written = raw.strip()
        if not written or written.startswith("#"):
            continue
        match = _LINE.fullmatch(written)
        if match is None:
            raise BadProcfile(f"{path}, line {number}: write `name: command`; a name has letters, digits, - and _")
        line = Line(**match.groupdict())
        if line.name in lines:
            raise BadProcfile(f"{path}, line {number}: {line.name!r} stands there twice; rename one of them")
        lines[line.name] = line
    if not lines:
        raise BadProcfile(f"{path} names no process: write at least one `name: command`")
    return tuple(lines.values())
