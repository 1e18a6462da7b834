"""Settings of one GXO connection, with their defaults.

GXO publishes no specification, so every name, folder and time is a setting. The numbers in brackets are sections
of the profile that was agreed on (X12 4010 over SFTP).
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from adapters.secret import Secret
from adapters.sftp.account import Account, checked_host_key, checked_private_key


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is no time zone: write one of the IANA names, for example Europe/London") from None
    return name


Text = Annotated[str, StringConstraints(min_length=1)]
Seconds = Annotated[float, Field(gt=0)]
FacilityId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,10}$")]  # N104 of N1*WH (2.1)
PartyId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_-]{2,15}$")]  # ISA06, ISA08, GS02, GS03
Folder = Annotated[str, StringConstraints(pattern=r"^[\w.-]+(/[\w.-]+)*$")]
TimeZone = Annotated[str, AfterValidator(_zone)]


class Facility(BaseModel):
    """What is peculiar to one facility."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_zone: TimeZone = "Europe/London"
    snapshot_by: time = time(7)  # when the day's 846 must have come, on the facility's clock (2.1)

    @property
    def zone(self) -> ZoneInfo:
        """The facility's clock."""
        return ZoneInfo(self.time_zone)


class Settings(BaseModel):
    """One account at GXO, with the facilities that it reaches. Frozen; an unknown name is refused.

    Secrets arrive resolved. Times are in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Text
    port: Annotated[int, Field(gt=0, lt=65536)] = 22
    user: Text
    private_key: Annotated[Secret, AfterValidator(checked_private_key)]  # its text, or its file's path
    host_key: Annotated[str, AfterValidator(checked_host_key)]  # "ssh-ed25519 AAAA…" or "SHA256:…", given by GXO

    client: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_-]{1,30}$")]  # our code at GXO: N104 of N1*DE
    client_name: str = ""  # N102 of N1*DE; empty: the code
    warehouse_name: str = "GXO"  # N102 of N1*WH
    sender: PartyId
    receiver: PartyId
    usage: Literal["P", "T"] = "P"  # ISA15: production or test
    ascii_only: bool = False  # their translator knows no accents: é goes as e

    sites: Annotated[dict[FacilityId, Text], Field(min_length=1)]  # facility id -> Khaos site name
    facilities: dict[FacilityId, Facility] = Field(default_factory=dict)

    services: dict[str, Text] = Field(
        default_factory=dict
    )  # Khaos courier ("": none) -> carrier service, W6605 (2.2.1)
    motor_services: tuple[Text, ...] = ()  # of these, those that are no parcels: W6602 M
    item_currency: str = ""  # of Khaos's buying prices; empty: no cost is sent to GXO (2.2.9)

    folder: Annotated[str, StringConstraints(pattern=r"^/[^\s]*[^/\s]$")] = "/{client}/{facility}"  # (2.1)
    in_folder: Folder = "in"  # as GXO names it: what goes in there
    out_folder: Folder = "out"
    ack_folder: Folder | Literal[""] = "out/ack"  # where they have one; empty: acknowledgements come in out_folder
    archive_folder: Folder = "archive"
    file_name: Text = "{set}_{number:09d}.edi"  # (2.2)

    ack: Literal["824", "997", "none"] = "824"  # what says that an order was taken (2.2.3); 997 says received only
    changes: Literal["cancel", "replace"] = "cancel"  # of a sent order: cancel it and send anew, or send a 940 R
    ack_997_within: Seconds = 3600.0  # (2.1)
    ack_824_within: Seconds = 14400.0  # (2.1)
    final_945: Literal["all_lines", "first"] = "all_lines"  # whether a 945 may leave lines out (2.2.4)

    poll_interval: Seconds = 60.0
    series: Literal["facility", "account"] = "facility"  # over which ISA13 of what GXO sends counts up
    gap_patience: Seconds = 1800.0  # a number that is left out of GXO's series may come for so long (2.1)
    stable_for: Annotated[float, Field(ge=0)] = 15.0  # a file is taken when it looks the same for so long (2.1)
    largest_file: Annotated[int, Field(gt=0)] = 16 * 1024 * 1024  # bytes

    rate: Annotated[str, Field(pattern=r"^(off|\d+(\.\d+)?/[smh])$")] = "50/s"  # operations; none is agreed
    concurrency: Annotated[int, Field(gt=0)] = 4  # connections at once
    connect_timeout: Seconds = 10.0  # of each step: TCP, greeting, login, channel
    deadline: Seconds = 60.0  # of one whole operation, connecting included
    partner_timeout: Seconds = 60.0  # an operation cut off longer ago than this can no longer take effect at GXO

    @model_validator(mode="after")
    def _names_fit(self) -> Settings:
        if stranger := min(set(self.facilities) - set(self.sites), default=""):
            raise ValueError(f"facilities.{stranger}: sites names no such facility; add it there, or remove it here")
        try:
            folders = {self.folder_of(one, self.in_folder) for one in self.sites}
            names = {self.name_of("940", 1), self.name_of("940", 2), self.name_of("943", 1)}
        except (KeyError, ValueError, IndexError):
            raise ValueError("folder may name {client} and {facility}, file_name {set} and {number:09d}") from None
        if len(folders) < len(self.sites):
            raise ValueError("folder gives two facilities one folder: it needs {facility}")
        if len(names) < 3 or any("/" in one or one.lower().endswith(".tmp") for one in names):  # noqa: PLR2004  all three
            raise ValueError("file_name gives two files one name, or one that is ignored: it needs {set} and {number}")
        return self

    def folder_of(self, facility: str, folder: str) -> str:
        """The path of one of a facility's folders."""
        return f"{self.folder.format(client=self.client, facility=facility)}/{folder}"

    def name_of(self, set_id: str, number: int) -> str:
        """The name of the file that carries an interchange: ``940_000000101.edi``."""
        return self.file_name.format(set=set_id, number=number)

    def facility(self, facility: str) -> Facility:
        """What is peculiar to a facility, the defaults where nothing is."""
        return self.facilities.get(facility, Facility())

    @property
    def account(self) -> Account:
        """The login."""
        return Account(
            host=self.host,
            port=self.port,
            user=self.user,
            private_key=self.private_key,
            host_key=self.host_key,
            connect_timeout=self.connect_timeout,
            deadline=self.deadline,
        )
