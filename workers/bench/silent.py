"""The fleet's Celery app with nobody to tell: what Flower's visibility costs is the difference."""

from __future__ import annotations

from workers import process
from workers.app import app
from workers.observability.flower import Silent

__all__ = ["app"]

process.Flower = lambda _app, _node: Silent()  # type: ignore[misc, assignment, return-value]
