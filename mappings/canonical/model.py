"""What every canonical object is: frozen, and strict about its fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Units = Annotated[int, Field(ge=0)]


class Canonical(BaseModel):
    """Frozen, and refuses fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
