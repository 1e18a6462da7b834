from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.errors import Rejected, Unauthorised
from adapters.gxo.client import Gxo
from adapters.gxo.settings import Settings
from adapters.sftp.files import Dropped
from adapters.x12 import read_interchange, write_interchange
from fleet_tests.sftp_partner import Partner


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gxo(settings: Settings, clock: Clock) -> Iterator[Gxo]:
    client = Gxo(settings, clock)
    yield client
    client.close()


def names(gxo: Gxo, facility: str = "GBNH01") -> list[str]:
    return [one.name for one in gxo.list_new(facility)]


def test_what_goes_out_lies_whole_in_the_facilitys_own_folder(partner: Partner, gxo: Gxo, settings: Settings) -> None:
    data = write_interchange(
        [("940", [("W05", "N", "SO1")])],
        sender=settings.sender,
        receiver=settings.receiver,
        control_number=101,
        at=datetime(2026, 11, 20, tzinfo=UTC),
        group_id="OW",
    )
    assert gxo.drop_order("GBNH02", settings.name_of("940", 101), data) is Dropped.WRITTEN
    assert gxo.drop_order("GBNH02", settings.name_of("940", 101), data) is Dropped.ALREADY_THERE
    assert gxo.drop_advice("GBNH01", settings.name_of("943", 102), b"943") is Dropped.WRITTEN
    assert gxo.drop_items("GBNH01", "item_MODA_20261120224000.csv", b"sku") is Dropped.WRITTEN
    assert partner.names("in", "GBNH02") == ["940_000000101.edi"]
    assert partner.names("in", "GBNH01") == ["943_000000102.edi", "item_MODA_20261120224000.csv"]
    there = (partner.folder("in", "GBNH02") / "940_000000101.edi").read_bytes()
    assert read_interchange(there, "940").control_number == 101
    assert partner.calls["connections"] == 1


def test_a_file_is_taken_only_when_it_was_the_same_long_enough(partner: Partner, gxo: Gxo, clock: Clock) -> None:
    partner.lay("945_1.edi", b"half", age=9999)
    assert names(gxo) == []
    clock.now += 14.9
    assert names(gxo) == []
    partner.lay("945_1.edi", b"whole", age=9999)
    clock.now += 0.1
    assert names(gxo) == []
    clock.now += 15.0
    assert names(gxo) == ["945_1.edi"]
    assert names(gxo) == ["945_1.edi"]


def test_a_file_that_was_touched_waits_anew_though_its_size_is_the_same(
    partner: Partner, gxo: Gxo, clock: Clock
) -> None:
    path = partner.lay("945_1.edi", b"one", age=60)
    gxo.list_new("GBNH01")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    clock.now += 20
    assert names(gxo) == []
    clock.now += 15
    assert names(gxo) == ["945_1.edi"]


def test_files_of_one_second_come_in_the_order_of_their_numbers(partner: Partner, settings: Settings) -> None:
    at_once = Gxo(settings.model_copy(update={"stable_for": 0.0}))
    for name in ("824_000009002.edi", "945_000009010-2.edi", "945_000009010.edi", "997_000009001.edi", "947_9003.edi"):
        os.utime(partner.lay(name, b"any"), (1_700_000_000, 1_700_000_000))
    found = names(at_once)
    at_once.close()
    assert [name[:3] for name in found] == ["997", "824", "947", "945", "945"]


def test_a_name_that_went_and_came_back_waits_anew(partner: Partner, gxo: Gxo, clock: Clock) -> None:
    path = partner.lay("945_1.edi", b"one")
    stamp = path.stat().st_mtime
    gxo.list_new("GBNH01")
    path.unlink()
    clock.now += 20
    assert names(gxo) == []
    path.write_bytes(b"two")
    os.utime(path, (stamp, stamp))
    assert names(gxo) == []


def test_facilities_do_not_mix_and_acknowledgements_come_with_the_rest_oldest_first(
    partner: Partner, settings: Settings
) -> None:
    at_once = Gxo(settings.model_copy(update={"stable_for": 0.0}))
    partner.lay("945_3.edi", age=10)
    partner.lay("997_1.edi", folder="out/ack", age=20)
    partner.lay("846_1.edi", age=30)
    partner.lay("947_1.edi.tmp", age=40)
    assert names(at_once) == ["846_1.edi", "997_1.edi", "945_3.edi"]
    assert names(at_once, "GBNH02") == []
    at_once.close()


