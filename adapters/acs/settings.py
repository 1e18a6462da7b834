"""Settings of one ACS connection, with a default for each thing that ACS has not published.

ACS publishes an order call and that there is a daily file; the rest is the profile that the merchant proposes, so each
of it is a setting. The numbers in brackets are its sections.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from adapters.acs.file_settings import FileSettings
from adapters.secret import OptionalSecret, SecretMember


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is no time zone: write one of the IANA names, for example Europe/London") from None
    return name


Text = Annotated[str, StringConstraints(min_length=1)]
Key = Annotated[SecretMember, StringConstraints(min_length=16)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+[^/\s]$")]
Seconds = Annotated[float, Field(gt=0)]
Days = Annotated[int, Field(ge=0)]
Hours = Annotated[int, Field(ge=0)]
MiscField = Annotated[str, StringConstraints(pattern=r"^Misc([1-9]|10)$")]
Fact = Literal["order_code", "invoice_code", "associated_ref", ""]
OUR_FACTS: dict[str, Fact] = {"Misc1": "order_code", "Misc2": "invoice_code"}
Pair = Annotated[str, StringConstraints(pattern=r"^[^/\s]+/[^/\s]+$")]  # AGENT/SERVICE


class Calendar(BaseModel):
    """When the warehouse works, on its own clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/London"
    nation: Literal["ENG", "SCT", "WLS", "NIR"] = "SCT"  # whose bank holidays; ACS's warehouse is in Scotland
    cut_off: time = time(12)  # (1.2.1): one client's assumption
    week: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (0, 1, 2, 3, 4)  # Monday is 0; no weekend work (1.2.1)
    closed: tuple[date, ...] = ()
    open: tuple[date, ...] = ()  # worked on though they are weekends or holidays
    transit_days: Days = 1  # working days from dispatch to delivery
    turnaround_days: Days = 1  # working days for an order, or its rest, before it is an alert

    @property
    def zone(self) -> ZoneInfo:
        """The warehouse's clock."""
        return ZoneInfo(self.time_zone)


class Hire(BaseModel):
    """The recognition of a hire in Khaos, and its length. Field names are Khaos's user-defined fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: tuple[Text, ...] = ()  # sales sources whose orders are hires
    stock_types: tuple[Text, ...] = ()  # product attributes, "NAME:VALUE", whose lines are hires
    line_field: str = ""  # a line's user-defined field that says "hire"
    event_field: str = ""  # the order's field with the first day of the hire
    length_field: str = ""  # the order's field that names the length, by the rows of lengths
    lengths: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)  # their word -> days
    early_days: Days = 1  # a garment arrives so long before its event, or on the working day before
    buffer_hours: Hours = 0  # not bookable so long after it is ready or expected back; 72 was seen (1.2.3)


class Settings(BaseModel):
    """One account at ACS. Frozen; an unknown name is refused. Secrets arrive resolved. Times are in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: (
        Url  # "https://uat-partnerapis.acsclothing.co.uk/api/v1" (1.2.1); live and test differ, so none is guessed
    )
    suffix: Literal["", ".json"] = ""  # behind the order's number
    auth: Literal["basic", "apim_key"] = "basic"
    user: str = ""
    password: OptionalSecret = ""
    subscription_key: OptionalSecret = ""  # Ocp-Apim-Subscription-Key
    account: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,20}$")]  # AccountCode
    sites: Annotated[dict[Text, Text], Field(min_length=1, max_length=1)]  # our name of the building -> Khaos site

    sku_mode: Literal["unique", "product"] = "product"  # who chooses the garment: we, or ACS
    services: dict[str, Pair] = Field(default_factory=dict)  # Khaos courier -> AGENT/SERVICE
    allowed_services: tuple[Pair, ...] = ()  # the agreed pairs; empty: those of the table
    countries: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")], ...] = ("GB",)  # (2.5.1)
    misc: dict[MiscField, Fact] = Field(
        default_factory=lambda: dict(OUR_FACTS)
    )  # what of ours is sent along, and where
    calendar: Calendar = Calendar()
    hire: Hire = Hire()

    proof: Literal["get", "event", "2xx"] = "get"  # what proves that an order was taken
    answer_within: Seconds = 3600.0  # the proof comes within this time of the order
    polls: bool = True  # open orders are read back; with events too, neither doubles the other
    poll_interval: Seconds = 900.0  # (2.5.1)

    webhook_secrets: Annotated[tuple[Key, ...], Field(max_length=2, repr=False)] = ()  # the new one beside the old one
    event_window: Seconds = 300.0  # how old a signature may be; a repeated delivery is signed anew (2.5.2)

    credit_above: Annotated[Decimal, Field(ge=0)] | None = None  # a credit above this is a person's; None: no limit
    write_off_above: Annotated[Decimal, Field(ge=0)] = Decimal(
        0
    )  # a write-off above this needs a person's confirmation
    files: FileSettings | None = None  # None: stock comes by events and read-backs alone, garments are set up by hand

    rate: Annotated[str, Field(pattern=r"^(off|\d+(\.\d+)?/[smh])$")] = "5/s"  # no limit is published
    concurrency: Annotated[int, Field(gt=0)] = 4
    connect_timeout: Seconds = 10.0
    deadline: Seconds = 30.0  # of one whole exchange
    partner_timeout: Seconds = 60.0  # a call cut off longer ago than this can no longer take effect at ACS

    @model_validator(mode="after")
    def _can_log_in(self) -> Settings:
        if self.auth == "basic" and not (self.user and self.password):
            raise ValueError('auth = "basic" needs user and password')
        if self.auth == "apim_key" and not self.subscription_key:
            raise ValueError('auth = "apim_key" needs subscription_key')
        if self.proof == "event" and not self.webhook_secrets:
            raise ValueError('proof = "event" needs webhook_secrets: without them no event is believed')
        if self.proof == "get" and not self.polls:
            raise ValueError('proof = "get" needs polls = true')
        return self
