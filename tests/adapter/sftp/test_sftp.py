"""Files are dropped whole under their names, once, and what is not done leaves nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.errors import Garbled, Rejected, Unavailable
from adapters.sftp.files import Dropped, Sftp
from fleet_tests.sftp_partner import ARCHIVE, IN, ORDER, OUT, Partner


def test_a_dropped_file_is_there_whole_under_its_name_and_nothing_else_is(partner: Partner, sftp: Sftp) -> None:
    assert sftp.drop(IN, "940_1.edi", ORDER) is Dropped.WRITTEN
    assert partner.names() == ["940_1.edi"]
    assert (partner.folder() / "940_1.edi").read_bytes() == ORDER


def test_while_it_is_written_a_file_has_a_name_that_receivers_leave_alone(partner: Partner, sftp: Sftp) -> None:
    seen: list[str] = []
    partner.faults.between_stat_and_rename = lambda: seen.extend(partner.names())
    sftp.drop(IN, "940_1.edi", b"one")
    assert len(seen) == 1
    assert seen[0].startswith("940_1.edi.")
    assert seen[0].endswith(".tmp")


def test_the_same_file_again_is_already_there_and_written_once(partner: Partner, sftp: Sftp) -> None:
    sftp.drop(IN, "940_1.edi", ORDER)
    assert sftp.drop(IN, "940_1.edi", ORDER) is Dropped.ALREADY_THERE
    assert (partner.calls["write"], partner.calls["rename"]) == (1, 1)


def test_a_new_name_is_not_looked_for_and_yet_never_replaced(partner: Partner, sftp: Sftp) -> None:
    assert sftp.drop(IN, "940_1.edi", ORDER, new=True) is Dropped.WRITTEN
    assert partner.calls["read"] == 0
    assert sftp.drop(IN, "940_2.edi", ORDER) is Dropped.WRITTEN
    assert partner.calls["read"] == 1, "a name that may be taken is looked for first"
    assert sftp.drop(IN, "940_1.edi", ORDER, new=True) is Dropped.ALREADY_THERE
    with pytest.raises(Rejected, match="other content"):
        sftp.drop(IN, "940_1.edi", b"other", new=True)
    assert partner.names() == ["940_1.edi", "940_2.edi"]
    assert (partner.folder() / "940_1.edi").read_bytes() == ORDER


@pytest.mark.parametrize("other", [b"tw0", b"three"])
def test_a_name_taken_by_other_bytes_is_refused_and_they_stay(partner: Partner, sftp: Sftp, other: bytes) -> None:
    partner.lay("940_1.edi", other, folder="in")
    with pytest.raises(Rejected) as told:
        sftp.drop(IN, "940_1.edi", b"two")
    assert (told.value.symbol, told.value.maybe_done) == ("name_taken", False)
    assert (partner.folder() / "940_1.edi").read_bytes() == other
    assert partner.calls["write"] == 0


@pytest.mark.parametrize(("other", "outcome"), [(b"one", Dropped.ALREADY_THERE), (b"two", Rejected)])
def test_a_name_that_is_taken_at_the_last_moment_is_never_replaced(
    partner: Partner, sftp: Sftp, other: bytes, outcome: Any
) -> None:
    partner.faults.between_stat_and_rename = lambda: partner.lay("940_1.edi", other, folder="in")
    if outcome is Rejected:
        with pytest.raises(Rejected, match="other content"):
            sftp.drop(IN, "940_1.edi", b"one")
    else:
        assert sftp.drop(IN, "940_1.edi", b"one") is outcome
    assert partner.names() == ["940_1.edi"]
    assert (partner.folder() / "940_1.edi").read_bytes() == other


def test_a_connection_that_breaks_in_mid_transfer_has_done_nothing_and_the_next_try_does_it_once(
    partner: Partner, sftp: Sftp
) -> None:
    partner.faults.cut_after = 40_000
    with pytest.raises(Unavailable) as told:
        sftp.drop(IN, "940_1.edi", ORDER)
    assert not told.value.maybe_done
    assert all(name.endswith(".tmp") for name in partner.names())
    assert sftp.drop(IN, "940_1.edi", ORDER) is Dropped.WRITTEN
    assert [name for name in partner.names() if not name.endswith(".tmp")] == ["940_1.edi"]
    assert (partner.folder() / "940_1.edi").read_bytes() == ORDER


@pytest.mark.parametrize(
    ("fault", "second"), [("cut_before_rename", Dropped.WRITTEN), ("cut_after_rename", Dropped.ALREADY_THERE)]
)
def test_a_connection_that_breaks_at_the_rename_is_perhaps_done_and_the_next_try_settles_it(
    partner: Partner, sftp: Sftp, fault: str, second: Dropped
) -> None:
    setattr(partner.faults, fault, 1)
    with pytest.raises(Unavailable) as told:
        sftp.drop(IN, "940_1.edi", ORDER)
    assert told.value.maybe_done
    assert sftp.drop(IN, "940_1.edi", ORDER) is second
    assert (partner.folder() / "940_1.edi").read_bytes() == ORDER


def test_a_rename_that_the_server_refuses_is_not_done_and_leaves_nothing(partner: Partner, sftp: Sftp) -> None:
    partner.faults.refuse_rename = 1
    with pytest.raises(Unavailable) as told:
        sftp.drop(IN, "940_1.edi", b"one")
    assert not told.value.maybe_done
    assert partner.names() == []


def test_a_full_disk_is_unavailable_and_leaves_nothing(partner: Partner, sftp: Sftp) -> None:
    partner.faults.disk_full = True
    with pytest.raises(Unavailable, match="disk may be full") as told:
        sftp.drop(IN, "940_1.edi", b"one")
    assert not told.value.maybe_done
    assert partner.names() == []


def test_a_file_that_arrives_short_is_never_renamed(partner: Partner, sftp: Sftp) -> None:
    partner.faults.lose_bytes = 1
    with pytest.raises(Garbled) as told:
        sftp.drop(IN, "940_1.edi", b"one")
    assert not told.value.maybe_done
    assert partner.names() == []


def test_our_own_leftovers_go_after_an_hour_and_nobody_elses_ever(partner: Partner, sftp: Sftp) -> None:
    old, young = "940_1.edi.00112233445566aa.tmp", "940_2.edi.00112233445566bb.tmp"
    partner.lay(old, folder="in", age=3700)
    partner.lay(young, folder="in", age=3500)
    partner.lay("theirs.tmp", folder="in", age=9999)
    partner.lay("939_9.edi", folder="in", age=9999)
    sftp.drop(IN, "940_3.edi", b"three")
    assert partner.names() == sorted([young, "theirs.tmp", "939_9.edi", "940_3.edi"])


def test_an_account_that_may_not_list_or_remove_can_still_drop(partner: Partner, sftp: Sftp) -> None:
    partner.lay("940_1.edi.00112233445566aa.tmp", folder="in", age=9999)
    partner.faults.denied = {"remove"}
    assert sftp.drop(IN, "940_2.edi", b"two") is Dropped.WRITTEN
    partner.faults.denied = {"list"}
    assert sftp.drop("/MODA/GBNH02/in", "940_2.edi", b"two") is Dropped.WRITTEN


@pytest.mark.parametrize(("denied", "work"), [
    ("write", lambda sftp: sftp.drop(IN, "940_1.edi", b"one")),
    ("rename", lambda sftp: sftp.drop(IN, "940_1.edi", b"one")),
    ("list", lambda sftp: sftp.listing(OUT)),
    ("read", lambda sftp: sftp.fetch(f"{OUT}/945.edi")),
    ("rename", lambda sftp: sftp.archive(f"{OUT}/945.edi", ARCHIVE)),
])  # fmt: skip
def test_a_right_that_is_missing_is_a_refusal_and_the_connection_is_kept(
    partner: Partner, sftp: Sftp, denied: str, work: Callable[[Sftp], object]
) -> None:
    partner.lay("945.edi")
    partner.faults.denied = {denied}
    with pytest.raises(Rejected) as told:
        work(sftp)
    assert (told.value.symbol, told.value.maybe_done) == ("permission", False)
    partner.faults.denied = set()
    work(sftp)
    assert partner.calls["connections"] == 1


@pytest.mark.parametrize("work", [
    lambda sftp: sftp.drop("/MODA/NOWHERE/in", "940_1.edi", b"one"),
    lambda sftp: sftp.listing("/MODA/NOWHERE/out"),
    lambda sftp: sftp.fetch(f"{OUT}/nothing.edi"),
    lambda sftp: sftp.reach("/MODA/NOWHERE"),
    lambda sftp: sftp.archive(f"{OUT}/945.edi", "/MODA/NOWHERE/archive"),
])  # fmt: skip
def test_what_is_missing_is_named_and_says_what_to_do(
    partner: Partner, sftp: Sftp, work: Callable[[Sftp], object]
) -> None:
    partner.lay("945.edi")
    with pytest.raises(Rejected, match="have the partner make") as told:
        work(sftp)
    assert told.value.symbol == "missing"
    assert partner.names("out") == ["945.edi"]