def test_a_folder_for_acknowledgements_is_optional(partner: Partner, settings: Settings) -> None:
    partner.lay("824_1.edi")
    partner.folder("out/ack").rmdir()
    for change in ({}, {"ack_folder": ""}):
        at_once = Gxo(settings.model_copy(update={"stable_for": 0.0, **change}))
        assert names(at_once) == ["824_1.edi"]
        at_once.close()


def test_what_was_read_is_moved_to_the_archive_and_never_deleted(partner: Partner, settings: Settings) -> None:
    gxo = Gxo(settings.model_copy(update={"stable_for": 0.0}))
    partner.lay("945_1.edi", b"one")
    (entry,) = gxo.list_new("GBNH01")
    assert gxo.fetch(entry.path) == b"one"
    assert gxo.archive("GBNH01", entry.path) == "/MODA/GBNH01/archive/945_1.edi"
    assert gxo.archive("GBNH01", entry.path) is None
    assert (partner.names("out"), partner.names("archive")) == ([], ["945_1.edi"])
    assert partner.calls["remove"] == 0
    with pytest.raises(Rejected) as told:
        gxo.fetch(entry.path)
    assert told.value.symbol == "missing"
    gxo.close()


def test_a_file_above_the_limit_is_not_fetched(partner: Partner, settings: Settings) -> None:
    gxo = Gxo(settings.model_copy(update={"largest_file": 3}))
    partner.lay("945_1.edi", b"four")
    with pytest.raises(Rejected) as told:
        gxo.fetch("/MODA/GBNH01/out/945_1.edi")
    assert told.value.symbol == "too_large"
    gxo.close()


def test_a_ping_says_what_keeps_everything_else_from_working(partner: Partner, gxo: Gxo, settings: Settings) -> None:
    gxo.ping()
    with pytest.raises(Unauthorised):
        Gxo(settings.model_copy(update={"host_key": "SHA256:" + "A" * 43})).ping()
    with pytest.raises(Rejected, match="have the partner make the folder"):
        Gxo(settings.model_copy(update={"client": "OTHER"})).ping()
    assert partner.calls["write"] == 0


def test_a_facility_that_the_connection_has_not_is_refused_by_name(gxo: Gxo) -> None:
    with pytest.raises(Rejected, match="add it to its sites") as told:
        gxo.list_new("GBXX99")
    assert told.value.symbol == "facility_unknown"


def test_the_defaults_are_the_profiles(settings: Settings) -> None:
    assert (settings.ack, settings.ack_997_within, settings.ack_824_within) == ("824", 3600, 14400)
    assert (settings.stable_for, settings.final_945, settings.usage, settings.port > 0) == (15, "all_lines", "P", True)
    assert settings.folder_of("GBNH01", settings.in_folder) == "/MODA/GBNH01/in"
    assert settings.name_of("940", 101) == "940_000000101.edi"
    assert settings.facility("GBNH01").time_zone == "Europe/London"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"facilities": {"GBXX99": {}}}, "sites names no such facility"),
        ({"facilities": {"GBNH01": {"time_zone": "London"}}}, "no time zone"),
        ({"facilities": {"GBNH01": {"closes": "16:00"}}}, "Extra inputs"),
        ({"sites": {"gbnh01": "Northampton"}}, "match pattern"),
        ({"sites": {"GBNH01_LONG": "Northampton"}}, "match pattern"),
        ({"sites": {}}, "at least 1 item"),
        ({"folder": "/{client}"}, "two facilities one folder"),
        ({"folder": "/{merchant}/{facility}"}, "may name"),
        ({"folder": "{client}/{facility}"}, "match pattern"),
        ({"file_name": "{set}.edi"}, "two files one name"),
        ({"file_name": "{set}_{number}.tmp"}, "ignored"),
        ({"file_name": "{set}/{number}.edi"}, "ignored"),
        ({"file_name": "{number:q}.edi"}, "may name"),
        ({"host_key": "yes"}, "is no host key"),
        ({"private_key": "hunter2"}, "private key"),
        ({"sender": "MODA*X"}, "match pattern"),
        ({"ack": "945"}, "'824', '997' or 'none'"),
        ({"deadline": 0}, "greater than 0"),
        ({"dispatch_route": "soap_extension"}, "Extra inputs"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_no_secret_is_shown(
    settings: Settings, change: dict[str, Any], why: str
) -> None:
    told = {**settings.model_dump(), **change}
    with pytest.raises(ValidationError, match=why) as refused:
        Settings(**told)
    assert "hunter2" not in str(refused.value)
    assert "PRIVATE KEY" not in repr(settings)
    assert "PRIVATE KEY" not in repr(settings.account)
