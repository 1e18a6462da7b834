"""Where ACS lays its daily stock file and takes set-up files, and how its stock file is written. None is published."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from adapters.secret import Secret
from adapters.sftp.account import Account, checked_host_key, checked_private_key

Text = Annotated[str, StringConstraints(min_length=1)]
Seconds = Annotated[float, Field(gt=0)]
Folder = Annotated[str, StringConstraints(pattern=r"^/?[\w.-]+(/[\w.-]+)*$")]
Column = Literal["SKU", "RFID", "Location", "UniqueSKU", "ProcessStatus", "Grade", "OrderNumber"]


class FileSettings(BaseModel):
    """One login at ACS's SFTP server, with its folders. Frozen; an unknown name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Text
    port: Annotated[int, Field(gt=0, lt=65536)] = 22
    user: Text
    private_key: Annotated[Secret, AfterValidator(checked_private_key)]
    host_key: Annotated[str, AfterValidator(checked_host_key)]

    stock_folder: Folder = "/stock"
    setup_folder: Folder = "/setup"
    result_folder: Folder = "/setup/results"
    archive_folder: Folder = "/archive"
    stock_name: Text = "acs_stock_{account}_{day}_{time}.csv"  # (2.5.3)
    result_suffix: Text = ".result.csv"  # (2.5.4)
    setup_status_column: str = ""  # an agreed column that withdraws a garment; empty: there is none

    stock_by: time = time(
        7
    )  # when the day's file must have come, on the warehouse's clock; it is laid at 05:00 (2.5.3)
    stock_headers: dict[Column, Text] = Field(default_factory=dict)  # our column -> theirs, where they differ
    stock_encoding: Literal["auto", "utf-8", "utf-8-sig", "utf-16", "cp1252", "iso-8859-1"] = "auto"
    stock_delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"
    least_share: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.5")  # of yesterday's rows; fewer refuse the file
    lost_after: Annotated[int, Field(gt=0)] = 3  # files without a garment before it is a case
    lists_away: bool = True  # whether the file lists garments that are with customers

    poll_interval: Seconds = 300.0
    stable_for: Annotated[float, Field(ge=0)] = 15.0  # a file is taken when it looks the same for so long
    largest_file: Annotated[int, Field(gt=0)] = 512 * 1024 * 1024  # bytes
    connect_timeout: Seconds = 10.0
    deadline: Seconds = 300.0  # of one whole operation

    @model_validator(mode="after")
    def _names_fit(self) -> FileSettings:
        if "{day}" not in self.stock_name:
            raise ValueError("stock_name needs {day}: without it nobody can tell which day a file counts")
        folders = (self.stock_folder, self.setup_folder, self.result_folder, self.archive_folder)
        if len(set(folders)) < len(folders):
            raise ValueError("stock_folder, setup_folder, result_folder and archive_folder are four folders")
        return self

    @property
    def login(self) -> Account:
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
