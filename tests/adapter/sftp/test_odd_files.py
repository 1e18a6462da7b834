"""Folders as they are found: odd names, links, sizes that are not told, and a file that is not given out."""

from __future__ import annotations

import os
from typing import Any

import asyncssh
import pytest

from adapters.errors import Rejected, Unavailable
from adapters.sftp.files import Dropped, Sftp
from fleet_tests.sftp_partner import Partner

IN, OUT, ARCHIVE = "/MODA/GBNH01/in", "/MODA/GBNH01/out", "/MODA/GBNH01/archive"


def lay(partner: Partner, name: bytes, data: bytes = b"x") -> None:
    with open(os.path.join(os.fsencode(partner.folder("out")), name), "wb") as file:  # noqa: PTH118, PTH123  bytes
        file.write(data)


@pytest.mark.parametrize(
    "name", [b"947_r\xe9sum\xe9.edi", b"\xff\xfe.edi", b"two\nlines.edi", b"tab\t.edi", "é✓.edi".encode()]
)
def test_a_name_of_any_bytes_is_listed_shown_fetched_and_archived(partner: Partner, sftp: Sftp, name: bytes) -> None:
    lay(partner, name, b"odd")
    partner.lay("945.edi", b"plain", age=9)
    plain, odd = sftp.listing(OUT)
    assert (plain.name, odd.size) == ("945.edi", 3)
    assert odd.name.isprintable()
    assert odd.name.encode().decode() == odd.name
    assert sftp.fetch(odd.path) == b"odd"
    assert sftp.archive(odd.path, ARCHIVE) is not None
    assert os.listdir(os.fsencode(partner.folder("archive"))) == [name]  # noqa: PTH208  names as bytes
    assert [one.name for one in sftp.listing(OUT)] == ["945.edi"]


def test_an_odd_name_that_is_not_given_out_is_refused_in_words_that_can_be_stored(partner: Partner, sftp: Sftp) -> None:
    lay(partner, b"947_r\xe9.edi")
    (odd,) = sftp.listing(OUT)
    partner.faults.denied = {"read"}
    with pytest.raises(Rejected, match=r"947_r\\xe9\.edi") as told:
        sftp.fetch(odd.path)
    told.value.what.encode()
    assert told.value.symbol == "permission"


def names_of(partner: Partner, monkeypatch: pytest.MonkeyPatch, *more: asyncssh.SFTPName) -> None:
    plain = asyncssh.SFTPServer.scandir

    async def scandir(self: Any, path: bytes) -> Any:
        async for one in plain(self, path):
            yield one
        for one in more:
            yield one

    monkeypatch.setattr(partner.files, "scandir", scandir)


