"""The shape of ``fleet.toml``: sections, keys, defaults and units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field, field_validator, model_validator

from workers.broker.kinds import is_rabbitmq
from workers.config.desk import Desk
from workers.config.owners import ExceptionSettings, Mail, OwnerSettings
from workers.config.rates import Rate
from workers.config.stock import Stock
from workers.config.strict import Strict
from workers.config.system import Role


class Intervals(Strict):
    """Intervals of the schedules, in seconds."""

    orders: float = Field(300.0, gt=0, description="ask Khaos Control for invoices that are ready")
    catalogue: float = Field(900.0, gt=0, description="ask Khaos Control for products that changed")
    catalogue_whole: float = Field(86400.0, gt=0, description="compare the whole catalogue: finds what was missed")
    read_back: float = Field(60.0, gt=0, description="read back from Khaos Control what was sent to it")
    credit_notes: float = Field(900.0, gt=0, description="ask Khaos Control for the credit notes of open returns")
    sweep: float = Field(1800.0, gt=0, description="re-read warehouses' open orders, in case a webhook was lost")
    reference_data: float = Field(3600.0, gt=0, description="read the warehouses' accounts, buildings, carriers")


class Limits(Strict):
    """Seconds that things may take before an exception is filed."""

    sku_confirmed: float = Field(4 * 3600.0, gt=0, description="a SKU that an order waits for")
    dispatch: float = Field(36 * 3600.0, gt=0, description="from sending an order to its dispatch")
    proof: float = Field(1800.0, gt=0, description="from telling Khaos Control to its showing it")
    proof_by_hand: float = Field(24 * 3600.0, gt=0, description="the same, where an operator assigns the courier there")
    issued: float = Field(2 * 86400.0, gt=0, description="from a dispatch that Khaos Control shows to its issue there")
    delivery_note: float = Field(3 * 86400.0, gt=0, description="from a supplier's goods to their delivery note")
    grading: float = Field(3 * 86400.0, gt=0, description="from a garment's coming back to its grade")
    process_silent: float = Field(20.0, gt=0, description="without a heartbeat a process counts as dead")
    queue_wait: float = Field(1800.0, gt=0, description="for its turn, a message that may go to an open connection")
    burst: int = Field(50, gt=0, description="messages dying of one kind in a minute that shut a connection")


class Fleet(Strict):
    """The section ``[fleet]``."""

    database_url: str = "env:DATABASE_URL"
    broker_url: str = "env:BROKER_URL"
    redis_url: str = "env:REDIS_URL"
    sentry_dsn: str = "env:SENTRY_DSN"
    keep_bodies_months: int = Field(13, gt=0)
    keep_story_months: int = Field(25, gt=0)
    keep_keys_months: int = Field(25, gt=0)
    keep_finance_years: int = Field(7, gt=0)
    web_bind: str = "127.0.0.1:8600"
    time_zone: str = "Europe/London"  # of the merchant's calendar: months, days of dispatch, event dates
    intervals: Intervals = Intervals()
    limits: Limits = Limits()

    @field_validator("time_zone")
    @classmethod
    def _existing_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone: write an IANA name, for example Europe/London") from None
        return name

    @model_validator(mode="after")
    def _bodies_go_first(self) -> Fleet:
        for name in ("keep_story_months", "keep_keys_months"):
            if getattr(self, name) < self.keep_bodies_months:
                raise ValueError(
                    f"{name} = {getattr(self, name)} is less than keep_bodies_months = {self.keep_bodies_months}:"
                    " a body is found and purged by its message and its key, so keep those as long or longer"
                )
        return self

    @model_validator(mode="after")
    def _rates_have_a_redis(self) -> Fleet:
        if is_rabbitmq(self.broker_url) and not self.redis_url:
            raise ValueError(
                "redis_url: rates are kept in Redis, and broker_url names a RabbitMQ: set REDIS_URL to a Redis as well"
            )
        return self

    @property
    def redis(self) -> str:
        """The URL of the Redis that keeps the rates: the broker's, where no other is named."""
        return self.redis_url or self.broker_url

    @property
    def zone(self) -> ZoneInfo:
        """``time_zone`` as an object."""
        return ZoneInfo(self.time_zone)


class When(Strict):
    """The conditions under which a rule takes an order; everything named must hold."""

    site: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    postcode: tuple[str, ...] = Field((), description="beginnings of postcodes")
    channel: tuple[str, ...] = ()
    attribute: dict[str, str] = Field(default_factory=dict, description="an attribute that every SKU must have")

    @model_validator(mode="after")
    def _iso_countries(self) -> When:
        for code in self.country:
            if len(code) != ISO_ALPHA_2 or not code.isupper() or code == "UK":
                raise ValueError(
                    f"country {code!r} is no ISO 3166 alpha-2 code in upper case; the United Kingdom is 'GB'"
                )
        return self


ISO_ALPHA_2 = 2


