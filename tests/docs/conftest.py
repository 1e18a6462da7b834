"""The project's documents as text, and a place for configurations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from fleet_tests.places import ROOT


@pytest.fixture(scope="session")
def ssh_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a private key that logs in nowhere."""
    path = tmp_path_factory.mktemp("keys") / "gxo_key"
    path.write_text(asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode())
    return path


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch, ssh_key: Path) -> None:
    """What deploy/env.example asks for, filled in."""
    for line in (ROOT / "deploy" / "env.example").read_text(encoding="utf-8").splitlines():
        name, is_set, value = line.partition("=")
        if is_set and not line.startswith("#"):
            monkeypatch.setenv(name, value or "only-for-this-test")
    for name in ("GXO_PRIVATE_KEY", "ACS_PRIVATE_KEY"):
        monkeypatch.setenv(name, str(ssh_key))


@pytest.fixture
def toml(tmp_path: Path) -> Callable[[str], Path]:
    """Write a fleet.toml; its path."""

    def write(text: str) -> Path:
        path = tmp_path / "fleet.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
