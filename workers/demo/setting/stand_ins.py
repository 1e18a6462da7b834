"""The four stand-ins: their own doors, and what merchant and warehouses have set up in them before trade begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from workers.demo.setting import clarus_automations
from workers.demo.setting.acs_settings import EVENT_KEY
from workers.demo.setting.buildings import ACS, BUILDINGS, CLARUS
from workers.demo.setting.fleet_toml import CHANNEL_USER, COURIER_FILES, COURIER_USER

ISSUED_AFTER = 1.5  # seconds from a shipment's confirmation to the issue of its invoice: a term of the sum rule
CHANNEL_CLOCK = 60.0  # a minute of Khaos Control's channel passes in a second
COURIER_MASK = "SHIP*.CSV"


class Refused(Exception):
    """A stand-in does not do what people there want to do. The message is its own."""


@dataclass(frozen=True, slots=True)
class StandIns:
    """Their base URLs."""

    khaos: str = ""
    clarus: str = ""
    gxo: str = ""
    acs: str = ""


class Partners:
    """The stand-ins and the fleet's web process; ``environment`` has the secrets by the names of fleet.toml."""

    def __init__(self, at: StandIns, web: str, environment: Mapping[str, str]) -> None:
        self.khaos, self.clarus, self.gxo, self.acs = at.khaos, at.clarus, at.gxo, at.acs
        self._web, self._secrets = web, environment
        self.advice_token = ""  # of the fleet, for customer service

    def set_up(self, *, level: str, issue_on: str) -> None:
        """Buildings, carriers and automations at the warehouse; how Khaos Control takes levels and lets go of stock."""
        self.at_clarus(
            "setup",
            {
                "account": "ACME",
                "warehouses": [house.facility for house in CLARUS],
                "carriers": ["ROYALMAIL", "DPD"],
                "stock_unit_types": ["EACH"],
            },
        )
        tenant = clarus_automations.Tenant(self.clarus, self._secrets["CLARUS_CLIENT_SECRET"])
        buildings, made = tenant.building_ids(), []
        for house in CLARUS:
            hooks = f"{self._web}/hooks/{house.name}/{self._secrets['CLARUS_WEBHOOK_TOKEN']}"
            made += [tenant.automate(e, f"{hooks}/{e}", buildings[house.facility]) for e in clarus_automations.EVENTS]
        self.at_acs(
            "switches",
            {"event_url": f"{self._web}/hooks/{ACS.name}/-/all.events", "event_key": self._secrets[EVENT_KEY]},
        )
        expected = [str(clarus_automations.FIRST + place) for place in range(len(made))]
        assert made == expected, "fleet.toml names the automations by the ids that a fresh tenant gives"
        self.at_khaos(
            "switches",
            {
                "level_semantics": level,
                "stock_falls_on": issue_on,
                "issue_after": ISSUED_AFTER,
                "not_selling": [site for house in BUILDINGS for site in house.sites[1:]],
            },
        )

    def open_channel(self) -> None:
        """Have Khaos Control's channel client call our web process, on its own quick clock."""
        self.at_khaos(
            "channel",
            {
                "config_url": f"{self._web}/khaos/config.json",
                "user": CHANNEL_USER,
                "password": self._secrets["KHAOS_CHANNEL_PASSWORD"],
                "clock": CHANNEL_CLOCK,
            },
        )

    def open_folder(self, folder: str) -> None:
        """Have Khaos Control read the courier's folder."""
        self.at_khaos("courier_files", {"folder": folder, "mask": COURIER_MASK, "columns": COURIER_FILES})

    def assign(self, invoice: str, *, form: str, boxes: bool) -> bool:
        """An operator assigns an invoice to the courier whose service we are. Whether it was shipped."""
        asked = {
            "invoice": invoice,
            "url": f"{self._web}/khaos/courier",
            "user": COURIER_USER,
            "password": self._secrets["KHAOS_COURIER_PASSWORD"],
            "format": form,
            "boxes": boxes,
        }
        return bool(self.at_khaos("assign", asked)["success"])

    def announce(self, by: str, lines: list[dict[str, str]]) -> dict[str, Any]:
        """Customer service announces returns to the fleet."""
        token = {"Authorization": f"Bearer {self.advice_token}"}
        announced = {"by": by, "advice": lines}
        return _answer(requests.post(f"{self._web}/returns/advice", json=announced, headers=token, timeout=30))

    def at_khaos(self, door: str, body: Any) -> dict[str, Any]:
        """Post to a door of Khaos Control's stand-in. Raises Refused."""
        return _answer(requests.post(f"{self.khaos}/_sandbox/{door}", json=body, timeout=60))

    def at_clarus(self, door: str, body: Any) -> dict[str, Any]:
        """Post to a door of Clarus's stand-in. Raises Refused."""
        return _answer(requests.post(f"{self.clarus}/_sandbox/{door}", json=body, timeout=60))

    def at_gxo(self, door: str, body: Any) -> dict[str, Any]:
        """Post to a door of GXO's stand-in. Raises Refused."""
        return _answer(requests.post(f"{self.gxo}/_sandbox/{door}", json=body, timeout=60))

    def at_acs(self, door: str, body: Any) -> dict[str, Any]:
        """Post to a door of ACS's stand-in. Raises Refused."""
        return _answer(requests.post(f"{self.acs}/_sandbox/{door}", json=body, timeout=60))

    def ask_for_count(self, facility: str) -> None:
        """Have a facility of GXO tell everything that it holds, as it does every morning."""
        self.at_gxo("snapshot", {"facility": facility})

    def khaos_books(self) -> dict[str, Any]:
        """Khaos Control's own books."""
        return _books(self.khaos, ())

    def clarus_books(self, *parts: str) -> dict[str, Any]:
        """The books of Clarus's stand-in, or some parts of them."""
        return _books(self.clarus, parts)

    def gxo_books(self, *parts: str) -> dict[str, Any]:
        """The books of GXO's stand-in, likewise."""
        return _books(self.gxo, parts)

    def acs_books(self, *parts: str) -> dict[str, Any]:
        """The books of ACS's stand-in, likewise."""
        return _books(self.acs, parts)


def _books(base: str, parts: tuple[str, ...]) -> dict[str, Any]:
    only = {"only": ",".join(parts)} if parts else None
    return _answer(requests.get(f"{base}/_sandbox/books", params=only, timeout=60))


def _answer(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code in (404, 409, 422):
        raise Refused(answer.text[:500])
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told