class Rule(Strict):
    """One routing rule; the first that fits takes the order."""

    name: str
    when: When = When()
    to: str
    facility: str


DISPATCH_ROUTES = {  # and the table of the Khaos connection that each needs
    "soap_extension": "extensions.confirm_shipment",
    "courier_hook": "courier_hook",
    "consignment_file": "consignment_file",
}


class Connection(Strict):
    """A connection: its name is its identity in the ledger, in exceptions and in alerts."""

    name: str
    system: str
    settings: Any
    concurrency: int
    rate: Rate | None
    shares: dict[str, int]
    deadline: float
    partner_timeout: float
    role: Role
    side: Callable[..., Any] = Field(exclude=True)  # of the port, for these settings
    login: Callable[[Any], Any] | None = Field(default=None, exclude=True)  # what its processes share to sign in
    dispatch_route: str = ""  # how its dispatches reach Khaos Control; empty: the bound extension, if there is one

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    def connect(self, tables: Mapping[str, Any], ledger: Any = None) -> Any:
        """Its side of the port. Connects to nothing yet. With ``ledger`` every process signs in as one."""
        if self.login is None or ledger is None:
            return self.side(self.settings, tables)
        return self.side(self.settings, tables, self.login(ledger))

    @property
    def doubt_wait(self) -> float:
        """Seconds until a call that we gave up must be over on their side as well."""
        return self.deadline + self.partner_timeout


class Configuration(Strict):
    """Everything, resolved: no ``env:`` or ``file:`` is left in it."""

    fleet: Fleet
    connections: dict[str, Connection]
    routing: tuple[Rule, ...]
    tables: dict[str, dict[str, Any]]
    stock: Stock = Stock()
    exceptions: ExceptionSettings = ExceptionSettings()
    owners: dict[str, OwnerSettings] = Field(default_factory=dict)
    mail: Mail = Mail()
    desk: Desk = Desk()

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    @model_validator(mode="after")
    def _sites_beside_homes(self) -> Configuration:
        taken = dict.fromkeys(self.homes, "a selling site")
        for home, beside in self.stock.sites.items():
            if home not in self.homes:
                served = ", ".join(sorted(self.homes)) or "none"
                raise ValueError(f"stock.sites: {home!r} is no site that a facility serves; known are: {served}")
            for purpose, site in beside.named().items():
                if site in taken:
                    raise ValueError(
                        f"stock.sites.{home}.{purpose}: site {site!r} is {taken[site]}; a Khaos site has one use"
                    )
                taken[site] = f"{purpose} of {home}"
        return self

    @model_validator(mode="after")
    def _routes_are_there(self) -> Configuration:
        for warehouse in self.warehouses if any(c.role is Role.ERP for c in self.connections.values()) else ():
            table = DISPATCH_ROUTES.get(warehouse.dispatch_route)
            settings = self.erp.settings
            for part in table.split(".") if table else ():
                settings = getattr(settings, part)
            if table and settings is None:
                raise ValueError(
                    f"connections.{warehouse.name}.dispatch_route = {warehouse.dispatch_route!r} needs the table"
                    f" [connections.{self.erp.name}.{table}]; deploy/fleet.example.toml shows it"
                )
        return self

    @model_validator(mode="after")
    def _rules_name_connections(self) -> Configuration:
        for rule in self.routing:
            connection = self.connections.get(rule.to)
            if connection is None:
                names = ", ".join(sorted(self.connections))
                raise ValueError(
                    f"routing rule {rule.name!r} sends to {rule.to!r}, which is no connection; known are: {names}"
                )
            sites = getattr(connection.settings, "sites", None)
            if isinstance(sites, dict) and rule.facility not in sites:
                raise ValueError(
                    f"routing rule {rule.name!r} names facility {rule.facility!r}, which [connections.{rule.to}.sites]"
                    f" does not list; known are: {', '.join(sorted(sites))}"
                )
        return self

    @model_validator(mode="after")
    def _owners_can_be_told(self) -> Configuration:
        for name, owner in self.owners.items():
            if owner.email and not self.mail.host:
                raise ValueError(f"owners.{name}.email needs the section [mail] with host and sender")
            if owner.escalate_to and owner.escalate_to not in self.owners:
                raise ValueError(f"owners.{name}.escalate_to: there is no [owners.{owner.escalate_to!r}]")
        return self

    @property
    def homes(self) -> dict[str, tuple[str, str]]:
        """Khaos site -> (connection, facility), for every facility of every warehouse."""
        return {
            site: (connection.name, facility)
            for connection in self.warehouses
            for facility, site in connection.settings.sites.items()
        }

    @property
    def erp(self) -> Connection:
        """The merchant's ERP."""
        return next(c for c in self.connections.values() if c.role is Role.ERP)

    @property
    def warehouses(self) -> list[Connection]:
        """All connections that hold and ship goods."""
        return [c for c in self.connections.values() if c.role is Role.WAREHOUSE]
