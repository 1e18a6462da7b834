"""A running Clarus sandbox for these tests, and a client, facts and orders to use with it."""

from __future__ import annotations

from fleet_tests.clarus_fixtures import clarus, desk, sandbox, served, settings

__all__ = ["clarus", "desk", "sandbox", "served", "settings"]
