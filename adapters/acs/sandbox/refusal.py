"""How the place says no: a status and coded reasons (profile 2.5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reason:
    """One of the coded reasons."""

    field: str
    code: str
    message: str

    def shown(self) -> dict[str, str]:
        """As it stands in an error body."""
        return {"Field": self.field, "Code": self.code, "Message": self.message}


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, number: str = "", reasons: tuple[Reason, ...] = ()) -> None:
        super().__init__(message)
        self.status, self.message, self.number, self.reasons = status, message, number, reasons

    def body(self) -> dict[str, Any]:
        """The error body."""
        return {
            "Message": self.message,
            "OrderNumber": self.number,
            "Errors": [reason.shown() for reason in self.reasons],
        }


class Refused(ValueError):
    """What a person at the control door asked for cannot be done; the text says what to change."""
