"""The switches of the sandbox: what can be made to happen, with defaults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]


class Switches(BaseModel):
    """What can be made to happen. Posted as JSON; what is not named keeps its value."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    latency: float = Field(default=0.0, ge=0, description="seconds that every call takes")
    multiref: bool = Field(default=True, description="objects as references instead of inline")
    fault_shape: Literal["old", "new"] = "new"
    drop_after_commit: dict[str, int] = Field(default_factory=dict, description="operation -> next n calls unanswered")
    drop_manner: Literal["hold", "close"] = "close"
    hold_seconds: float = Field(default=30.0, ge=0)
    html_error: int = Field(default=0, ge=0, description="next n calls answer IIS's error page and do nothing")
    being_updated: bool = Field(default=False, description="every address of the service answers IIS's page with a 404")
    html_status: int = Field(default=500, ge=200, le=599)
    truncate: int = Field(default=0, ge=0, description="next n calls are done and answered with half a reply")
    away_until: float = Field(default=0.0, description="epoch seconds until which nobody answers")
    away_manner: Literal["close", "503"] = "close"
    auto_split: bool = True
    level_semantics: Literal["available", "in_stock"] = "available"
    stock_falls_on: Literal["issue", "confirmation"] = Field(
        default="issue", description="when goods leave in stock: as the invoice is issued, or as it is shipped"
    )
    sell_between: int = Field(default=0, ge=0, description="before the next n levels take effect, a shopper buys one")
    sell_after: int = Field(default=0, ge=0, description="right after the next n levels took effect, likewise")
    not_selling: tuple[str, ...] = Field(default=(), description="sites that no shopper buys from")
    stock_shape: Literal["nested", "flat"] = "nested"
    confirm_shipment: bool = False
    issue_after: float = Field(default=0.0, ge=0, description="seconds from shipped (16) to issued (70)")
    remainder_stage: int = 9
    credit_shows_ref: bool = Field(default=True, description="credit notes show the AssociatedRef of their return")
    post_stock_journal: bool = Field(default=False, description="offer the unpublished PostStockJournal")
    journal_moves_stock: bool = Field(default=False, description="a journal moves in stock instead of value only")
    channel_repeat_rate: float = Field(default=0.0, ge=0, le=1, description="share of pushes sent again after a 200")
    channel_lost_answer_next: Count | dict[str, Count] = Field(
        default=0, description="next n channel answers that get lost on their way to us, of all endpoints or by name"
    )

    def loses_answer_of(self, endpoint: str) -> bool:
        """Whether the channel answer of this endpoint gets lost now; counts down."""
        left = self.channel_lost_answer_next
        if isinstance(left, dict):
            if left.get(endpoint, 0) <= 0:
                return False
            left[endpoint] -= 1
        elif left <= 0:
            return False
        else:
            self.channel_lost_answer_next = left - 1
        return True
