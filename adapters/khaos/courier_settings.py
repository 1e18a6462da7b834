"""Settings of the two documented routes of a dispatch into Khaos: the courier hook, and the courier's files.

Vendor: repository ``kc-courier-services`` for the hook. That a courier has an input folder and a file mask is from its
help site (courier options); which columns its files have is settled with each courier, so they are settings here.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from adapters.secret import Secret

Text = Annotated[str, StringConstraints(min_length=1)]
Column = Literal[
    "invoice", "order", "associated_ref", "shipment", "consignment", "tracking", "courier", "service", "weight",
    "box", "parcels", "units", "shipped_on",
]  # fmt: skip
COLUMNS: dict[Column, str] = {"invoice": "Invoice", "consignment": "Consignment", "tracking": "Tracking"}


class CourierHook(BaseModel):
    """Whom we let in where Khaos posts invoices that were assigned to our courier, and whether it gets a label."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: Text
    password: Secret
    label: Literal["pdf", "none"] = "pdf"  # whether Khaos does without one is not published


class ConsignmentFile(BaseModel):
    """The courier's input folder of Khaos, as this machine sees it, and what its files look like.

    ``name`` holds ``{number}``, which counts up for good; Khaos's file mask must fit it (``SHIP*.CSV``).
    ``columns`` says which of our values stand in the file, in this order, and under which header.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Text
    name: str = "SHIP{number:06}.CSV"
    columns: dict[Column, str] = Field(default_factory=lambda: dict(COLUMNS))
    rows: Literal["invoice", "parcel"] = "invoice"
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    header: bool = True
    encoding: str = "utf-8"
    line_end: Literal["crlf", "lf"] = "crlf"

    @field_validator("name")
    @classmethod
    def _counts(cls, name: str) -> str:
        try:
            first, second = name.format(number=1), name.format(number=2)
        except (IndexError, KeyError, ValueError):
            raise ValueError(f"{name!r} is no mask: write for example 'SHIP{{number:06}}.CSV'") from None
        if first == second or set(first) & set('/\\:*?"<>|') or first.startswith("."):
            raise ValueError(f"{name!r} must be a plain file name with {{number}} in it, as 'SHIP{{number:06}}.CSV'")
        return name

    @field_validator("encoding")
    @classmethod
    def _existing_encoding(cls, name: str) -> str:
        try:
            return codecs.lookup(name).name
        except LookupError:
            raise ValueError(f"{name!r} is no encoding: write for example 'utf-8' or 'cp1252'") from None

    @model_validator(mode="after")
    def _enough(self) -> ConsignmentFile:
        for needed in ("invoice", "consignment"):
            if needed not in self.columns:
                raise ValueError(f"columns must name {needed!r}: without it Khaos Control cannot take the reference")
        return self
