"""Alerts for on-call through Sentry: exceptions, gates, schedules that stop.

One cause is one issue: the fingerprint is flow, connection and kind. Never raise an alert on a
retry; a message's death is the moment. What an event may hold stands in ``workers.alert_contents``.
"""

from __future__ import annotations

import math
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

import sentry_sdk
from sentry_sdk.client import NonRecordingClient
from sentry_sdk.crons import capture_checkin
from sentry_sdk.integrations import Integration
from sentry_sdk.types import Event

from workers.observability.alert_contents import OURS, never, strip, strip_breadcrumb

LEVELS = {"info": "info", "warning": "warning", "error": "error", "critical": "fatal"}
_check_ins: dict[str, float] = {}
_check_ins_lock = threading.Lock()


def configure(dsn: str | None, *, environment: str, release: str, process: str) -> None:
    """Send to ``dsn`` from now on; without one nothing is sent and no thread starts.

    ``process`` is the Procfile's name of this process and becomes a tag. Performance traces,
    sessions and log capture are off. Call it once, before the work begins.
    """
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(NonRecordingClient())
    with _check_ins_lock:
        _check_ins.clear()
    if not dsn:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # send_default_pii: said aloud while it is understood
        sentry_sdk.init(
            dsn=dsn,
            environment=environment,
            release=release,
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=20,
            before_send=strip,
            before_breadcrumb=strip_breadcrumb,
            before_send_transaction=never,
            auto_session_tracking=False,
            enable_backpressure_handling=False,
            send_client_reports=False,
            spotlight=False,
            # Not among them: logging (its records carry arguments), stdlib (it breadcrumbs URLs and adds
            # trace headers to partners' calls), argv and modules.
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=_integrations(),
        )
    sentry_sdk.get_global_scope().set_tag("process", process)


def _integrations() -> list[Integration]:
    # Imported with a DSN only: they bring FastAPI and SQLAlchemy along, half a second of every process's start.
    from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.celery import CeleryIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.dedupe import DedupeIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.fastapi import FastApiIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.sqlalchemy import SqlalchemyIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.starlette import StarletteIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.threading import ThreadingIntegration  # noqa: PLC0415

    return [
        AtexitIntegration(callback=lambda _pending, _timeout: None),
        DedupeIntegration(),
        ExcepthookIntegration(),
        ThreadingIntegration(propagate_scope=False),
        CeleryIntegration(propagate_traces=False, monitor_beat_tasks=False),
        SqlalchemyIntegration(),
        StarletteIntegration(transaction_style="endpoint"),
        FastApiIntegration(transaction_style="endpoint"),
    ]


def died(*, flow: str, connection: str, kind: str, owner: str, severity: str, reference: str, runbook: str) -> None:
    """One event for a message that died. ``severity`` as in ``policy``; ``runbook`` an address or section."""
    _send(
        f"{kind} on {flow} via {connection}",
        LEVELS.get(severity, "error"),
        [flow, connection, kind],
        {
            "flow": flow,
            "connection": connection,
            "kind": kind,
            "owner": owner,
            "severity": severity,
            "reference": reference,
        },
        {"runbook": runbook},
    )


def late(
    *, flow: str, connection: str, kind: str, owner: str, count: int, since: datetime, runbook: str, taken: bool = False
) -> None:
    """One event for a group that nobody has taken within its response time, or that who took it has not closed."""
    _send(
        f"{'who took it has not closed' if taken else 'nobody has taken'} {kind} on {flow} via {connection}",
        "error",
        ["late", flow, connection, kind],
        {"flow": flow, "connection": connection, "kind": kind, "owner": owner},
        {"count": count, "since": since.isoformat(), "runbook": runbook},
    )


def gate_shut(*, connection: str, kind: str, since: datetime, exception: int) -> None:
    """One event when a connection's gate shuts; what waits behind it raises none.

    ``exception`` is the number of what stands on the desk about it.
    """
    _send(
        f"{connection} is shut: {kind}",
        "error",
        _of_gate(connection, kind),
        {"connection": connection, "kind": kind, "state": "shut"},
        {"since": since.isoformat(), "exception": exception},
    )


def gate_opened(*, connection: str, kind: str, shut_for_seconds: float, released: int, exception: int) -> None:
    """The end of ``gate_shut``, in the same issue, as information. ``released`` messages go again."""
    _send(
        f"{connection} is open again after {shut_for_seconds:.0f} s ({kind})",
        "info",
        _of_gate(connection, kind),
        {"connection": connection, "kind": kind, "state": "opened"},
        {"shut_for_seconds": round(shut_for_seconds, 1), "released": released, "exception": exception},
    )


def _of_gate(connection: str, kind: str) -> list[str]:
    """One issue for a connection that is down, however its calls fail meanwhile; another for a release to suspect."""
    return ["gate", connection, "suspect_release" if kind == "suspect_release" else "down"]


@contextmanager
def check_in(schedule: str, *, every_seconds: float, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Tell Sentry's cron monitor ``schedule`` that a run began and how it ended.

    At most one pair a minute and schedule leaves a process, however often it runs. The monitor makes
    itself: an interval of whole minutes (at least one) and a margin of as long again, at least two.
    """
    began = clock()
    if not sentry_sdk.get_client().is_active() or not _due(schedule, began):
        yield
        return
    minutes = max(1, math.ceil(every_seconds / 60))
    slug = re.sub(r"[^a-z0-9_-]+", "-", schedule.lower()).strip("-")[:50]
    this = capture_checkin(
        monitor_slug=slug,
        status="in_progress",
        monitor_config={
            "schedule": {"type": "interval", "value": minutes, "unit": "minute"},
            "checkin_margin": max(2, minutes),
            "max_runtime": max(5, minutes),
            "failure_issue_threshold": 1,
            "recovery_threshold": 1,
            "timezone": "UTC",
        },
    )
    status = "error"
    try:
        yield
        status = "ok"
    finally:
        capture_checkin(monitor_slug=slug, check_in_id=this, status=status, duration=clock() - began)


def _due(schedule: str, now: float) -> bool:
    with _check_ins_lock:
        last = _check_ins.get(schedule)
        if last is not None and now - last < 60:  # noqa: PLR2004  seconds: the monitors count in minutes
            return False
        _check_ins[schedule] = now
        return True


def flush(seconds: float = 2.0) -> None:
    """Wait up to ``seconds`` for what is still unsent: for a process's last moments."""
    sentry_sdk.flush(timeout=seconds)


def _send(title: str, level: str, fingerprint: list[str], tags: dict[str, str], fleet: dict[str, Any]) -> None:
    event = {
        "message": title,
        "level": level,
        "logger": OURS,
        "fingerprint": fingerprint,
        "tags": tags,
        "contexts": {"fleet": fleet},
    }
    sentry_sdk.capture_event(cast("Event", event))
