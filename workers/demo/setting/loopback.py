"""Where everything stands on loopback: ports, keys and passwords of the stand-ins, in a ``fleet.toml``."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Literal

import requests

from workers.demo.reconciliation.stock import IssuePoint
from workers.demo.setting import acs_settings, clarus_automations
from workers.demo.setting.buildings import GXO
from workers.demo.setting.fleet_toml import Chosen, settings_text
from workers.demo.setting.gxo_settings import CLIENT, HOST_KEY, make_door
from workers.demo.setting.stand_ins import Partners, StandIns
from workers.embedded.folder import free_ports

SECRETS = ("CLARUS_CLIENT_SECRET", "CLARUS_WEBHOOK_TOKEN", "KHAOS_CHANNEL_PASSWORD", "KHAOS_COURIER_PASSWORD",
           acs_settings.PASSWORD, acs_settings.EVENT_KEY)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """What is chosen of a play: the dice, Khaos Control's manners, the time for SKUs, and what is always sold."""

    seed: int = 1
    sku_limit: float = 30.0
    level: Literal["available", "in_stock"] = "available"
    issue_on: IssuePoint = "issue"
    broker: str = ""  # another broker's URL than the demo's own Redis, which then keeps the rates alone
    lively: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass
class Loopback:
    """Choose ports, make keys and passwords, and write ``fleet.toml`` into ``folder``, which exists."""

    folder: Path
    setting: Setting = field(default_factory=Setting)

    def __post_init__(self) -> None:
        khaos, clarus, gxo, sftp, acs, acs_sftp, web, flower = free_ports(8)
        self.khaos_url = f"http://127.0.0.1:{khaos}/KhaosSandbox.exe"
        self.khaos, self.clarus = f"http://127.0.0.1:{khaos}", f"http://127.0.0.1:{clarus}"
        self.gxo, self.acs = f"http://127.0.0.1:{gxo}", f"http://127.0.0.1:{acs}"
        self.web, self.flower = f"http://127.0.0.1:{web}", f"http://127.0.0.1:{flower}"
        self.flower_login = f"fleet:{secrets.token_urlsafe(9)}"
        self.courier_folder = self.folder / "courier"
        self.courier_folder.mkdir()
        door, doors = make_door(self.folder, sftp), acs_settings.make_doors(self.folder, acs, acs_sftp)
        chosen = Chosen(
            khaos=self.khaos_url,
            clarus_port=clarus,
            gxo=door,
            acs=doors,
            web_port=web,
            courier_folder=str(self.courier_folder),
            sku_limit=self.setting.sku_limit,
            level=self.setting.level,
            issue_on=self.setting.issue_on,
            lively=self.setting.lively,
            first_automation=clarus_automations.FIRST,
        )
        self.settings = self.folder / "fleet.toml"
        self.settings.write_text(settings_text(chosen), encoding="utf-8")
        self.environment = {
            "FLEET_CONFIG": str(self.settings),
            "FLEET_ENVIRONMENT": "demo",
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": str(web),
            "FLOWER_HOST": "127.0.0.1",
            "FLOWER_PORT": str(flower),
            "FLOWER_BASIC_AUTH": self.flower_login,
            **{name: secrets.token_urlsafe(24) for name in SECRETS},
        }
        python, secret = "python -m adapters", "$CLARUS_CLIENT_SECRET"
        offers = "--confirm-shipment --post-stock-journal"
        self.lines = [
            f"sandbox-khaos: {python}.khaos.sandbox --port {khaos} --seed {self.setting.seed} {offers}",
            f"sandbox-clarus: {python}.clarus.sandbox --port {clarus} --seed {self.setting.seed} --secret={secret}",
            f"sandbox-gxo: {python}.gxo.sandbox --port {door.port} --control-port {gxo} --seed {self.setting.seed} "
            f"--client {CLIENT} --key {quote(door.own_public)} --host-key {quote(str(door.folder / HOST_KEY))} "
            f"--root {quote(str(door.folder / 'gxo'))} " + " ".join(f"--facility {house.facility}" for house in GXO),
            acs_settings.start_line(doors, self.setting.seed),
        ]
        stand_ins = StandIns(khaos=self.khaos, clarus=self.clarus, gxo=self.gxo, acs=self.acs)
        self.partners = Partners(stand_ins, self.web, self.environment)

    def set_up(self) -> None:
        """Wait until every stand-in answers, and set up in it what merchant and warehouse have set up before trade."""
        await_answer(*(f"{base}/_sandbox/health" for base in (self.khaos, self.clarus, self.gxo, self.acs)))
        self.partners.set_up(level=self.setting.level, issue_on=self.setting.issue_on)

    def addresses(self) -> dict[str, str]:
        """The stand-ins' addresses, by the names under which other commands look for them."""
        return {
            "khaos_sandbox": self.khaos_url,
            "clarus_sandbox": self.clarus,
            "gxo_sandbox": self.gxo,
            "acs_sandbox": self.acs,
        }


def await_answer(*urls: str, seconds: float = 180.0) -> None:
    """Wait until each address answers well. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    for url in urls:
        while True:
            try:
                if requests.get(url, timeout=2).ok:
                    break
            except requests.RequestException:
                pass
            if time.monotonic() > ends:
                raise TimeoutError(f"{url} does not answer after {seconds:g} s; the logs are in run/log of the demo")
            time.sleep(0.1)
