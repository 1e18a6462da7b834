"""The fleet's Celery app with nobody to tell: what Flower's visibility costs is the difference."""

from __future__ import annotations

from workers import app as fleet
from workers.observability.flower import Silent

fleet.Flower = lambda _app, _node: Silent()  # type: ignore[misc, assignment, return-value]
app = fleet.app
