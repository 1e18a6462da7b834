"""The ``fleet.toml`` of a walk: one merchant, a building each of Clarus, GXO and ACS, times as in real trade."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from workers import config
from workers.config import Configuration
from workers.demo.reconciliation.stock import Building
from workers.demo.setting.clarus_automations import EVENTS
from workers.demo.setting.gxo_settings import CLIENT, OWN_KEY, make_door
from workers.wiring.systems import SYSTEMS

KHAOS, CLARUS, GXO, WEB = "khaos.walk", "clarus.walk", "gxo.walk", "web.walk"  # hosts on the wire
ACS, ACS_FILES = "acs.walk", "files.acs.walk"
TOKEN = "an-unguessable-token-of-the-walk"  # noqa: S105  of a stand-in
SECRET = "a-secret-of-the-walk"  # noqa: S105  of a stand-in
CHANNEL_USER, CHANNEL_PASSWORD = "khaos-of-the-walk", "a-password-of-the-walk"
SITE, FACILITY = "Main Site", "LDS1"
BESIDE = {name: f"{SITE} {name}" for name in ("buffer", "quarantine", "damaged", "inspection")}
DERBY, DERBY_FACILITY = "Derby", "GBDB01"
DERBY_BESIDE = {name: f"{DERBY} {name}" for name in (*BESIDE, "refurbishment")}
GLASGOW, GLASGOW_FACILITY = "Glasgow", "ACS"
GLASGOW_BESIDE = {
    name: f"{GLASGOW} {name}" for name in (*DERBY_BESIDE, "with_customer", "unseen", "unknown", "retired")
}
SITES = (SITE, DERBY, GLASGOW)
ACS_ACCOUNT, ACS_PASSWORD = "WALKACS", "a-password-at-acs-of-the-walk"
BUILDINGS = (
    Building(home=SITE, beside=tuple(BESIDE.values()), warehouse="clarus", facility=FACILITY),
    Building(home=DERBY, beside=tuple(DERBY_BESIDE.values()), warehouse="gxo", facility=DERBY_FACILITY),
    Building(home=GLASGOW, beside=tuple(GLASGOW_BESIDE.values()), warehouse="acs", facility=GLASGOW_FACILITY),
)
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
[connections.khaos.channel]
user = "{channel_user}"
password = "file:{folder}/channel"
public_url = "http://{web}"
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
[connections.derby]
system = "gxo"
host = "{gxo}"
user = "{client}"
private_key = "file:{folder}/{own_key}"
host_key = "{host_key}"
client = "{client}"
sender = "{client}"
receiver = "GXOUK"
usage = "T"
sites = {{ {derby_facility} = "{derby}" }}
services = {{ "" = "RM-48", "Royal Mail 48" = "RM-48" }}
rate = "off"
deadline = {deadline}
partner_timeout = {partner_timeout}
[connections.acs]
system = "acs"
base_url = "http://{acs}/api/v1"
user = "sandbox"
password = "file:{folder}/acs_password"
account = "{acs_account}"
sites = {{ {glasgow_facility} = "{glasgow}" }}
services = {{ "" = "RM/48", "Royal Mail 48" = "RM/48" }}
webhook_secrets = ["file:{folder}/secret"]
poll_interval = 300.0
write_off_above = "50.00"
rate = "off"
deadline = {deadline}
partner_timeout = {partner_timeout}
[connections.acs.hire]
line_field = "Hire"
event_field = "Event date"
length_field = "Hire length"
lengths = {{ "4 days" = 4 }}
[connections.acs.files]
host = "{acs_files}"
user = "{acs_account}"
private_key = "file:{folder}/{own_key}"
host_key = "{host_key}"
setup_status_column = "status"
[stock]
movements = 60.0
compare = 600.0
demand = 60.0
[stock.sites."{site}"]
{beside}
[stock.sites."{derby}"]
{derby_beside}
[stock.sites."{glasgow}"]
{glasgow_beside}
[[routing]]
name = "to Leeds"
when = {{ site = ["{site}"] }}
to = "leeds"
facility = "{facility}"
[[routing]]
name = "to Derby"
when = {{ site = ["{derby}"] }}
to = "derby"
facility = "{derby_facility}"
[[routing]]
name = "to Glasgow"
when = {{ site = ["{glasgow}"] }}
to = "acs"
facility = "{glasgow_facility}"
[tables.return_dispositions.good]
"*" = {{ reason = "1" }}
[tables.return_dispositions.quarantine]
"*" = {{ reason = "2" }}
[tables.return_dispositions.inspection]
"*" = {{ reason = "2" }}
[tables.return_dispositions.damaged]
"*" = {{ reason = "3" }}
[tables.return_dispositions.refurbishment]
"*" = {{ reason = "2" }}
[tables.adjustment_reasons.gxo]
AA = {{ account = "5210" }}
51 = {{ account = "5210" }}
07 = {{ account = "5200" }}
AU = {{ account = "5200" }}
AC = {{ account = "1410" }}
05 = {{ account = "1410" }}
55 = {{ account = "1410" }}
[tables.adjustment_reasons.clarus]
DMG = {{ account = "5200" }}
DMGHOLD = {{ account = "5200" }}
LOST = {{ account = "5210" }}
FOUND = {{ account = "5210" }}
QC = {{ account = "1410" }}
RELEASE = {{ account = "1410" }}
[tables.adjustment_reasons.acs]
BER = {{ account = "5230" }}
LOST = {{ account = "5210" }}
EX_HIRED = {{ account = "5230" }}
"""


@cache
def configuration(folder: Path, database: str, broker: str) -> Configuration:
    """The configuration of every walk of this process."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret").write_text(SECRET)
    (folder / "token").write_text(TOKEN)
    (folder / "channel").write_text(CHANNEL_PASSWORD)
    (folder / "acs_password").write_text(ACS_PASSWORD)
    door = make_door(folder, 22)
    text = TEXT.format(
        database=database, broker=broker, khaos=KHAOS, clarus=CLARUS, folder=folder, site=SITE, facility=FACILITY,
        deadline=DEADLINE, partner_timeout=PARTNER_TIMEOUT,
        automations="{ " + ", ".join(f'"{event}" = "{number}"' for event, number in AUTOMATIONS.items()) + " }",
        beside=_lines(BESIDE), web=WEB, channel_user=CHANNEL_USER, gxo=GXO, client=CLIENT,
        own_key=OWN_KEY, host_key=door.host_public, derby=DERBY, derby_facility=DERBY_FACILITY,
        derby_beside=_lines(DERBY_BESIDE), acs=ACS, acs_files=ACS_FILES, acs_account=ACS_ACCOUNT, glasgow=GLASGOW,
        glasgow_facility=GLASGOW_FACILITY, glasgow_beside=_lines(GLASGOW_BESIDE),
    )  # fmt: skip
    path = folder / "fleet.toml"
    path.write_text(text)
    return config.read(path, SYSTEMS)


def _lines(beside: dict[str, str]) -> str:
    return "\n".join(f"{purpose} = {json.dumps(name)}" for purpose, name in beside.items())
