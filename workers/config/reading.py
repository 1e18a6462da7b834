"""Reads the environment and ``fleet.toml``. Whatever is wrong is one line, before anything runs."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.secret import plain_secrets, withheld
from workers.config.desk import Desk
from workers.config.model import DISPATCH_ROUTES, Configuration, Connection, Fleet, Rule
from workers.config.owners import ExceptionSettings, Mail, OwnerSettings
from workers.config.rates import read_rate
from workers.config.stock import Stock
from workers.config.system import Role, System


class Misconfigured(Exception):
    """A setting is wrong. The message says which, and what to write."""


class Environment(BaseSettings):
    """The variables that the fleet reads. Secrets come from here or from files, never from ``fleet.toml``."""

    model_config = SettingsConfigDict(extra="ignore")

    fleet_config: str = "fleet.toml"
    database_url: str = ""
    broker_url: str = ""
    redis_url: str = ""  # of the rates, where the broker is no Redis
    sentry_dsn: str = ""
    fleet_environment: str = "production"
    fleet_process: str = "fleet"
    fleet_log_level: str = "INFO"
    fleet_heartbeats: str = ""  # the folder in which a worker touches a file as its heart turns; empty: nowhere
    fleet_withheld: str = ""  # secrets that this process is not given: their variables or files' names, or * for all
    fleet_var: str = ""  # where what runs on this machine keeps its files; empty: ``var`` in the current folder
    web_host: str = ""  # what the web process is bound to; empty: what ``web_bind`` of fleet.toml says
    web_port: str = ""
    flower_desk: str = ""  # the web process's URL, which tells Flower who is logged in; empty: that of this machine
    flower_basic_auth: str = ""  # Flower's login, name:password

    @field_validator("flower_basic_auth")
    @classmethod
    def _from_a_file(cls, value: str) -> str:
        """``file:PATH`` stands for what is in that file, as in ``fleet.toml``. Raises Misconfigured."""
        return value if not value.startswith("file:") else str(_resolve(value, "FLOWER_BASIC_AUTH"))


def _resolve(value: Any, where: str, *, optional: bool = False) -> Any:
    """Replace ``env:NAME`` and ``file:PATH`` by what stands there."""
    if isinstance(value, dict):
        return {k: _resolve(v, f"{where}.{k}", optional=optional) for k, v in value.items()}
    if isinstance(value, list):
        return [_resolve(v, f"{where}[{n}]", optional=optional) for n, v in enumerate(value)]
    if not isinstance(value, str):
        return value
    if value.startswith("env:"):
        name = value[4:]
        found = os.environ.get(name, "")
        if not found and not optional and _is_withheld(name):
            return withheld()
        if not found and not optional:
            raise Misconfigured(f"{where}: the environment variable {name} is not set; set it, or name another source")
        return found
    if value.startswith("file:"):
        try:
            return Path(value[5:]).read_text(encoding="utf-8").strip()
        except OSError as error:
            if isinstance(error, FileNotFoundError) and _is_withheld(Path(value[5:]).name):
                return withheld()
            raise Misconfigured(f"{where}: cannot read {value[5:]} ({error.strerror})") from None
    return value


def _is_withheld(name: str) -> bool:
    """Whether it is meant that this process lacks a secret: it has no use for it (docs/operations.md)."""
    names = {one.strip() for one in os.environ.get("FLEET_WITHHELD", "").split(",")}
    return name in names or "*" in names


def _misconfigured(error: ValidationError, where: str) -> Misconfigured:
    first = error.errors()[0]
    at = ".".join([where, *(str(part) for part in first["loc"])]).strip(".")
    if first["type"] == "extra_forbidden":
        return Misconfigured(f"{at}: unknown key; remove it or see deploy/fleet.example.toml for the right name")
    if first["type"] == "missing":
        return Misconfigured(f"{at}: is missing; deploy/fleet.example.toml shows it")
    message = first["msg"].removeprefix("Value error, ")
    return Misconfigured(f"{at}: {message}" if at else message)


SECTIONS = ("fleet", "connections", "routing", "stock", "tables", "exceptions", "owners", "mail", "desk")
AnySettings = TypeVar("AnySettings", bound=BaseModel)
OWN_TABLES = ("return_dispositions",)  # the merchant's decisions, for all systems alike


def _connection(name: str, raw: Any, systems: Mapping[str, System]) -> Connection:
    where = f"connections.{name}"
    if not isinstance(raw, dict) or "system" not in raw:
        raise Misconfigured(f"{where}: needs system = one of {', '.join(sorted(systems))}")
    raw = dict(raw)
    system = raw.pop("system")
    if system not in systems:
        raise Misconfigured(f"{where}.system: {system!r} is not known; known are: {', '.join(sorted(systems))}")
    if plain := plain_secrets(systems[system].settings, raw, where):
        raise Misconfigured(f"{plain[0]}: a secret never stands in fleet.toml; write env:NAME or file:PATH")
    shares = raw.pop("shares", {})
    route = raw.pop("dispatch_route", "")
    erp = systems[system].role is Role.ERP
    if route and (erp or route not in DISPATCH_ROUTES):
        choices = "a warehouse's connection has it" if erp else f"known are: {', '.join(DISPATCH_ROUTES)}"
        raise Misconfigured(f"{where}.dispatch_route: {route!r} cannot be; {choices}")
    try:
        settings = systems[system].settings(**_resolve(raw, where))
        return Connection(
            name=name,
            system=system,
            settings=settings,
            concurrency=settings.concurrency,
            rate=read_rate(settings.rate),
            shares=shares,
            deadline=settings.deadline,
            partner_timeout=settings.partner_timeout,
            dispatch_route=route,
            role=systems[system].role,
            side=systems[system].side,
            login=systems[system].login,
        )
    except ValidationError as error:
        raise _misconfigured(error, where) from None
    except ValueError as error:
        raise Misconfigured(f"{where}: {error}") from None


def read(path: Path, systems: Mapping[str, System]) -> Configuration:
    """Read and check a configuration file. Raises Misconfigured with one line that says what to do."""
    raw = _toml(path)
    if unknown := set(raw) - set(SECTIONS):
        raise Misconfigured(f"{min(unknown)}: unknown section; known are {', '.join(SECTIONS)}")
    _tables(raw.get("tables", {}), systems)
    fleet = _fleet(raw)
    try:
        rules = tuple(Rule(**rule) for rule in raw.get("routing", []))
    except ValidationError as error:
        raise _misconfigured(error, "routing") from None
    try:
        stock = Stock(**raw.get("stock", {}))
    except ValidationError as error:
        raise _misconfigured(error, "stock") from None
    connections = {name: _connection(name, c, systems) for name, c in raw.get("connections", {}).items()}
    _names(connections, [name for name, system in systems.items() if system.role is Role.ERP])
    _one_site_each(connections)
    try:
        return Configuration(
            fleet=fleet,
            connections=connections,
            routing=rules,
            stock=stock,
            tables=raw.get("tables", {}),
            exceptions=_section(raw, "exceptions", ExceptionSettings),
            owners={name: _owner(name, raw["owners"][name]) for name in raw.get("owners", {})},
            mail=_section(raw, "mail", Mail),
            desk=_section(raw, "desk", Desk),
        )
    except ValidationError as error:
        raise _misconfigured(error, "") from None


def read_exceptions(path: Path) -> ExceptionSettings:
    """The section ``[exceptions]`` alone. Raises Misconfigured."""
    return _section(_toml(path), "exceptions", ExceptionSettings)


def read_second_person(path: Path) -> tuple[str, ...]:
    """Which edits another person must approve: of ``[desk]`` that alone, whose secrets are not needed for it."""
    return _section(
        {"desk": {"second_person": _toml(path).get("desk", {}).get("second_person", ())}}, "desk", Desk
    ).second_person


def _section(raw: Mapping[str, Any], name: str, model: type[AnySettings]) -> AnySettings:
    """One section that holds no connection. Raises Misconfigured, also for a secret that stands there as it is."""
    found = raw.get(name, {})
    where = name
    if not isinstance(found, dict):
        raise Misconfigured(f"{where}: is a section: write [{where}]")
    if plain := plain_secrets(model, found, where):
        raise Misconfigured(f"{plain[0]}: a secret never stands in fleet.toml; write env:NAME or file:PATH")
    try:
        return model(**_resolve(found, where))
    except ValidationError as error:
        raise _misconfigured(error, where) from None


def _owner(name: str, raw: Any) -> OwnerSettings:
    return _section({f"owners.{name}": raw}, f"owners.{name}", OwnerSettings)


def _tables(tables: dict[str, Any], systems: Mapping[str, System]) -> None:
    """Refuse a table that no system takes rows of, and rows for a system that does not take them."""
    takers: dict[str, list[str]] = {}
    for name, system in sorted(systems.items()):
        for table in system.tables:
            takers.setdefault(table, []).append(name)
    for table, rows in tables.items():
        if table in OWN_TABLES:
            continue
        if table not in takers:
            choices = ", ".join(sorted({*takers, *OWN_TABLES}))
            raise Misconfigured(f"tables.{table}: unknown table; known are {choices}")
        if stranger := min(set(rows) - set(takers[table]), default=""):
            choices = ", ".join(takers[table])
            raise Misconfigured(
                f"tables.{table}.{stranger}: no system of this name takes its rows; known are {choices}"
            )


def read_fleet(path: Path) -> Fleet:
    """The section ``[fleet]`` alone: whoever needs only the ledger need not know any system. Raises Misconfigured."""
    return _fleet(_toml(path))


def _fleet(raw: dict[str, Any]) -> Fleet:
    try:
        named = Fleet().model_dump(include={"database_url", "broker_url", "redis_url", "sentry_dsn"})
        return Fleet(**_resolve({**named, **raw.get("fleet", {})}, "fleet", optional=True))
    except ValidationError as error:
        raise _misconfigured(error, "fleet") from None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Misconfigured(f"{path} is not there: copy deploy/fleet.example.toml, or set FLEET_CONFIG") from None
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}): FLEET_CONFIG must name a TOML file") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not text: FLEET_CONFIG must name a TOML file in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        if "Cannot declare" in str(error) or "overwrite" in str(error):
            why = "one name stands twice; each connection and each key needs a name of its own"
            raise Misconfigured(f"{path}: {why} ({error})") from None
        raise Misconfigured(f"{path} is not TOML: {error}") from None


def _names(connections: dict[str, Connection], erps: list[str]) -> None:
    lowered: dict[str, str] = {}
    for name in connections:
        if not name.replace("-", "").replace("_", "").isalnum():
            raise Misconfigured(
                f"connections.{name}: a name has letters, digits, - and _ only: it is part of URLs and ids"
            )
        if name.lower() in lowered:
            raise Misconfigured(
                f"connections.{name}: {lowered[name.lower()]!r} is the same name but for case; rename one"
            )
        lowered[name.lower()] = name
    if sum(c.role is Role.ERP for c in connections.values()) != 1:
        named = " or ".join(map(repr, sorted(erps)))
        raise Misconfigured(
            f"connections: exactly one connection of system {named} is needed: one deployment serves one merchant"
        )


def _one_site_each(connections: dict[str, Connection]) -> None:
    taken: dict[str, str] = {}
    for connection in connections.values():
        sites = getattr(connection.settings, "sites", None)
        if not isinstance(sites, dict):
            continue
        for facility, site in sites.items():
            if site in taken:
                raise Misconfigured(
                    f"connections.{connection.name}.sites.{facility}: Khaos site {site!r} is already served by"
                    f" {taken[site]}; a facility serves one site, and a site one facility"
                )
            taken[site] = f"{connection.name}/{facility}"


@cache
def environment() -> Environment:
    """The environment, read once."""
    return Environment()
