"""The demo's ``fleet.toml``: the loopback addresses, the six buildings, and everything as quick as it may be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workers.demo.setting import acs_settings
from workers.demo.setting.buildings import CLARUS, GXO, House, building_text
from workers.demo.setting.clarus_automations import EVENTS
from workers.demo.setting.gxo_settings import SftpDoor, account_text
from workers.demo.setting.plan import BUFFER

COURIER_USER, CHANNEL_USER = "khaos-courier", "khaos-channel"
COURIER_FILES = {"invoice": "Invoice", "consignment": "Consignment", "tracking": "Tracking"}  # ours -> their header

HEAD = """
[fleet]
web_bind = "127.0.0.1:{web}"

[fleet.intervals]
orders = 1.0
catalogue = 60.0
read_back = 1.0
credit_notes = 2.0
sweep = 5.0
reference_data = 60.0

[fleet.limits]
sku_confirmed = {sku_limit}
dispatch = 180.0
proof = 30.0
proof_by_hand = 180.0
grading = 12.0
process_silent = 15.0
burst = 1000  # a file may hold any number of returns that nobody can explain: that is no bad release

[connections.khaos]
system = "khaos"
url = "{khaos}"
rate = "1000/s"
deadline = 6.0
partner_timeout = 2.0
connect_timeout = 3.0
level_semantics = "{level}"
issue_point = "{issue_on}"
extensions.confirm_shipment = {{}}
extensions.post_journal = {{}}

[connections.khaos.channel]
user = "{channel_user}"
password = "env:KHAOS_CHANNEL_PASSWORD"
public_url = "http://127.0.0.1:{web}"
frequency_minutes = 1

[connections.khaos.courier_hook]
user = "{courier_user}"
password = "env:KHAOS_COURIER_PASSWORD"

[connections.khaos.consignment_file]
folder = {courier_folder}
columns = {courier_columns}

[stock]
flush = 1.0
movements = 5.0
compare = 20.0
demand = 10.0
count = 3600.0
"""

BUFFERED = """
[[stock.buffer]]
site = ["{site}"]
sku = {skus}
units = {units}
"""

HOUSE = """
[connections.{name}]
system = "clarus"
base_url = "http://127.0.0.1:{clarus}"
subdomain = "acme"
account = "ACME"
client_id = "sandbox-client"
client_secret = "env:CLARUS_CLIENT_SECRET"
webhook_token = "env:CLARUS_WEBHOOK_TOKEN"
webhook_automations = {automations}
sites = {{ {facility} = "{site}" }}
dispatch_route = "{route}"
rate = "1000/s"
concurrency = {lanes}
deadline = 5.0
partner_timeout = 2.0
connect_timeout = 3.0
"""

# Return reasons and accounts are each merchant's own: here those of the stand-in, and an invented chart of accounts.
TABLES = """
[tables.return_dispositions.good]
"*" = { reason = "1" }
[tables.return_dispositions.quarantine]
"*" = { reason = "2" }
[tables.return_dispositions.inspection]
"*" = { reason = "2" }
[tables.return_dispositions.damaged]
"*" = { reason = "3" }

[tables.adjustment_reasons.clarus]
DMG = { account = "5200" }
DMGHOLD = { account = "5200" }
LOST = { account = "5210" }
FOUND = { account = "5210" }
QC = { account = "1410" }
RELEASE = { account = "1410" }
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What differs from one demo to the next. ``lively`` are the SKUs with a buffer, by Khaos site."""

    khaos: str
    clarus_port: int
    gxo: SftpDoor
    acs: acs_settings.AcsDoors
    web_port: int
    courier_folder: str
    sku_limit: float
    level: str
    issue_on: str
    lively: Mapping[str, Sequence[str]]
    first_automation: int


def settings_text(chosen: Chosen) -> str:
    """The whole file."""
    text = HEAD.format(
        web=chosen.web_port,
        khaos=chosen.khaos,
        sku_limit=chosen.sku_limit,
        level=chosen.level,
        issue_on=chosen.issue_on,
        channel_user=CHANNEL_USER,
        courier_user=COURIER_USER,
        courier_folder=json.dumps(chosen.courier_folder),
        courier_columns=_inline(COURIER_FILES),
    )
    for site, skus in chosen.lively.items():
        text += BUFFERED.format(site=site, skus=json.dumps(list(skus)), units=BUFFER) if skus else ""
    for place, house in enumerate(CLARUS):
        text += _house(house, chosen, chosen.first_automation + place * len(EVENTS))
    return text + account_text(GXO, chosen.gxo) + acs_settings.account_text(chosen.acs) + TABLES


def automation_ids(first: int) -> dict[str, str]:
    """Event -> the id of its automation, counted up from ``first``."""
    return {event: str(first + place) for place, event in enumerate(EVENTS)}


def _house(house: House, chosen: Chosen, first: int) -> str:
    connection = HOUSE.format(
        **house.model_dump(include={"name", "facility", "site", "route", "lanes"}),
        clarus=chosen.clarus_port,
        automations=_inline(automation_ids(first)),
    )
    return connection + building_text(house)


def _inline(table: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items()) + " }"
