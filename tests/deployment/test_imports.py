"""A process imports what its configuration needs: a merchant whose partners speak no SFTP has no SFTP in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fleet_tests.places import ROOT

KHAOS = """
[connections.khaos]
system = "khaos"
url = "http://127.0.0.1:9/KhaosSandbox.exe"
extensions.confirm_shipment = {}
"""


def test_a_worker_without_a_partner_by_sftp_is_without_paramiko(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(KHAOS)
    ran = subprocess.run(
        [sys.executable, "-c", "import sys, workers.app; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FLEET_CONFIG": str(tmp_path / "fleet.toml")},
    )  # fmt: skip
    imported = set(ran.stdout.split())
    assert "celery" in imported
    assert "paramiko" not in imported
