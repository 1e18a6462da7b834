"""A real SFTP server, and the settings of a GXO connection to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.gxo.settings import Settings
from adapters.sftp.account import Account
from fleet_tests.sftp_partner import Partner, account_at, partners


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Partner]:
    with partners(tmp_path) as served:
        yield served


@pytest.fixture
def account(partner: Partner) -> Account:
    return account_at(partner)


@pytest.fixture
def settings(account: Account) -> Settings:
    return Settings(
        **{one.name: getattr(account, one.name) for one in dataclasses.fields(account)},
        client="MODA",
        sender="MODA",
        receiver="GXOUK",
        sites={"GBNH01": "Northampton", "GBNH02": "Daventry"},
    )
