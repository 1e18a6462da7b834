from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from adapters.errors import Garbled, Rejected, Throttled, Unauthorised, Unavailable
from adapters.sftp.account import Account, checked_host_key, checked_private_key
from adapters.sftp.files import Dropped, Sftp
from fleet_tests.sftp_partner import Partner

IN, OUT, ARCHIVE = "/MODA/GBNH01/in", "/MODA/GBNH01/out", "/MODA/GBNH01/archive"
ORDER = b"ISA*00*" + b"an order " * 12_000  # several packets


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


def test_a_listing_has_the_files_oldest_first_without_folders_and_unfinished_ones(partner: Partner, sftp: Sftp) -> None:
    partner.lay("b.edi", b"12345", age=10)
    partner.lay("c.edi", b"1", age=90)
    partner.lay("a.edi.TMP")
    partner.lay("a.edi.tmp")
    found = sftp.listing(OUT)
    assert [(one.name, one.path, one.size) for one in found] == [
        ("c.edi", f"{OUT}/c.edi", 1),
        ("b.edi", f"{OUT}/b.edi", 5),
    ]
    assert all(one.changed.tzinfo is not None for one in found)


def test_a_file_is_fetched_whole_and_never_beyond_the_limit(partner: Partner, sftp: Sftp) -> None:
    partner.lay("945.edi", ORDER)
    partner.lay("empty.csv", b"")
    assert sftp.fetch(f"{OUT}/945.edi") == ORDER
    assert sftp.fetch(f"{OUT}/945.edi", limit=len(ORDER)) == ORDER
    assert sftp.fetch(f"{OUT}/empty.csv") == b""
    with pytest.raises(Rejected) as told:
        sftp.fetch(f"{OUT}/945.edi", limit=len(ORDER) - 1)
    assert told.value.symbol == "too_large"


def test_a_connection_that_breaks_while_fetching_loses_nothing(partner: Partner, sftp: Sftp) -> None:
    partner.lay("945.edi", ORDER)
    partner.faults.cut_after = 40_000
    with pytest.raises(Unavailable) as told:
        sftp.fetch(f"{OUT}/945.edi")
    assert not told.value.maybe_done
    assert sftp.fetch(f"{OUT}/945.edi") == ORDER


def test_an_archived_file_is_moved_once_and_replaces_nothing(partner: Partner, sftp: Sftp) -> None:
    for data in (b"first", b"second", b"third"):
        partner.lay("945.edi", data)
        sftp.archive(f"{OUT}/945.edi", ARCHIVE)
    assert partner.names("out") == []
    assert partner.names("archive") == ["945.edi", "945.edi.2", "945.edi.3"]
    assert [(partner.folder("archive") / name).read_bytes() for name in partner.names("archive")] == [
        b"first",
        b"second",
        b"third",
    ]
    assert sftp.archive(f"{OUT}/945.edi", ARCHIVE) is None


@pytest.mark.parametrize(("fault", "second"), [("cut_before_rename", f"{ARCHIVE}/945.edi"), ("cut_after_rename", None)])
def test_an_archiving_of_unknown_outcome_is_settled_by_doing_it_again(
    partner: Partner, sftp: Sftp, fault: str, second: str | None
) -> None:
    partner.lay("945.edi", b"one")
    setattr(partner.faults, fault, 1)
    with pytest.raises(Unavailable) as told:
        sftp.archive(f"{OUT}/945.edi", ARCHIVE)
    assert told.value.maybe_done
    assert sftp.archive(f"{OUT}/945.edi", ARCHIVE) == second
    assert (partner.names("out"), partner.names("archive")) == ([], ["945.edi"])


def test_one_connection_is_used_again_and_opened_anew_after_the_server_hung_up(partner: Partner, sftp: Sftp) -> None:
    for _ in range(5):
        sftp.listing(OUT)
    assert partner.calls["connections"] == 1
    partner.throw_out()
    for _ in range(3):
        try:
            sftp.listing(OUT)
        except Unavailable as error:
            assert not error.maybe_done  # noqa: PT017  whether the end was noticed before is a matter of luck
    sftp.listing(OUT)
    assert partner.calls["connections"] == 2


def test_calls_at_one_time_have_connections_of_their_own_and_leave_them_to_later_ones(
    partner: Partner, sftp: Sftp
) -> None:
    with ExitStack() as at_once:
        under_way = [at_once.enter_context(sftp._line.operation(f"call {number}")) for number in range(3)]
        assert len({id(one.session) for one in under_way}) == 3
    for number in range(5):
        assert sftp.drop(IN, f"940_{number}.edi", ORDER) is Dropped.WRITTEN
    assert partner.calls["connections"] == 3


def test_threads_that_come_one_after_the_other_share_one_connection(partner: Partner, sftp: Sftp) -> None:
    for number in range(5):
        thread = threading.Thread(target=sftp.drop, args=(IN, f"940_{number}.edi", ORDER))
        thread.start()
        thread.join(10)
    assert partner.calls["connections"] == 1
    assert len(partner.names()) == 5


def test_a_forked_process_opens_its_own_connection_and_leaves_its_parents_alone(partner: Partner, sftp: Sftp) -> None:
    sftp.listing(OUT)
    child = os.fork()
    if child == 0:
        try:
            sftp.listing(OUT)
            os._exit(0)
        except BaseException:  # noqa: BLE001  whatever it is, the child must end here
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    sftp.listing(OUT)
    assert partner.calls["connections"] == 2


