"""Everything about the sandbox that can be turned while it runs: the door's habits, the floor's pace, faults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Switches(BaseModel):
    """Defaults are a healthy, quick place. ``…_next`` counts down; the key of a table is named where it stands."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    # the door
    auth: Literal["basic", "apim_key"] = "basic"
    suffix: Literal["", ".json"] = ""
    bodies: Literal["json", "text", "empty"] = "json"  # of answers to PUT, also refusals
    pairs: list[str] = Field(default_factory=lambda: ["RM/24", "RM/48", "DPD/24", "DPD/48", "DPD/ND"])
    availability: Literal["put", "event", "short"] = "event"  # where an order that cannot be filled ends: 422, rejected
    cancels: Literal["answer", "event"] = "answer"  # whether a late cancellation is refused at once, or by an event
    checks_calendar: bool = False  # 422 for a dispatch on a day without work, or today after the cut-off
    unauthorised_next: Count = 0
    forbidden_next: Count = 0
    throttle_next: Count = 0
    error_next: Count = 0
    html_next: Count = 0  # applies the call, answers a page
    effect_then_hang_next: dict[str, Count] = Field(default_factory=dict)  # PUT or GET -> calls
    effect_then_500_next: dict[str, Count] = Field(default_factory=dict)
    hang_seconds: Seconds = 30.0
    away_until: float = 0.0  # Unix time
    refuse: dict[str, str] = Field(default_factory=dict)  # order number or SKU -> code of a 422

    # the floor
    floor: bool = True  # whether anybody works
    step_seconds: Seconds = 0.1  # how long an order stands in each status
    steps: dict[str, Seconds] = Field(default_factory=dict)  # status -> instead of step_seconds
    honours_dates: bool = False  # nothing leaves before its DispatchDate on the clock of the place
    hold_orders: list[str] = Field(default_factory=list)
    short: dict[str, str] = Field(default_factory=dict)  # order number or SKU -> reason: one unit of it is short
    short_rate: Rate = 0.0  # of units
    two_goes: list[str] = Field(default_factory=list)  # order numbers that leave in two dispatches
    two_goes_rate: Rate = 0.0
    tracking_late_seconds: Seconds = 0.0  # how much later than its dispatch an order shows its tracking
    hires_come_back: bool = True
    hire_seconds: Seconds = 0.5  # from dispatch to the way back
    sales_come_back_rate: Rate = 0.0
    never_back_rate: Rate = 0.0  # of hires
    never_back: list[str] = Field(default_factory=list)  # tags
    wrong_garment_back: list[str] = Field(default_factory=list)  # tags that are graded WRONG_ITEM
    inspect_seconds: Seconds = 0.1
    refurbish_seconds: Seconds = 0.2
    dispose_seconds: Seconds = 0.2  # from a bad grade to the end
    grades: dict[str, Seconds] = Field(
        default_factory=lambda: {"A": 7.0, "B": 2.0, "C": 0.5, "X": 0.5}
    )  # their weights
    grade_of: dict[str, str] = Field(default_factory=dict)  # tag -> its next grade
    charge_rate: Rate = 0.5  # of graded B, C and D hires, those for which a charge is recommended
    new_garments_arrive: bool = True  # what a set-up file names comes to the door
    clock_speed: Annotated[float, Field(gt=0)] = 1.0

    # events
    event_url: str = ""
    event_key: str = "sandbox-event-secret"
    event_loss_rate: Rate = 0.0
    event_repeat_rate: Rate = 0.0
    event_shuffle: bool = False
    event_delay: tuple[Seconds, Seconds] = (0.0, 0.0)
    event_retries: list[Seconds] = Field(default_factory=lambda: [0.3, 1.0, 3.0, 9.0])
    event_bad_signature_rate: Rate = 0.0  # of first deliveries: the retry is signed well
    event_stale_next: Count = 0  # signed an hour ago
    event_unknown_next: Count = 0  # an event of a kind that nobody knows, before the next one
    event_forged_next: Count = 0  # somebody else's, before the next one; it says that a garment is ready

    # files
    stock_file_at: str = Field("05:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^$")  # local; empty: only on request
    file_time: Literal["%H%M", "%H%M%S"] = "%H%M"  # in its name; with seconds there may be several in a minute
    file_bom: bool = True
    file_encoding: Literal["utf-8", "cp1252", "utf-16"] = "utf-8"
    file_dash: Literal["-", "–", "—"] = "–"  # noqa: RUF001  the dashes that were seen
    file_upper: bool = False  # locations in capitals
    file_headers: dict[str, str] = Field(default_factory=dict)  # column -> its other name
    file_lists_away: bool = True
    file_missing_next: Count = 0
    file_truncate_next: Count = 0  # it ends in the middle of a row
    file_half_next: Count = 0  # it names a third of the garments
    file_doubled_next: Count = 0  # one tag stands twice
    file_unknown_next: Count = 0  # one garment is at a place that nobody knows
    file_leaves_out: list[str] = Field(default_factory=list)  # tags
    reject_garments: dict[str, str] = Field(default_factory=dict)  # unique SKU -> code

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

    def used_for(self, name: str, row: str) -> bool:
        """Counts ``row`` of the table ``name`` down; true when it was above zero."""
        rows: dict[str, int] = getattr(self, name)
        left = rows.get(row, 0)
        if left:
            rows[row] = left - 1
        return left > 0
