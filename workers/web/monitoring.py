"""What machines ask of the web process: is the fleet well and ready (``/health``), and its gauges (``/metrics``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TypeVar

import anyio
import structlog
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from workers.access.roles import Right
from workers.access.tokens import Scope
from workers.config.model import Limits
from workers.views.gauges import Figures, figures
from workers.views.overview import health
from workers.views.readiness import troubles
from workers.views.snapshot import Row
from workers.web.desk.door import token_or

log = structlog.get_logger(__name__)

QUEUE_WAIT = Limits().queue_wait
PATIENCE = 8.0  # seconds for an answer of the ledger: a server that stands still keeps its connections open

T = TypeVar("T")


def routes(engine: Engine, *, queue_wait: float = QUEUE_WAIT) -> APIRouter:
    """``/health``, ``/health/live`` and ``/health/ready`` for everyone, ``/metrics`` for who has a token."""
    router = APIRouter()

    @router.get("/health/live")
    def is_live() -> JSONResponse:
        """Tell that this process answers; it asks nobody, so that no outage elsewhere restarts it."""
        return JSONResponse({"live": True})

    @router.get("/health")
    async def is_well() -> JSONResponse:
        try:
            found = await _in_time(lambda: health(engine))
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("the ledger cannot be read", error=type(getattr(error, "orig", None) or error).__name__)
            return JSONResponse({"ledger": "away"}, 503)
        return JSONResponse(
            {"ledger": "ok", "oldest_due_seconds": found.oldest_due, "processes": dict(found.processes)}
        )

    @router.get("/health/ready")
    async def is_ready() -> JSONResponse:
        try:
            found = await _in_time(lambda: troubles(engine, queue_wait))
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("the ledger cannot be read", error=type(getattr(error, "orig", None) or error).__name__)
            return JSONResponse({"ready": False, "troubles": [{"kind": "ledger", "why": "it cannot be read"}]}, 503)
        return JSONResponse({"ready": not found, "troubles": [asdict(one) for one in found]}, 503 if found else 200)

    @router.get("/metrics", dependencies=[Depends(token_or(Scope.METRICS, Right.SEE))])
    def metrics() -> Response:
        return Response(exposition(figures(engine, queue_wait)), media_type=CONTENT_TYPE_LATEST)

    return router


async def _in_time(look: Callable[[], T]) -> T:
    """What the ledger answers. Raises TimeoutError when it takes too long; its thread is left behind."""
    with anyio.fail_after(PATIENCE):
        return await anyio.to_thread.run_sync(look, abandon_on_cancel=True)


def exposition(found: Figures) -> bytes:
    """The gauges in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Gauges(found))
    return generate_latest(registry)


class _Gauges(Collector):
    def __init__(self, found: Figures) -> None:
        self.found = found

    def collect(self) -> Iterable[GaugeMetricFamily]:
        found = self.found
        where = ("flow", "connection", "state")
        yield _gauge("fleet_messages", "Messages that are not settled.", where, found.messages)
        yield _gauge("fleet_settled_recently", "Messages that ended in the last 5 minutes.", where, found.settled)
        yield _gauge(
            "fleet_oldest_ready_seconds",
            "Age of the oldest message that may go.",
            ("queue",),
            found.oldest_ready,
            "age",
        )
        kinds = ("kind", "owner", "severity")
        yield _gauge("fleet_exceptions_open", "Exceptions that stand open.", kinds, found.exceptions)
        yield _gauge("fleet_dead_unfiled", "Dead messages without an exception row yet.", ("flow",), found.unfiled)
        gates = [{**row, "connection": row["name"]} for row in found.connections]
        which = ("connection", "system")
        yield _gauge("fleet_connection_open", "1 when messages may go to it.", which, gates, "open")
        yield _gauge("fleet_connection_paused", "1 when a person has paused it.", which, gates, "paused")
        yield _gauge("fleet_connection_shut_seconds", "How long it has been shut.", which, gates, "shut_for")
        alive = [{"name": name, "n": count} for name, count in found.processes.items()]
        yield _gauge("fleet_processes", "Worker processes with a fresh heartbeat.", ("name",), alive)
        yield _gauge("fleet_records_unread", "Records that wait to be read.", (), [{"n": found.unread}])
        run = ("schedule", "connection")
        yield _gauge("fleet_schedule_age_seconds", "Since the last run of it ended.", run, found.schedules, "age")
        kept = [{**row, "n": 1} for row in found.troubles]
        yield _gauge("fleet_trouble", "1 while this keeps the fleet from work.", ("kind", "subject"), kept)


def _gauge(name: str, what: str, labels: tuple[str, ...], rows: Iterable[Row], value: str = "n") -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=labels)
    for row in rows:
        family.add_metric([str(row[label]) for label in labels], float(row[value]))
    return family
