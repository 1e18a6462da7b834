"""The demo's account at GXO in ``fleet.toml``, and the keys by which both ends of its SFTP know each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.demo.setting.buildings import House, building_text
from workers.demo.setting.sftp_keys import make_key

CLIENT = "MODA"
OWN_KEY, HOST_KEY = "gxo_key", "gxo_host_key"  # files of the run folder
GAP_PATIENCE = 12.0  # seconds after which a file that is left out of GXO's series is an exception

ACCOUNT = """
[connections.{name}]
system = "gxo"
host = "127.0.0.1"
port = {port}
user = "{client}"
private_key = "file:{own_key}"
host_key = "{host_key}"
client = "{client}"
client_name = "{client} LTD"
sender = "{client}"
receiver = "GXOUK"
usage = "T"  # the stand-in is a test site
sites = {sites}
services = {{ "" = "RM-48", "Royal Mail 48" = "RM-48", "Royal Mail" = "RM-24", "DPD" = "DPD-ND" }}
dispatch_route = "{route}"
poll_interval = 0.4
stable_for = 0.5
gap_patience = {gap_patience}
ack_997_within = 60.0
ack_824_within = 90.0
rate = "1000/s"
concurrency = {lanes}
deadline = 5.0
partner_timeout = 2.0
connect_timeout = 3.0
"""

# Accounts are each merchant's own. AX has none here, so that an entry that finance has to map can be seen.
TABLES = """
[tables.return_dispositions.refurbishment]
"*" = { reason = "2" }

[tables.adjustment_reasons.gxo]
AA = { account = "5210" }
51 = { account = "5210" }
07 = { account = "5200" }
AU = { account = "5200" }
AC = { account = "1410" }
05 = { account = "1410" }
55 = { account = "1410" }
"""


@dataclass(frozen=True, slots=True)
class SftpDoor:
    """Where GXO's stand-in listens, and the two ends' keys: files of ``folder``."""

    port: int
    folder: Path
    own_public: str
    host_public: str


def make_door(folder: Path, port: int) -> SftpDoor:
    """Make both key pairs anew."""
    own, host = (make_key(folder / name) for name in (OWN_KEY, HOST_KEY))
    return SftpDoor(port, folder, own, host)


def account_text(houses: Sequence[House], door: SftpDoor) -> str:
    """The connection with all its facilities, and their rules."""
    first = houses[0]
    text = ACCOUNT.format(
        name=first.name,
        port=door.port,
        client=CLIENT,
        own_key=door.folder / OWN_KEY,
        host_key=door.host_public,
        sites="{ " + ", ".join(f'{house.facility} = "{house.site}"' for house in houses) + " }",
        route=first.route,
        gap_patience=GAP_PATIENCE,
        lanes=first.lanes,
    )
    return text + "".join(building_text(house) for house in houses) + TABLES
