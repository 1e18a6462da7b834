"""How a file's name crosses the line whatever its bytes are, and how it is shown to people.

SFTP version 3 says nothing of a name's encoding, and paramiko takes UTF-8 for granted: one name in Latin-1 made the
whole listing fail. Inside, a name is text in which a byte that is no UTF-8 is half a surrogate pair (PEP 383).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from paramiko import SFTPAttributes, SFTPClient, SFTPError
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

SLASH = "\udc2f"  # in place of a slash inside of a name, which no path can say: such a file cannot be asked for


def wire(path: str) -> bytes:
    """A path as the server knows it. Raises UnicodeEncodeError for one that holds SLASH."""
    return path.encode("utf-8", "surrogateescape")


def shown(path: str) -> str:
    """A path or a name for people, logs and the ledger: bytes that are no UTF-8 and control characters are spelled."""
    spelled = path.replace(SLASH, "\\x2f").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in spelled)


def entries(files: SFTPClient, folder: str) -> list[SFTPAttributes]:
    """What stands in a folder, in the server's order, whatever the names are."""
    request: Callable[..., tuple[int, Any]] = cast("Any", files)._request  # noqa: SLF001  listdir_attr decodes strictly
    kind, answer = request(CMD_OPENDIR, wire(folder))
    if kind != CMD_HANDLE:
        raise SFTPError("no handle of a folder")
    handle = answer.get_binary()
    found: list[SFTPAttributes] = []
    try:
        while True:
            kind, answer = request(CMD_READDIR, handle)
            if kind != CMD_NAME:
                raise SFTPError("no names of a folder")
            for _ in range(answer.get_int()):
                name = answer.get_string()
                answer.get_string()  # the long name: what ls would print
                attributes = cast("Any", SFTPAttributes)._from_msg(answer)  # noqa: SLF001
                attributes.filename = name.decode("utf-8", "surrogateescape").replace("/", SLASH)
                if name not in (b".", b"..", b""):
                    found.append(attributes)
    except EOFError:
        pass  # the end of the folder; that of the connection shows itself at once
    request(CMD_CLOSE, handle)
    return found
