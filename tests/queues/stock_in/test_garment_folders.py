"""The folder of stock files on bad days: what is refused is counted and then somebody's, and keeps nobody waiting."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

import asyncssh
import pytest

from adapters.acs.sandbox.sftp import Files
from adapters.errors import Unavailable
from fleet_tests.acs import Garments
from workers import recovery
from workers.spine.people import Person

ROWS = b"SKU,RFID,Location\r\nDRESS,%s,In warehouse - ready for customer\r\n"
ANNA = Person("Anna B")


def whole(number: int) -> bytes:
    """A file of one garment."""
    return ROWS % f"{number:024X}".encode()


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    place = build_acs()
    place.world.stock("DRESS", units=0)
    place.world.poll()
    return place


def good(acs: Garments) -> list[str]:
    return sorted(tag[-1] for tag, state in acs.states().items() if state == "sellable")


@pytest.mark.parametrize("error", [asyncssh.SFTPFailure("sharing violation"), asyncssh.SFTPConnectionLost("gone")])
def test_a_file_that_is_not_given_out_keeps_no_later_one_waiting_and_is_somebodys(
    acs: Garments, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    bad = acs.lay(whole(1), days=-2)
    acs.lay(whole(2), days=-1)
    plain = Files.open

    def opened(self: Any, path: bytes, pflags: int, attrs: Any) -> Any:
        if path.endswith(bad.encode()):
            raise error
        return plain(self, path, pflags, attrs)

    monkeypatch.setattr(Files, "open", opened)
    for _ in range(6):
        with contextlib.suppress(Unavailable):  # the first looks may be the connection's trouble
            acs.take()
    found = acs.world.exception("file_not_taken")
    assert (good(acs), acs.world.exceptions()) == (["2"], ["file_not_taken"])
    assert (found["flow"], found["owner"], bad in found["reason"]) == ("stock-in", "support", True)
    monkeypatch.undo()
    acs.take()
    assert (good(acs), acs.world.exceptions()) == (["2"], [])  # it is older than what counted


def test_an_archive_that_refuses_costs_no_count_and_is_one_exception(
    acs: Garments, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise asyncssh.SFTPPermissionDenied("no")

    monkeypatch.setattr(Files, "rename", refuse)
    acs.lay(whole(1), days=-2)
    acs.lay(whole(1) + ROWS.split(b"\r\n", 1)[1] % b"00000000000000000000000A", days=-1)
    acs.take(4)
    assert (good(acs), acs.world.exceptions()) == (["1", "A"], ["file_not_archived"])
    verdicts = acs.store.rows("select verdict from garment_file order by id")
    assert [row["verdict"] for row in verdicts] == ["take", "take"], "what lies there still is no news at every look"
    monkeypatch.undo()
    acs.take()
    assert acs.world.exceptions() == []


def test_a_name_that_is_no_stock_files_is_named_until_it_is_gone_and_not_again_once_it_was_dismissed(
    acs: Garments,
) -> None:
    root = acs.site.folders.root / "stock"
    (root / os.fsdecode(b"bestand_\xe9t\xe9.csv")).write_bytes(b"x")
    acs.lay(b"x", name="notes.csv")
    acs.lay(whole(3), days=-1)
    acs.take(2)
    assert (good(acs), acs.world.exceptions()) == (["3"], ["stock_file_refused", "stock_file_refused"])
    (first,) = acs.store.rows("select id from exception where subject like '%%notes.csv' and state = 'open'")
    recovery.dismiss(acs.store, first["id"], ANNA, "it is a colleague's note")
    (root / os.fsdecode(b"bestand_\xe9t\xe9.csv")).unlink()
    acs.take(2)
    assert acs.world.exceptions() == []


def test_a_name_in_another_encoding_that_is_asked_for_by_the_settings_is_copied(
    build_acs: Callable[..., Garments],
) -> None:
    acs = build_acs()
    path = acs.site.folders.root / "stock" / os.fsdecode(b"caf\xe9.csv")
    path.write_bytes(whole(4))
    (found,) = acs.runtime.warehouse("acs").garments.files.list_new()
    with open(os.devnull, "wb") as into:  # noqa: PTH123  a sink
        assert acs.runtime.warehouse("acs").garments.files.copy(found.path, into) == len(whole(4))
