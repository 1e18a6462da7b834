"""The only reader of the environment and of ``fleet.toml``."""

from workers.config.desk import Desk, Oidc
from workers.config.model import Configuration, Connection, Fleet, Intervals, Limits, Rule, When
from workers.config.owners import ExceptionSettings, Mail, OwnerSettings
from workers.config.reading import (
    Environment,
    Misconfigured,
    environment,
    read,
    read_exceptions,
    read_fleet,
    read_second_person,
)
from workers.config.stock import Stock

__all__ = [
    "Configuration",
    "Connection",
    "Desk",
    "Environment",
    "ExceptionSettings",
    "Fleet",
    "Intervals",
    "Limits",
    "Mail",
    "Misconfigured",
    "Oidc",
    "OwnerSettings",
    "Rule",
    "Stock",
    "When",
    "environment",
    "read",
    "read_exceptions",
    "read_fleet",
    "read_second_person",
]
