"""Makes the automations in the stand-in of Clarus, as a merchant makes them there: one for each event and building.

A tenant with several buildings tells every automation of everything, so each has a condition on its building.
"""

from __future__ import annotations

from typing import Any

import requests

CLIENT_ID, SUBDOMAIN = "sandbox-client", "acme"
FIRST = 41  # the id of the first automation that is made in a fresh tenant
BUILDINGS = "query { account_warehouses { all(first: 100) { edges { node { warehouse { id code } } } } } }"
EVENTS = (
    "goods_out.completed",
    "goods_out.cancelled",
    "goods_out.updated",
    "stock.positively_adjusted",
    "stock.negatively_adjusted",
    "stock.placed_on_hold",
    "stock.released_from_hold",
    "stock.received",
    "stock.unreceived",  # stock.picked and stock.dispatched tell of each order's lines what the order's own event tells
    "goods_in.created",
    "goods_in.moved_to_part",
    "goods_in.completed",
    "goods_in.cancelled",
    "putaway_task.completed",
)


class Tenant:
    """The tenant's API, for what the fleet itself never does there."""

    def __init__(self, base_url: str, secret: str) -> None:
        """Signs in. Raises requests' errors."""
        self._base = base_url
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": secret}
        answer = requests.post(f"{base_url}/oauth/token", data=form, timeout=30)
        answer.raise_for_status()
        self._headers = {
            "Authorization": f"Bearer {answer.json()['access_token']}",
            "X-Clarus-Subdomain": SUBDOMAIN,
        }

    def building_ids(self) -> dict[str, str]:
        """Building's code -> its id."""
        told = self._post("/graphql", {"query": BUILDINGS})
        found = [edge["node"]["warehouse"] for edge in told["data"]["account_warehouses"]["all"]["edges"]]
        return {building["code"]: str(building["id"]) for building in found}

    def automate(self, event: str, url: str, building_id: str) -> str:
        """Have an event of one building posted to a URL. Returns the automation's id."""
        resource, _, word = event.partition(".")
        condition = {"source_path": "data.warehouse_id", "operator": "eq", "value": building_id}
        parameter = {"parameter_code": "webhook_url", "value": url}
        action = {"destination_type": "webhook", "parameters_changes": _added(parameter)}
        attributes = {
            "name": f"fleet: {event}",
            "resource_name": resource,
            "event": word,
            "enabled": True,
            "conditions_changes": _added(condition),
            "actions_changes": _added(action),
        }
        told = self._post("/api/automations", {"data": {"type": "automations", "attributes": attributes}})
        return str(told["data"]["id"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = requests.post(f"{self._base}{path}", json=body, headers=self._headers, timeout=30)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


def _added(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "ADD", "attributes": attributes}]
