"""Who the server is and who we are: pinned host keys, and private keys as text or file."""

import dataclasses
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from adapters.errors import Unauthorised
from adapters.sftp.account import Account, checked_host_key, checked_private_key
from adapters.sftp.files import Sftp
from fleet_tests.sftp_partner import IN, OUT, Partner


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
