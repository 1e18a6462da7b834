"""Connections are kept, shared and left at the deadline, whatever the other side does."""

import dataclasses
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from adapters.errors import Throttled, Unavailable
from adapters.sftp.account import Account
from adapters.sftp.files import Dropped, Sftp
from fleet_tests.sftp_partner import IN, ORDER, OUT, Partner


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