def test_a_server_that_falls_silent_is_left_at_the_deadline(partner: Partner, account: Account) -> None:
    partner.lay("945.edi")
    partner.faults.silent = True
    hasty = Sftp(dataclasses.replace(account, deadline=2.0))
    with pytest.raises(Unavailable, match="not finished within 2 s") as told:
        hasty.fetch(f"{OUT}/945.edi")
    assert not told.value.maybe_done
    partner.faults.silent = False
    assert hasty.fetch(f"{OUT}/945.edi") == b"x"


@pytest.mark.parametrize("words", [b"", b"SSH-2.0-slow\r\n"])
def test_a_server_that_says_nothing_or_only_its_greeting_is_left(
    account: Account, speaks: Callable[..., int], words: bytes
) -> None:
    quiet = Sftp(dataclasses.replace(account, port=speaks(words), connect_timeout=0.5, deadline=3.0))
    with pytest.raises(Unavailable) as told:
        quiet.drop(IN, "940_1.edi", b"one")
    assert not told.value.maybe_done


def test_a_server_that_drips_its_greeting_cannot_hold_a_worker(account: Account, speaks: Callable[..., int]) -> None:
    slow = Sftp(dataclasses.replace(account, port=speaks(b"x" * 4000, drip=True), connect_timeout=60, deadline=1.0))
    with pytest.raises(Unavailable, match="not finished within 1 s"):
        slow.listing(OUT)


def test_what_is_no_ssh_server_is_unavailable(account: Account, speaks: Callable[..., int]) -> None:
    web = Sftp(dataclasses.replace(account, port=speaks(b"HTTP/1.1 400 Bad Request\r\n\r\n", hang_up=True)))
    with pytest.raises(Unavailable):
        web.listing(OUT)


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_nobody_there_is_unavailable_and_not_done(account: Account, host: str) -> None:
    with pytest.raises(Unavailable) as told:
        Sftp(dataclasses.replace(account, host=host, port=1)).drop(IN, "940_1.edi", b"one")
    assert not told.value.maybe_done


def test_a_server_with_too_many_connections_asks_to_wait(
    partner: Partner, account: Account, sftp: Sftp, speaks: Callable[..., int]
) -> None:
    partner.full = True
    with pytest.raises(Throttled):
        sftp.listing(OUT)
    partner.full = False
    sftp.listing(OUT)
    openssh = speaks(b"Exceeded MaxStartups\r\n", hang_up=True)
    with pytest.raises(Throttled):
        Sftp(dataclasses.replace(account, port=openssh)).listing(OUT)


def test_a_host_key_that_is_not_the_pinned_one_is_refused_before_we_show_anything(
    partner: Partner, account: Account
) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with pytest.raises(Unauthorised, match="not the pinned one: ask the partner") as told:
        Sftp(dataclasses.replace(account, host_key=stranger)).drop(IN, "940_1.edi", b"one")
    assert not told.value.maybe_done
    assert partner.host_keys[0].get_fingerprint() in told.value.what
    assert partner.names() == []


def test_a_host_key_of_a_type_that_the_server_has_not_is_refused(account: Account) -> None:
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode()
    with pytest.raises(Unauthorised, match="no host key of the pinned type"):
        Sftp(dataclasses.replace(account, host_key=rsa)).listing(OUT)


def test_the_pinned_one_of_several_host_keys_is_asked_for_and_a_fingerprint_pins_as_well(
    partner: Partner, account: Account
) -> None:
    for pinned in (partner.host_key(1), partner.host_keys[0].get_fingerprint(), partner.host_key() + " gxo"):
        line = Sftp(dataclasses.replace(account, host_key=pinned))
        assert line.listing(OUT) == []
        line.close()


def test_a_key_that_the_server_does_not_know_is_unauthorised(account: Account) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    with pytest.raises(Unauthorised, match="key of moda was refused") as told:
        Sftp(dataclasses.replace(account, private_key=stranger)).listing(OUT)
    assert not told.value.maybe_done


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
def test_a_private_key_is_read_from_its_text_on_one_line_or_many_and_from_a_file(kind: str, tmp_path: Path) -> None:
    size: dict[str, Any] = {"key_size": 2048} if kind == "ssh-rsa" else {}
    key = asyncssh.generate_private_key(kind, **size)
    text = key.export_private_key().decode()
    (tmp_path / "key").write_text(text)
    older = key.export_private_key("pkcs8-pem").decode()
    for told in (text, text.strip(), text.replace("\n", "\\n"), str(tmp_path / "key"), older):
        assert checked_private_key(told) == told


@pytest.mark.parametrize("told", ["", "hunter2", "/no/such/file", "-----BEGIN OPENSSH PRIVATE KEY-----\nxx\n"])
def test_what_is_no_private_key_is_refused_and_not_repeated(told: str) -> None:
    with pytest.raises(ValueError, match=r"private key|without passphrase") as refused:
        checked_private_key(told)
    assert not told or told not in str(refused.value)


def test_a_key_behind_a_passphrase_says_how_to_make_one_without() -> None:
    locked = asyncssh.generate_private_key("ssh-ed25519").export_private_key(passphrase="secret").decode()
    with pytest.raises(ValueError, match="ssh-keygen"):
        checked_private_key(locked)


@pytest.mark.parametrize(
    "told", ["", "AAAA", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAA", "MD5:00:11", "SHA256:short"]
)
def test_what_is_no_host_key_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match="is no host key"):
        checked_host_key(told)
