"""When an upload is whole, when it had no effect, and from when on it may have had one."""

from __future__ import annotations

import contextlib

from paramiko import SFTPAttributes, SFTPClient

from adapters.errors import Garbled, Rejected, Unavailable
from adapters.sftp.line import Operation
from adapters.sftp.names import shown, wire


def upload(at: Operation, path: str, data: bytes) -> float | None:
    """Writes a file that is not there yet, checks that it is whole, and returns the server's time of it."""
    file = at.files.open(path, "wx")
    try:
        file.write(data)
        file.flush()
    except OSError as error:
        if at.answered(error):
            with contextlib.suppress(OSError):
                file.close()
            at.remove(path)
        raise
    # Some mailboxes take a file at its close, under whatever name: from here on nothing proves that they did not.
    at.doubtful = True
    file.close()
    attributes = stat_of(at.files, path)
    if attributes is None:
        raise taken(at, path)
    # Some servers give no size, or 0, for a file that is whole: then it is read back.
    arrived = attributes.st_size
    if arrived != len(data) and (arrived or content_of(at.files, wire(path), len(data) + 1) != data):
        take_back(at, path)
        raise Garbled(f"{path}: sent {len(data)} bytes and {arrived} arrived", maybe_done=False)
    return attributes.st_mtime


def take_back(at: Operation, path: str) -> None:
    """Removes an upload of ours, so that it has no effect. Raises Unavailable, perhaps done, where it is gone."""
    if stat_of(at.files, path) is None:
        raise taken(at, path)
    at.doubtful = False
    at.remove(path)


def taken(at: Operation, path: str) -> Unavailable:
    """The error of an upload that is gone, and may have its effect."""
    why = "was handed over whole, and was gone before it had its name: the partner's server may have taken it"
    return Unavailable(f"{at.session.account.host}: {path} {why}; ask them to leave names with .tmp", maybe_done=True)


def is_there(files: SFTPClient, path: str, data: bytes) -> bool:
    """Whether the bytes stand under the name. Raises Rejected (``name_taken``) where others do."""
    try:
        if content_of(files, wire(path), len(data) + 1) == data:
            return True
    except FileNotFoundError:
        return False
    if stat_of(files, path) is None:
        return False
    raise Rejected(
        f"{path} is there with other content: find out who put it there, and have it moved away", symbol="name_taken"
    )


def same(files: SFTPClient, path: str, data: bytes) -> bool:
    """Whether exactly these bytes can be read there; sizes that a server gives are not believed."""
    try:
        return content_of(files, wire(path), len(data) + 1) == data
    except FileNotFoundError:
        return False


def stat_of(files: SFTPClient, path: str) -> SFTPAttributes | None:
    """The server's attributes of a file; None where there is none."""
    try:
        return files.stat(request_path(path))
    except FileNotFoundError:
        return None


def content_of(files: SFTPClient, path: bytes, most: int) -> bytes:
    """The first ``most`` bytes of a file."""
    with files.open(path, "rb") as file:
        return file.read(most)


def request_path(path: str) -> bytes:
    """The path as bytes of a request. Raises Rejected (``bad_name``) for one that cannot stand in a request."""
    try:
        return wire(path)
    except UnicodeEncodeError:
        why = "has a slash in its name, so that nobody can ask for it; have the partner name it anew"
        raise Rejected(f"{shown(path)} {why}", symbol="bad_name") from None
