"""A listening Sentry for each test, and silence after it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk

from workers.observability import alerts


def _server() -> Any:
    spec = importlib.util.spec_from_file_location("sentry_server", Path(__file__).with_name("sentry_server.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Sentry()


@pytest.fixture
def sentry() -> Iterator[Any]:
    server = _server()
    alerts.configure(server.dsn, environment="test", release="fleet@1", process="orders-out")
    with sentry_sdk.isolation_scope():  # breadcrumbs of one test are not the next one's
        yield server
    alerts.configure(None, environment="test", release="fleet@1", process="orders-out")
    server.close()
