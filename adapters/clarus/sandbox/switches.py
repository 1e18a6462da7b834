"""Everything about the sandbox that can be turned while it runs: the floor's pace, faults, webhooks."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Switches(BaseModel):
    """Defaults are a healthy, quick warehouse. ``…_next`` counts down, one per call that it spoils.

    Operations are named as in the books' ``calls``. ``short`` maps a reference or ``sku:CODE`` to
    what is missing of each line: below 1 a fraction of the line (rounded up), from 1 on units.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    floor: bool = True  # whether anybody works in the warehouse
    floor_releases: bool = True  # whether the warehouse starts pending orders without process_picks
    pick_seconds: Seconds = 0.4  # from PENDING to PICK
    dispatch_seconds: Seconds = 0.4  # from PICK to COMPLETED, and between two goes
    parcels_rate: Rate = 0.0  # of shipments, those with two or three parcels
    parcels: dict[str, Count] = Field(default_factory=dict)  # reference -> parcels of each shipment
    short: dict[str, Seconds] = Field(default_factory=dict)
    short_rate: Rate = 0.0
    two_goes: list[str] = Field(default_factory=list)  # references dispatched in two goes
    two_goes_rate: Rate = 0.0
    over: dict[str, Count] = Field(default_factory=dict)  # reference -> units sent too many, on its first line
    unknown_carrier: dict[str, str] = Field(default_factory=dict)  # reference -> a carrier code nobody announced
    no_stock_short: bool = False  # part-allocated orders are shorted and go, instead of waiting for stock
    receive_seconds: Seconds = 0.2  # from a delivery to the stock in the goods-in bay
    putaway_seconds: Seconds = 0.2  # from there to its shelf
    adjust_rate: Rate = 0.0  # of dispatched orders, after how many units of one product are found or lost
    hold_rate: Rate = 0.0  # ... are put on hold
    release_rate: Rate = 0.0  # ... are released from hold
    extra_fields: bool = True  # whether the GraphQL schema offers more than is published
    position_cursors: bool = False  # cursors are positions, so that a record that leaves shifts what is behind it

    webhook_flat: bool = False  # the bare record instead of {"data": record}
    webhook_repeat_rate: Rate = 0.0
    webhook_loss_rate: Rate = 0.0
    webhook_delay: tuple[Seconds, Seconds] = (0.0, 0.0)
    webhook_shuffle: bool = False  # later events may overtake earlier ones
    webhook_attempts: Annotated[int, Field(ge=1)] = 3
    webhook_domain: str = "https://acme.claruswms.example"
    webhook_api_domain: str = "https://clarus-api.example"
    webhook_integration_id: str = ""

    unauthorised_next: Count = 0
    throttle_next: Count = 0
    error_next: Count = 0
    html_next: Count = 0  # applies the call, answers a page
    truncate_next: Count = 0  # applies the call, sends half of the answer
    graphql_error_next: Count = 0
    effect_then_hang_next: dict[str, Count] = Field(default_factory=dict)
    effect_then_500_next: dict[str, Count] = Field(default_factory=dict)
    hang_seconds: Seconds = 30.0
    reject: dict[str, str] = Field(default_factory=dict)  # order reference or product code -> symbol of a 422
    away_until: float = 0.0  # Unix time
    enforce_unique_reference: bool = False  # Clarus does not promise it

    def turn(self, changes: dict[str, Any]) -> None:
        """Sets what ``changes`` names, all or nothing; ``reset`` first puts all back to the defaults."""
        start = {} if changes.get("reset") else self.model_dump()
        wanted = Switches.model_validate({**start, **{k: v for k, v in changes.items() if k != "reset"}})
        for name in type(self).model_fields:
            setattr(self, name, getattr(wanted, name))

    def used(self, name: str) -> bool:
        """Counts ``name`` down; true when it was above zero."""
        left: int = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return left > 0

    def used_for(self, name: str, operation: str) -> bool:
        """Counts the row of ``operation`` in ``name`` down; true when it was above zero."""
        rows: dict[str, int] = getattr(self, name)
        left = rows.get(operation, 0)
        if left:
            rows[operation] = left - 1
        return left > 0
