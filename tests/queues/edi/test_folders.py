"""Folders on bad days: what is refused is counted and then somebody's, and keeps nobody else waiting."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import asyncssh
import pytest

from adapters.gxo.sandbox.sftp import Files
from adapters.x12 import write_interchange
from fleet_tests.gxo import ByFile
from workers.spine import scheduler
from workers.wiring import schedules

Build = Callable[..., ByFile]
BOTH = ["files Main Site", "files Annex"]


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    opened = build_gxo()
    opened.stock(MUG=20, BOWL=10)
    opened.switch(floor=False)
    return opened


def adjusted(gxo: ByFile, number: int, facility: str = "GBNH01") -> bytes:
    """One MUG less, under a control number."""
    told: list[tuple[str, ...]] = [
        ("W15", gxo.site.today("GBNH01"), f"ADJ{number}"),
        ("N1", "WH", "GXO", "ZZ", facility),
        ("W19", "AA", "-1", "EA", "", "SK", "MUG"),
        ("N9", "ZZ", "INVTYPE", "N"),
    ]
    return write_interchange(
        [("947", told)], sender="GXOUK", receiver="MODA", usage="T", group_id="AW", control_number=number,
        at=gxo.site.clock.now(),
    )  # fmt: skip


def following(gxo: ByFile) -> int:
    return int(gxo.store.row("select max(number) + 1 as n from partner_file where facility = 'GBNH01'")["n"])


def put(gxo: ByFile, name: bytes, data: bytes, when: int, facility: str = "GBNH01") -> None:
    """A file lies there, and nobody looks yet."""
    path = gxo.folder("out", facility) / os.fsdecode(name)
    path.write_bytes(data)
    os.utime(path, (when, when))


def look(gxo: ByFile, times: int = 1, names: list[str] = BOTH) -> None:
    """The schedules look into the folders, as the control worker has them do."""
    listed = schedules.schedules(gxo.runtime, lambda _bell: None)
    for _ in range(times):
        for name in names:
            gxo.store.run("update schedule set due_at = now() where name = %s", name)
            scheduler.run_due(gxo.runtime, listed, name)
        gxo.world.go()


def shut(gxo: ByFile) -> Any:
    return gxo.store.row("select shut_kind from connection where name = 'gxo'")["shut_kind"]


def refuse(monkeypatch: pytest.MonkeyPatch, name: bytes, error: Exception) -> None:
    """GXO's server refuses to open one file."""
    plain = Files.open

    async def opened(self: Any, path: bytes, pflags: int, attrs: Any) -> Any:
        if path.endswith(name):
            raise error
        return await plain(self, path, pflags, attrs)

    monkeypatch.setattr(Files, "open", opened)