def test_a_slash_in_a_name_and_what_is_not_told_of_a_file_spoil_no_neighbour(
    partner: Partner, sftp: Sftp, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner.lay("945.edi", b"plain")
    nothing = asyncssh.SFTPAttrs()
    names_of(
        partner,
        monkeypatch,
        asyncssh.SFTPName(b"../../in/940.edi", attrs=nothing),
        asyncssh.SFTPName(b"bare.edi", attrs=nothing),
    )
    found = {one.name: one for one in sftp.listing(OUT)}
    assert sorted(found) == ["..\\x2f..\\x2fin\\x2f940.edi", "945.edi", "bare.edi"]
    assert (found["bare.edi"].size, found["bare.edi"].changed) == (None, None)
    with pytest.raises(Rejected) as told:
        sftp.fetch(found["..\\x2f..\\x2fin\\x2f940.edi"].path)
    assert told.value.symbol == "bad_name"
    with pytest.raises(Rejected) as gone:
        sftp.fetch(found["bare.edi"].path)
    assert gone.value.symbol == "missing"
    assert sftp.fetch(found["945.edi"].path) == b"plain"
    assert partner.calls["connections"] == 1


def test_folders_are_left_out_and_links_are_looked_at_when_they_are_fetched(partner: Partner, sftp: Sftp) -> None:
    (partner.folder("out") / "sub").mkdir()
    (partner.folder("out") / "nowhere.edi").symlink_to("gone.edi")
    (partner.folder("out") / "folder.edi").symlink_to("sub")
    partner.lay("945.edi", b"plain")
    found = {one.name: one for one in sftp.listing(OUT)}
    assert set(found) >= {"945.edi"}
    assert "sub" not in found
    for name in set(found) - {"945.edi"}:
        with pytest.raises(Rejected):
            sftp.fetch(found[name].path)
    assert sftp.fetch(found["945.edi"].path) == b"plain"


def sizes(partner: Partner, monkeypatch: pytest.MonkeyPatch, told: int | None) -> None:
    plain = asyncssh.SFTPServer.stat

    def stat(self: Any, path: bytes) -> Any:
        said = plain(self, path)
        shown: Any = asyncssh.SFTPAttrs.from_local(said) if isinstance(said, os.stat_result) else said
        if path.endswith((b".edi", b".tmp")):
            shown.size = told
        return shown

    monkeypatch.setattr(partner.files, "stat", stat, raising=False)


@pytest.mark.parametrize("told", [0, None])
def test_a_server_that_tells_no_size_gives_and_takes_whole_files(
    partner: Partner, sftp: Sftp, monkeypatch: pytest.MonkeyPatch, told: int | None
) -> None:
    sizes(partner, monkeypatch, told)
    partner.lay("945.edi", b"plain")
    assert sftp.fetch(f"{OUT}/945.edi") == b"plain"
    assert sftp.drop(IN, "940_1.edi", b"one") is Dropped.WRITTEN
    assert sftp.drop(IN, "940_1.edi", b"one") is Dropped.ALREADY_THERE
    with pytest.raises(Rejected) as large:
        sftp.fetch(f"{OUT}/945.edi", limit=3)
    assert large.value.symbol == "too_large"


def test_a_file_of_another_size_than_is_told_is_refused_alone(
    partner: Partner, sftp: Sftp, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes(partner, monkeypatch, 77)
    partner.lay("945.edi", b"plain")
    with pytest.raises(Rejected, match="should have 77 bytes and has 5") as told:
        sftp.fetch(f"{OUT}/945.edi")
    assert told.value.symbol == "size_differs"
    sftp.listing(OUT)
    assert partner.calls["connections"] == 1


@pytest.mark.parametrize("what", ["open", "rename"])
def test_a_bare_failure_on_one_file_is_its_own_and_the_connection_is_kept(
    partner: Partner, sftp: Sftp, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def fails(*_: Any) -> Any:
        raise asyncssh.SFTPFailure("sharing violation")

    partner.lay("945.edi")
    monkeypatch.setattr(partner.files, what, fails)
    with pytest.raises(Rejected) as told:
        sftp.fetch(f"{OUT}/945.edi") if what == "open" else sftp.archive(f"{OUT}/945.edi", ARCHIVE)
    assert (told.value.symbol, told.value.maybe_done) == ("failure", False)
    assert ("sharing violation" in told.value.theirs, "sharing" in str(told.value)) == (True, False)
    sftp.listing(OUT)
    assert partner.calls["connections"] == 1


def taken_at_close(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    taken: list[bytes] = []
    plain = asyncssh.SFTPServer.close

    def close(self: Any, opened: Any) -> Any:
        done = plain(self, opened)
        for path in partner.folder("in").glob("*.tmp"):
            taken.append(path.read_bytes())
            path.unlink()
        return done

    monkeypatch.setattr(partner.files, "close", close, raising=False)
    return taken


def test_an_upload_that_is_taken_at_its_close_is_perhaps_done_and_never_refused(
    partner: Partner, sftp: Sftp, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = taken_at_close(partner, monkeypatch)
    with pytest.raises(Unavailable, match="may have taken it") as told:
        sftp.drop(IN, "940_1.edi", b"one")
    assert told.value.maybe_done
    assert taken == [b"one"]


def test_a_connection_that_breaks_behind_the_last_byte_is_perhaps_done(
    partner: Partner, sftp: Sftp, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = asyncssh.SFTPServer.stat

    def stat(self: Any, path: bytes) -> Any:
        if path.endswith(b".tmp"):
            self._break()
        return plain(self, path)

    monkeypatch.setattr(partner.files, "stat", stat, raising=False)
    with pytest.raises(Unavailable) as told:
        sftp.drop(IN, "940_1.edi", b"one")
    assert told.value.maybe_done
