"""The ``fleet.toml`` of a walk: one merchant, one Clarus building, times as in real trade."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from workers import config
from workers.config import Configuration
from workers.demo.reconciliation.stock import Building
from workers.demo.setting.clarus_automations import EVENTS
from workers.wiring.systems import SYSTEMS

KHAOS, CLARUS, WEB = "khaos.walk", "clarus.walk", "web.walk"  # hosts on the wire
TOKEN = "an-unguessable-token-of-the-walk"  # noqa: S105  of a stand-in
SECRET = "a-secret-of-the-walk"  # noqa: S105  of a stand-in
SITE, FACILITY = "Main Site", "LDS1"
BESIDE = {name: f"{SITE} {name}" for name in ("buffer", "quarantine", "damaged", "inspection")}
BUILDINGS = (Building(home=SITE, beside=tuple(BESIDE.values()), warehouse="clarus", facility=FACILITY),)
DEADLINE, PARTNER_TIMEOUT = 5.0, 10.0
AUTOMATIONS = {event: str(41 + number) for number, event in enumerate(EVENTS)}
TEXT = """
[fleet]
database_url = "{database}"
broker_url = "{broker}"
[fleet.intervals]
orders = 60.0
catalogue = 300.0
read_back = 30.0
credit_notes = 120.0
sweep = 300.0
[fleet.limits]
sku_confirmed = 3600.0
[connections.khaos]
system = "khaos"
url = "http://{khaos}/LiveSoap/Khaos.exe"
rate = "off"
deadline = {deadline}
partner_timeout = {partner_timeout}
level_semantics = "available"
extensions.confirm_shipment = {{}}
[connections.leeds]
system = "clarus"
base_url = "http://{clarus}"
subdomain = "acme"
account = "ACME"
client_id = "sandbox-client"
client_secret = "file:{folder}/secret"
webhook_token = "file:{folder}/token"
webhook_automations = {automations}
sites = {{ {facility} = "{site}" }}
rate = "off"
deadline = {deadline}
partner_timeout = {partner_timeout}
[stock]
movements = 60.0
compare = 600.0
demand = 60.0
[stock.sites."{site}"]
{beside}
[[routing]]
name = "everything"
to = "leeds"
facility = "{facility}"
[tables.return_dispositions.good]
"*" = {{ reason = "1" }}
[tables.return_dispositions.quarantine]
"*" = {{ reason = "2" }}
[tables.return_dispositions.inspection]
"*" = {{ reason = "2" }}
[tables.return_dispositions.damaged]
"*" = {{ reason = "3" }}
[tables.adjustment_reasons.clarus]
DMG = {{ account = "5200" }}
DMGHOLD = {{ account = "5200" }}
LOST = {{ account = "5210" }}
FOUND = {{ account = "5210" }}
QC = {{ account = "1410" }}
RELEASE = {{ account = "1410" }}
"""


@cache
def configuration(folder: Path, database: str, broker: str) -> Configuration:
    """The configuration of every walk of this process."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret").write_text(SECRET)
    (folder / "token").write_text(TOKEN)
    text = TEXT.format(
        database=database, broker=broker, khaos=KHAOS, clarus=CLARUS, folder=folder, site=SITE, facility=FACILITY,
        deadline=DEADLINE, partner_timeout=PARTNER_TIMEOUT,
        automations="{ " + ", ".join(f'"{event}" = "{number}"' for event, number in AUTOMATIONS.items()) + " }",
        beside="\n".join(f"{purpose} = {json.dumps(name)}" for purpose, name in BESIDE.items()),
    )  # fmt: skip
    path = folder / "fleet.toml"
    path.write_text(text)
    return config.read(path, SYSTEMS)
