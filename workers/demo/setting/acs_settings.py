"""The demo's account at ACS in ``fleet.toml``, the key of its files, and how its stand-in is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from workers.demo.setting.buildings import ACS, building_text
from workers.demo.setting.sftp_keys import make_key

ACCOUNT, USER = "MODA", "moda"
OWN_KEY, HOST_KEY = "acs_key", "acs_host_key"  # files of the run folder
PASSWORD, EVENT_KEY = "ACS_PASSWORD", "ACS_WEBHOOK_SECRET"  # names in the environment
EVENT_FIELD, LENGTH_FIELD, LINE_FIELD = "Event date", "Hire length", "Hire"
LENGTHS = {"4 days": 4, "8 days": 8}
WRITE_OFF_ABOVE = 60  # pounds: a garment of a higher value is written off by a person's word alone

CONNECTION = """
[connections.{name}]
system = "acs"
base_url = "http://127.0.0.1:{port}/api/v1"
user = "{user}"
password = "env:{password}"
account = "{account}"
sites = {{ {facility} = "{site}" }}
services = {{ "" = "RM/48", "Royal Mail 48" = "RM/48", "Royal Mail" = "RM/24" }}
dispatch_route = "{route}"
poll_interval = 2.0
answer_within = 60.0
webhook_secrets = ["env:{event_key}"]
write_off_above = "{write_off_above}"
rate = "1000/s"
concurrency = {lanes}
deadline = 5.0
partner_timeout = 2.0
connect_timeout = 3.0

[connections.{name}.hire]
line_field = "{line_field}"
event_field = "{event_field}"
length_field = "{length_field}"
lengths = {{ {lengths} }}

[connections.{name}.files]
host = "127.0.0.1"
port = {sftp_port}
user = "{account}"
private_key = "file:{own_key}"
host_key = "{host_key}"
setup_status_column = "status"
poll_interval = 0.6
stable_for = 0.2
deadline = 8.0
"""

# Accounts are each merchant's own, as are the reasons of returns.
TABLES = """
[tables.adjustment_reasons.acs]
BER = { account = "5220" }
CLIENT_REQUEST = { account = "5230" }
EX_HIRED = { account = "5220" }
LOST = { account = "5210" }
"""


@dataclass(frozen=True, slots=True)
class AcsDoors:
    """Where ACS's stand-in listens, by HTTP and by SFTP, and the two ends' keys: files of ``folder``."""

    port: int
    sftp_port: int
    folder: Path
    own_public: str
    host_public: str


def make_doors(folder: Path, port: int, sftp_port: int) -> AcsDoors:
    """Make both key pairs anew."""
    own, host = (make_key(folder / name) for name in (OWN_KEY, HOST_KEY))
    return AcsDoors(port, sftp_port, folder, own, host)


def account_text(doors: AcsDoors) -> str:
    """The connection, its building, and the rule that sends it orders."""
    text = CONNECTION.format(
        **ACS.model_dump(include={"name", "facility", "site", "route", "lanes"}),
        port=doors.port,
        sftp_port=doors.sftp_port,
        user=USER,
        password=PASSWORD,
        account=ACCOUNT,
        event_key=EVENT_KEY,
        write_off_above=WRITE_OFF_ABOVE,
        line_field=LINE_FIELD,
        event_field=EVENT_FIELD,
        length_field=LENGTH_FIELD,
        lengths=", ".join(f'"{word}" = {days}' for word, days in LENGTHS.items()),
        own_key=doors.folder / OWN_KEY,
        host_key=doors.host_public,
    )
    return text + building_text(ACS) + TABLES


def start_line(doors: AcsDoors, seed: int) -> str:
    """The line of the Procfile that starts the stand-in. It lays no stock file before it is asked for one."""
    return (
        f"sandbox-acs: python -m adapters.acs.sandbox --port {doors.port} --sftp-port {doors.sftp_port} --seed {seed}"
        f" --account {ACCOUNT} --user {USER} --password=${PASSWORD} --key {quote(doors.own_public)}"
        f" --host-key {quote(str(doors.folder / HOST_KEY))} --root {quote(str(doors.folder / 'acs'))}"
        " --stock-file-at ''"
    )
