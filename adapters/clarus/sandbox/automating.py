"""Automations whose action is a webhook (api-reference/automations)."""

from __future__ import annotations

from typing import Any

from adapters.clarus.sandbox.books import Record
from adapters.clarus.sandbox.checks import attributes, check
from adapters.clarus.sandbox.refusal import invalid, not_found
from adapters.clarus.sandbox.rules import AUTOMATION
from adapters.clarus.sandbox.tenant import Tenant


def create(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """An automation; only ADD is allowed in its changes."""
    told = check(attributes(body, "automations"), AUTOMATION, ("resource_name", "event", "enabled"))
    conditions = [_added(change) for change in told.get("conditions_changes") or ()]
    url = ""
    for action in (_added(change) for change in told.get("actions_changes") or ()):
        parameters = [_added(change) for change in action.get("parameters_changes") or ()]
        named = {one.get("parameter_code"): one.get("value") for one in parameters}
        if action.get("destination_type") == "webhook":
            url = str(named.get("webhook_url") or "")
    made = tenant.webhooks.register(told["resource_name"], told["event"], url)
    made.update(enabled=told["enabled"], conditions=conditions, name=told.get("name") or made["name"])
    return 200, _answer(made)


def update(tenant: Tenant, an_id: str, body: Any) -> tuple[int, Any]:
    """Its name, and whether it is enabled."""
    made = _automation(tenant, an_id)
    told = check(attributes(body, "automations"), AUTOMATION)
    made.update({name: told[name] for name in ("name", "enabled") if name in told})
    return 200, _answer(made)


def delete(tenant: Tenant, an_id: str, _: Any) -> tuple[int, Any]:
    """No more webhooks from it."""
    tenant.books.automations.remove(_automation(tenant, an_id))
    return 204, None


def _automation(tenant: Tenant, an_id: str) -> Record:
    made = tenant.books.automations.rows.get(an_id)
    if made is None:
        raise not_found()
    return made


def _added(change: Any) -> Record:
    if not isinstance(change, dict) or change.get("type") != "ADD" or not isinstance(change.get("attributes"), dict):
        raise invalid("changes", "must be of type ADD with attributes")
    told: Record = change["attributes"]
    return told


def _answer(made: Record) -> dict[str, Any]:
    shown = {name: made[name] for name in ("resource_name", "event", "enabled")}
    return {"data": {"id": int(made["id"]), "type": "automations", "attributes": shown}}
