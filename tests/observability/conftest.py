"""A listening Sentry for each test, and silence after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sentry_sdk

from fleet_tests.sentry import Sentry
from workers.observability import alerts


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    server = Sentry()
    alerts.configure(server.dsn, environment="test", release="fleet@1", process="orders-out")
    with sentry_sdk.isolation_scope():  # breadcrumbs of one test are not the next one's
        yield server
    alerts.configure(None, environment="test", release="fleet@1", process="orders-out")
    server.close()
