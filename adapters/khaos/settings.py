"""Settings of one Khaos Control connection, with their defaults.

"Guide" in this package is the vendor's Web Integration Guide v7.8d.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from adapters.khaos.courier_settings import ConsignmentFile, CourierHook
from adapters.secret import OptionalSecret
from adapters.waiting import LONGEST_WAIT

Text = Annotated[str, StringConstraints(min_length=1)]
Seconds = Annotated[float, Field(gt=0)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+[^/\s]$")]
Stages = Annotated[tuple[int, ...], Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CaBundle(_Part):
    """Trust the certificates in this PEM file: the self-signed one of the merchant's IIS, for instance."""

    ca_bundle: Text


class Pinned(_Part):
    """Trust exactly the certificate whose SHA-256 this is (hex, colons allowed), whoever signed it."""

    pinned_sha256: Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f]{2}:?){32}$")]


class Basic(_Part):
    """HTTP Basic credentials, checked by IIS."""

    user: Text
    password: OptionalSecret


class Argument(_Part):
    """A further SOAP argument that every operation takes: newer services ask for a password so."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.-]*$")]
    value: OptionalSecret


class BasicAuth(_Part):
    """``auth: {basic: {user, password}}``."""

    basic: Basic


class ArgumentAuth(_Part):
    """``auth: {argument: {name, value}}``."""

    argument: Argument


class Bound(_Part):
    """An operation of the merchant's own service: its name, and our names -> its argument names."""

    operation: Text = "ConfirmShipment"
    arguments: dict[str, str] = Field(
        default_factory=lambda: {
            "invoice": "InvoiceCode",
            "shipment": "ShipmentRef",
            "consignment": "ConsignmentRef",
            "courier": "Courier",
            "ship_date": "ShipDate",
            "items": "Items",
            "boxes": "Boxes",
        },
    )


class BoundJournal(Bound):
    """The operation that books one stock movement's value, once for each movement; it must not move stock as well."""

    operation: Text = "PostStockJournal"
    arguments: dict[str, str] = Field(
        default_factory=lambda: {
            "movement": "MovementID",
            "sku": "StockCode",
            "site": "Site",
            "units": "Quantity",
            "reason": "Reason",
            "account": "Account",
            "unit_cost": "UnitCost",
            "event_time": "EventTime",
        },
    )


class Extensions(_Part):
    """Operations that the vendor does not publish and this merchant's service has all the same."""

    confirm_shipment: Bound | None = None
    post_journal: BoundJournal | None = None


class Channel(_Part):
    """The web-services channel that Khaos calls (kcc-web-services, README). Without a password it is shut.

    ``public_url`` is where Khaos reaches our web process; ``page`` is how many returns it gets in one pull;
    ``source_reference`` the spelling of a returned line's order that the merchant's build takes (vendor's
    material has three).
    """

    user: Text = "khaos"
    password: OptionalSecret = ""
    public_url: Url
    format: Literal["JSON", "XML"] = "JSON"
    frequency_minutes: Annotated[int, Field(gt=0)] = 5
    page: Annotated[int, Field(gt=0)] = 100
    source_reference: Literal["SourceReference", "SourceReturnReference", "flat"] = "SourceReference"


class Settings(_Part):
    """One Khaos Control service. Frozen; an unknown name is refused. Secrets arrive resolved.

    ``url`` is the service's executable without ``/soap`` or ``/wsdl`` behind it. Times are in
    seconds unless the name says otherwise. Stage numbers are the Sales Invoice Manager's (Guide,
    ``ExportOrderStatusEx``): 9 released; 17, 18, 19 and 21 waiting or on hold.
    """

    url: Url
    tls: Literal["verify", "insecure"] | CaBundle | Pinned = "verify"
    auth: Literal["none"] | BasicAuth | ArgumentAuth = "none"
    ready_stages: Stages = (9,)
    withdraw_stages: Stages = (17, 18, 19, 21)
    open_stages: Stages = (9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21)  # have stock assigned: all but 18
    level_semantics: Literal["available", "in_stock"] = "available"  # what LEVEL means on the way in: test it
    issue_point: Literal["issue", "confirmation"] = "issue"  # when in-stock falls
    lookback_days: Annotated[int, Field(gt=0)] = 90  # the date filter is on the order's date: keep it wide
    overlap_minutes: Annotated[int, Field(ge=0)] = 15  # Guide: overlap every "changed since" poll
    concurrency: Annotated[int, Field(gt=0)] = 1
    rate: Annotated[str, Field(pattern=r"^(off|\d+(\.\d+)?/[smh])$")] = "2/s"  # no limit is published: a polite guess
    longest_wait: Seconds = LONGEST_WAIT  # at most so long it makes us wait (Retry-After), whatever it says
    deadline: Seconds = 60.0  # of one whole call, the WSDL included when it has yet to be read
    connect_timeout: Seconds = 10.0
    partner_timeout: Seconds = 60.0  # how long their side may still be working after we gave up
    time_zone: str = "Europe/London"  # of the service's clock: times travel as its wall-clock, without an offset
    sites: tuple[Text, ...] = ()  # names; empty = all
    service_lines: dict[Text, Text] = Field(default_factory=dict)  # hires: a service's code -> the garment's stock code
    extensions: Extensions = Extensions()
    courier_hook: CourierHook | None = None
    consignment_file: ConsignmentFile | None = None
    channel: Channel | None = None

    @field_validator("service_lines")
    @classmethod
    def _there_and_back(cls, rows: dict[str, str]) -> dict[str, str]:
        for code, garment in rows.items():
            if code.count("*") != garment.count("*") or code.count("*") > 1:
                raise ValueError(f"{code!r} = {garment!r}: write one * on both sides, or none")
            if code == garment:
                raise ValueError(f"{code!r} names itself: a service needs a code of its own")
        if twice := sorted({one for one in rows.values() if list(rows.values()).count(one) > 1}):
            raise ValueError(f"{twice[0]!r} goes for two services: Khaos Control is told what left by the one code")
        return rows

    @field_validator("time_zone")
    @classmethod
    def _existing_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone: give an IANA name such as Europe/London") from None
        return name

    @property
    def zone(self) -> ZoneInfo:
        """``time_zone`` as an object."""
        return ZoneInfo(self.time_zone)
