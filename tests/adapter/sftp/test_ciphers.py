"""What a session offers: nothing that is known to be weak."""

from __future__ import annotations

from adapters.sftp.account import Account
from adapters.sftp.session import Session


def test_a_session_offers_no_cbc_cipher_and_no_digest_older_than_sha2(account: Account) -> None:
    session = Session(account)
    session.open()
    offered = session._transport.get_security_options()
    assert offered.ciphers
    assert offered.digests
    assert not [one for one in offered.ciphers if "cbc" in one or "3des" in one]
    assert not [one for one in offered.digests if "md5" in one or "sha1" in one]
    session.cut()
