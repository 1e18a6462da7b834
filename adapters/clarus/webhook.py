"""Whether an incoming request may be one of Clarus's webhooks: the token, the tenant, the automation.

Clarus signs nothing: its five headers identify and do not prove (knowledgebase/integrations/
validate-a-webhook-request). So the unguessable part of our URL decides, the headers must fit, and
what the body says stays a hint until it is read back.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from adapters.clarus.settings import Settings

DOMAIN = "x-claruswms-domain"
API_DOMAIN = "x-claruswms-api-domain"
SUBDOMAIN = "x-claruswms-subdomain"
AUTOMATION = "x-claruswms-automation-id"
INTEGRATION = "x-claruswms-integration-id"
NO_TOKEN = "the token in the path is not ours"  # noqa: S105 -- a reason, not a secret


def check(settings: Settings, token: str, resource: str, event: str, headers: Mapping[str, str]) -> str | None:
    """None when the request may be believed to be Clarus's, else why not (never the token itself).

    ``token``, ``resource`` and ``event`` come from the path of our own URL; header names are
    compared without regard to case, values exactly.
    """
    if not hmac.compare_digest(token.encode(errors="backslashreplace"), settings.webhook_token.encode()):
        return NO_TOKEN
    by_name = {name.lower(): value for name, value in headers.items()}
    allowed = settings.webhook_automations.get(f"{resource}.{event}")
    if not allowed:
        return f"no automation is allowed for {resource}.{event}: add it to webhook_automations"
    expected = (
        (SUBDOMAIN, settings.subdomain),
        (AUTOMATION, allowed),
        (DOMAIN, settings.webhook_domain),
        (API_DOMAIN, settings.webhook_api_domain),
        (INTEGRATION, settings.webhook_integration_id),
    )
    for name, value in expected:
        if value and by_name.get(name, "") != value:
            return f"the header {name} is missing or not the one in the settings"
    return None
