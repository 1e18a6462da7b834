"""The sections ``[exceptions]``, ``[owners]`` and ``[mail]``.

Whose each kind of exception is, until when somebody must have taken it, and how owners are told.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from adapters.secret import OptionalSecret
from workers.config.strict import Strict

Severity = Literal["info", "warning", "error", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
ALREADY_THERE = ("support", "operations", "customer service", "finance", "merchandising", "engineering")


class Hours(Strict):
    """When people work: response times run only then. Times are the merchant's."""

    days: tuple[Day, ...] = Field(("mon", "tue", "wed", "thu", "fri"), min_length=1)
    begin: time = time(9)
    end: time = time(17, 30)
    nation: Literal["ENG", "SCT", "WLS", "NIR"] = Field("ENG", description="whose bank holidays nobody works on")
    closed: tuple[date, ...] = Field((), description="further days on which nobody works")

    @model_validator(mode="after")
    def _ends_later(self) -> Hours:
        if self.end <= self.begin:
            raise ValueError(f"end {self.end:%H:%M} is not after begin {self.begin:%H:%M}: write the day's hours")
        return self


class ExceptionSettings(Strict):
    """The section ``[exceptions]``."""

    owners: dict[str, str] = Field(default_factory=dict, description="kind = owner, where it is not the table's")
    respond_within: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="kind or severity = working hours until somebody must have taken it"
    )
    around_the_clock: tuple[Severity, ...] = Field(("critical",), description="whose hours also run at night")
    hours: Hours = Hours()
    retry_per_minute: int = Field(120, gt=0, description="exceptions of a group that are retried a minute")

    def hours_for(self, kind: str, severity: str) -> float | None:
        """Hours within which one must be taken; None where no time is set."""
        wanted: dict[str, float] = {**DEFAULT_HOURS, **self.respond_within}
        return wanted.get(kind, wanted.get(severity))


DEFAULT_HOURS = {"critical": 1.0, "error": 8.0, "warning": 24.0}


class OwnerSettings(Strict):
    """A table ``[owners.<owner>]``: how one owner is told."""

    email: tuple[str, ...] = ()
    webhook: OptionalSecret = ""
    webhook_kind: Literal["slack", "teams"] = "slack"
    digest_at: time | None = Field(None, description="the merchant's time of the daily digest; none: no digest")
    urgent: tuple[Severity, ...] = Field(("critical",), description="severities that are told at once")
    escalate_to: str = Field("", description="the owner who is told when the time is over")

    @field_validator("email", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("email")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if one.count("@") != 1 or one.startswith("@") or one.endswith("@") or any(c.isspace() for c in one):
                raise ValueError(f"{one!r} is no e-mail address")
        return value

    @property
    def channels(self) -> tuple[str, ...]:
        """How they can be told: ``mail``, ``webhook``."""
        return (*(("mail",) if self.email else ()), *(("webhook",) if self.webhook else ()))


class Mail(Strict):
    """The section ``[mail]``: the server that takes our messages."""

    host: str = ""
    port: int = Field(587, gt=0, lt=65536)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: OptionalSecret = ""
    sender: str = "fleet@localhost"
    timeout: float = Field(20.0, gt=0)
