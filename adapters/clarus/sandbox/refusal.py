"""How a refusal looks on the wire (OpenAPI components/responses), with the few published codes."""

from __future__ import annotations

from typing import Any

# Published: 36, 37, 39, 59. The rest of the numbers are made up; only the symbols are branched on.
CODES = {
    "empty_ids_provided": 36,
    "invalid_ids_provided": 37,
    "not_enough_stocks_for_picking": 39,
    "goods_out_already_allocated": 59,
    "record_not_found": 2,
    "validation_failed": 1001,
    "product_code_exists": 1002,
}


class Refusal(Exception):
    """A 4xx answer in the making."""

    def __init__(self, symbol: str, details: str, *, status: int = 422, field: str | None = None) -> None:
        super().__init__(details)
        self.symbol = symbol
        self.details = details
        self.status = status
        self.field = field

    def body(self) -> dict[str, Any]:
        """The documented body: a list of one error, or ``{"error"}`` for a 401."""
        if self.status == 401:  # noqa: PLR2004 -- HTTP's number
            return {"error": self.details}
        context = {"field": self.field} if self.field else None
        code = CODES.get(self.symbol, 1999)
        return {
            "errors": [
                {"code": code, "symbol": self.symbol, "details": self.details, "source": None, "context": context}
            ]
        }


def invalid(field: str, details: str) -> Refusal:
    """A 422 for one field."""
    return Refusal("validation_failed", f"{field} {details}", field=field)


def not_found() -> Refusal:
    """A 404 for an id in the path."""
    return Refusal("record_not_found", "Record not found", status=404)
