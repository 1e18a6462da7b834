"""What a connection to the toy needs to be told."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from adapters.secret import Secret


class Settings(BaseModel):
    """One account of the toy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    api_key: Secret
    signing_key: Secret
    sites: dict[str, str]
    folder: str  # where its daily stock file is laid
    rate: str = "off"
    concurrency: int = 4
    deadline: float = 5.0
    partner_timeout: float = 0.1
