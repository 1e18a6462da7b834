"""What of a Sentry event may leave the house: it is rebuilt from the keys named here, and nothing else.

Whatever an integration or a later release of the SDK adds (request, user, extra, local variables,
source lines) stays behind unless a row here lets it go.
"""

from __future__ import annotations

import re
from typing import Any, cast

from sentry_sdk.types import Breadcrumb, Event, Hint

from workers.observability.privacy import chain, mask, own_message

OURS = "fleet.alerts"  # the logger name that marks an event as one of this module's
TAGS = ("flow", "connection", "kind", "owner", "reference", "severity", "process", "state", "expected")

KEPT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment", "server_name", "sdk")
KEPT_CHECK_IN = (*KEPT, "type", "check_in_id", "monitor_slug", "status", "duration", "monitor_config")
KEPT_FRAME = ("filename", "abs_path", "module", "function", "lineno", "in_app")
KEPT_CONTEXTS = {
    "trace": ("trace_id", "span_id", "parent_span_id"),
    "runtime": ("name", "version"),
    "fleet": ("runbook", "since", "due_at", "shut_for_seconds", "released", "exception"),
}
SAFE_TRANSACTIONS = frozenset({"component", "task", "route"})  # a "url" or "custom" name may hold a webhook's token
STATEMENT = re.compile(
    r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|BEGIN|COMMIT|ROLLBACK)\b(?:\s+[\w.]+)?", re.IGNORECASE
)


def strip(event: Event, hint: Hint) -> Event | None:
    """The event rebuilt from what may leave: Sentry's ``before_send``. Pure."""
    whole = cast("dict[str, Any]", event)
    if whole.get("type") == "check_in":
        return cast("Event", _only(whole, KEPT_CHECK_IN))
    kept = _only(whole, KEPT)
    if whole.get("logger") == OURS:
        kept |= {"message": mask(str(whole.get("message", ""))), "fingerprint": whole.get("fingerprint", [])}
    tags = whole.get("tags") or {}
    kept["tags"] = {tag: mask(str(tags[tag]), 200) for tag in TAGS if tag in tags}
    contexts = whole.get("contexts") or {}
    kept["contexts"] = {name: _only(contexts[name], keys) for name, keys in KEPT_CONTEXTS.items() if name in contexts}
    info = whole.get("transaction_info") or {}
    if info.get("source") in SAFE_TRANSACTIONS:
        kept["transaction"] = whole.get("transaction")
    raised = hint.get("exc_info")
    errors = list(chain(raised[1])) if raised else []
    values = (whole.get("exception") or {}).get("values") or []
    if values:
        kept["exception"] = {"values": [_strip_exception(value, errors) for value in values]}
    crumbs = (whole.get("breadcrumbs") or {}).get("values") or []
    kept["breadcrumbs"] = {"values": [crumb for crumb in (strip_breadcrumb(c, {}) for c in crumbs) if crumb]}
    return cast("Event", kept)


def strip_breadcrumb(crumb: Breadcrumb, _hint: dict[str, Any]) -> Breadcrumb | None:
    """Of a database step its verb and table; of anything else nothing. Sentry's ``before_breadcrumb``."""
    statement = STATEMENT.match(str(crumb.get("message") or "")) if crumb.get("category") == "query" else None
    if statement is None:
        return None
    return {"type": "default", "category": "query", "message": statement[0].strip(), "timestamp": crumb["timestamp"]}


def _strip_exception(value: dict[str, Any], errors: list[BaseException]) -> dict[str, Any]:
    kept = _only(value, ("type", "module"))
    kept["mechanism"] = _only(value.get("mechanism") or {}, ("type", "handled", "exception_id", "parent_id"))
    shown = str(value.get("value") or "")
    kept["value"] = next(
        (
            own_message(error)
            for error in errors
            if type(error).__name__ == value.get("type") and own_message(error) and shown.startswith(str(error)[:100])
        ),
        "",
    )
    frames = (value.get("stacktrace") or {}).get("frames") or []
    kept["stacktrace"] = {"frames": [_only(frame, KEPT_FRAME) for frame in frames]}
    return kept


def _only(whole: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: whole[key] for key in keys if key in whole}


def never(_event: Event, _hint: Hint) -> None:
    """Traces are off; should one be made all the same, it stays here."""