@pytest.mark.parametrize("error", [asyncssh.SFTPFailure("sharing violation"), asyncssh.SFTPNoSuchFile("dangling")])
def test_a_file_that_is_not_given_out_is_somebodys_at_the_third_look_and_closed_when_it_is_taken(
    gxo: ByFile, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    n = following(gxo)
    put(gxo, b"947_a.edi", adjusted(gxo, n), 1000)
    put(gxo, b"947_b.edi", adjusted(gxo, n + 1), 2000)
    refuse(monkeypatch, b"947_a.edi", error)
    look(gxo, 2)
    assert (gxo.position("MUG")[0], gxo.world.exceptions()) == (19, [])
    look(gxo, 4)
    found = gxo.world.exception("file_not_taken")
    assert (found["owner"], "947_a.edi" in found["reason"], shut(gxo)) == ("support", True, None)
    monkeypatch.undo()
    look(gxo)
    assert (gxo.position("MUG")[0], gxo.world.exceptions()) == (18, [])


def test_a_file_that_is_moved_away_by_hand_is_nobodys_any_more(gxo: ByFile, monkeypatch: pytest.MonkeyPatch) -> None:
    put(gxo, b"947_a.edi", b"x", 1000)
    refuse(monkeypatch, b"947_a.edi", asyncssh.SFTPFailure("sharing violation"))
    look(gxo, 3)
    assert gxo.world.exceptions() == ["file_not_taken"]
    (gxo.folder("out") / "947_a.edi").unlink()
    look(gxo)
    assert (gxo.world.exceptions(), gxo.store.rows("select * from file_trouble")) == ([], [])


def test_a_file_at_which_the_server_hangs_up_again_and_again_shuts_no_connection(
    gxo: ByFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = following(gxo)
    put(gxo, b"947_a.edi", adjusted(gxo, n), 1000)
    put(gxo, b"947_b.edi", adjusted(gxo, n + 1), 2000)
    refuse(monkeypatch, b"947_a.edi", asyncssh.SFTPConnectionLost("gone"))
    look(gxo, 8)
    assert (gxo.position("MUG")[0], shut(gxo)) == (19, None)
    assert gxo.world.exceptions() == ["file_not_taken"]


def test_a_name_that_its_own_server_cannot_open_is_named_and_spoils_no_neighbour(gxo: ByFile) -> None:
    put(gxo, b"947_r\xe9sum\xe9.edi", b"x", 1000)
    put(gxo, b"947_a.edi", adjusted(gxo, following(gxo)), 2000)
    look(gxo, 4)
    assert (gxo.position("MUG")[0], gxo.world.exceptions(), shut(gxo)) == (19, ["file_not_taken"], None)
    assert "947_r\\xe9sum\\xe9.edi" in gxo.world.exception("file_not_taken")["reason"]


def no_archive(gxo: ByFile) -> Callable[[], None]:
    """The archive of GBNH01 is no folder; gives what mends it."""
    archive = gxo.folder("archive")
    aside = archive.rename(f"{archive}_aside")
    archive.write_bytes(b"no folder")

    def mend() -> None:
        archive.unlink()
        aside.rename(archive)

    return mend


def test_an_archive_that_refuses_everything_costs_no_effect_and_is_one_exception(gxo: ByFile) -> None:
    n = following(gxo)
    mend = no_archive(gxo)
    for place in range(3):
        put(gxo, b"947_%d.edi" % place, adjusted(gxo, n + place), 1000 + place)
    look(gxo, 6)
    found = gxo.world.exception("file_not_archived")
    assert (gxo.position("MUG")[0], gxo.world.exceptions(), shut(gxo)) == (17, ["file_not_archived"], None)
    assert all(word in found["reason"] for word in ("947_0.edi", "947_2.edi", "GBNH01", "archive"))
    rows = gxo.store.rows("select name from partner_file where name like '947\\_%%.edi'")
    assert len(rows) == 3, "what lies there still is no news at every look"
    mend()
    look(gxo)
    assert (gxo.position("MUG")[0], gxo.world.exceptions()) == (17, [])
    assert list(gxo.folder("out").glob("*.edi")) == []


def test_a_name_that_the_archive_is_full_of_keeps_no_later_file_waiting(gxo: ByFile) -> None:
    put(gxo, b"846_9.edi", b"ISA this is none", 1)
    for number in ["", *(f".{n}" for n in range(2, 101))]:
        (gxo.folder("archive") / f"846_9.edi{number}").write_bytes(b"x")
    put(gxo, b"947_a.edi", adjusted(gxo, following(gxo)), 2000)
    look(gxo, 4)
    assert (gxo.position("MUG")[0], shut(gxo)) == (19, None)
    assert sorted(gxo.world.exceptions()) == ["file_not_archived", "unreadable"]


def test_a_folder_that_is_gone_is_somebodys_and_stops_no_other_facility(gxo: ByFile) -> None:
    out = gxo.folder("out")
    aside = out.rename(f"{out}_aside")
    put(gxo, b"947_annex.edi", adjusted(gxo, 1, "GBNH02"), 1000, "GBNH02")
    look(gxo, 2)
    assert gxo.world.exceptions() == []
    look(gxo, 2)
    found = gxo.world.exception("folder_refused")
    assert (gxo.world.exceptions(), "GBNH01" in found["reason"], shut(gxo)) == (["folder_refused"], True, None)
    assert gxo.store.row("select 1 as one from partner_file where name = '947_annex.edi'")
    aside.rename(out)
    look(gxo)
    assert gxo.world.exceptions() == []
