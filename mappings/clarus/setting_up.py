"""Sets Clarus up to call us: one automation with one webhook action per resource and event.

Source: api-reference/automations, OpenAPI AutomationAttributes. That a webhook's action takes the
destination code ``default`` and the parameters ``webhook_url`` and ``webhook_method`` is read from
the vendor's e-mail example and parameter list, not stated for webhooks.
"""

from __future__ import annotations

from mappings.clarus.facts import Facts, enveloped


def write_automation(resource: str, event: str, url: str, facts: Facts) -> bytes:
    """The body of create_automation: POST the record of ``resource`` ``event`` of the account to ``url``."""
    parameters = (("webhook_url", url), ("webhook_method", "POST"))
    condition = {
        "condition_code": "account_id",
        "source_path": "data.account_id",
        "operator": "eq",
        "value": facts.account_id,
    }
    action = {
        "destination_type": "webhook",
        "destination_code": "default",
        "parameters_changes": [
            {"type": "ADD", "attributes": {"parameter_code": code, "value": value}} for code, value in parameters
        ],
    }
    return enveloped(
        "automations",
        {
            "resource_name": resource,
            "event": event,
            "name": f"Khaos: {resource} {event}",
            "enabled": True,
            "conditions_changes": [{"type": "ADD", "attributes": condition}],
            "actions_changes": [{"type": "ADD", "attributes": action}],
        },
    )
