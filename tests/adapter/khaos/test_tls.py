"""Whom the client believes: a self-signed server as merchants run it."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from adapters.errors import Unavailable
from adapters.khaos import Khaos, Settings
from adapters.khaos.sandbox.app import create_app
from fleet_tests.servers import self_signed

Serving = Callable[..., AbstractContextManager[str]]

pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, serving: Serving) -> Iterator[tuple[str, str]]:
    certificate, key = self_signed(tmp_path_factory.mktemp("tls"))
    with serving(create_app(), ssl_certfile=certificate, ssl_keyfile=key) as root:
        yield f"{root}/x.exe", certificate


def fingerprint(certificate: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(Path(certificate).read_text())).hexdigest()


def test_a_self_signed_server_is_not_believed_by_default(server: tuple[str, str]) -> None:
    with pytest.raises(Unavailable, match="TLS") as refused:
        Khaos(Settings(url=server[0])).ping()
    assert not refused.value.maybe_done


def test_insecure_believes_anyone(server: tuple[str, str]) -> None:
    assert Khaos(Settings(url=server[0], tls="insecure")).ping()


def test_a_file_with_the_servers_certificate_is_believed(server: tuple[str, str]) -> None:
    assert Khaos(Settings(url=server[0], tls={"ca_bundle": server[1]})).ping()


def test_the_pinned_certificate_is_believed_with_and_without_colons(server: tuple[str, str]) -> None:
    pin = fingerprint(server[1])
    for spelt in (pin, ":".join(pin[n : n + 2] for n in range(0, 64, 2)).upper()):
        assert Khaos(Settings(url=server[0], tls={"pinned_sha256": spelt})).ping()


def test_any_other_certificate_than_the_pinned_one_is_refused(server: tuple[str, str]) -> None:
    with pytest.raises(Unavailable, match="TLS"):
        Khaos(Settings(url=server[0], tls={"pinned_sha256": "00" * 32})).ping()
