"""Everything about the sandbox that can be turned while it runs: the floor's pace, the site's habits, faults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Switches(BaseModel):
    """Defaults are a healthy, quick site. ``…_next`` counts down; the key of a table is named where it stands.

    ``short`` maps an order number or ``sku:CODE`` to what is missing of each line: below 1 a fraction of the line
    (rounded up), from 1 on units. A set is its number as text ("945"), or ``item`` for the item results.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    # the floor
    floor: bool = True  # whether anybody works
    step_seconds: Seconds = 0.1  # how long an order stands in N, P, I, A, R and C
    steps: dict[str, Seconds] = Field(default_factory=dict)  # state letter -> instead of step_seconds
    cancel_in_p: bool = False  # a released order may still be cancelled
    hold_orders: list[str] = Field(default_factory=list)  # order numbers that are put on hold when they come
    hold_orders_rate: Rate = 0.0
    hold_seconds: Seconds = 0.0  # after which such an order is released; 0: only by a floor action
    no_stock: Literal["short", "wait", "backorder", "reject"] = "short"  # what lacks: closed short, or waited for
    short: dict[str, Seconds] = Field(default_factory=dict)
    short_rate: Rate = 0.0  # of lines, those that lack one unit
    short_writes_947: bool = False  # units that a pick did not find are written off (reason 53)
    cancelled_at_site: list[str] = Field(default_factory=list)  # order numbers or sku:CODE whose lines become IC
    substitute: dict[str, str] = Field(default_factory=dict)  # order number -> SKU sent for its first line (CS)
    over: dict[str, Count] = Field(default_factory=dict)  # order number -> units sent too many on its first line
    two_goes: list[str] = Field(default_factory=list)  # order numbers that leave in two shipments (BP, BO)
    two_goes_rate: Rate = 0.0
    cartons: dict[str, Count] = Field(default_factory=dict)  # order number -> cartons of each shipment
    cartons_rate: Rate = 0.0  # of shipments, those in two or three cartons
    split_lines: bool = False  # a line may be spread over cartons, with one W12 in each
    leave_absent_lines: bool = False  # a 945 names only lines of which something left
    ships_after_cancel: list[str] = Field(default_factory=list)  # cancel answered TA, shipped nevertheless
    adjust_rate: Rate = 0.0  # of shipped orders, after how many units of one SKU are found or lost
    stock_hold_rate: Rate = 0.0  # ... put on hold
    stock_release_rate: Rate = 0.0  # ... released from hold
    damage_rate: Rate = 0.0  # ... damaged
    returns_arrive_rate: Rate = 0.0  # of advised returns, those that arrive by themselves
    return_seconds: Seconds = 0.2
    grades: dict[str, Seconds] = Field(default_factory=lambda: {"A": 8.0, "B": 1.0, "D": 1.0})  # their weights

    # what is answered
    accept_with_error: list[str] = Field(default_factory=list)  # order numbers answered TE
    duplicate_check: bool = True  # False: a second original is a second order, and is picked
    answers_repeats: bool = True  # a file that came before is answered again; False: it is archived in silence
    silent_unknown_cancel: bool = False
    undeliverable: list[str] = Field(default_factory=list)  # countries (ISO 2)
    reject_items: dict[str, str] = Field(default_factory=dict)  # SKU -> message
    opening_of_new_items: Count = 0  # units of type N that an item opens with when a facility accepts it

    # snapshots
    clock_speed: Annotated[float, Field(gt=0)] = 1.0  # seconds of the site's clock in one real second
    snapshot_at: str = Field("05:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^$")  # local; empty: only on request
    snapshot_off_by: dict[str, int] = Field(default_factory=dict)  # SKU -> units told too many
    snapshot_unbalanced_next: Count = 0  # QTY 17 is one more than 33 + 27 + 20
    snapshot_leaves_out: list[str] = Field(default_factory=list)  # SKUs

    # files that it writes
    acks_apart: bool = False  # 997 and 824 lie in out/ack
    line_breaks: Literal["", "\n", "\r\n"] = "\n"
    separators: str = Field("*>~", pattern=r"^[*|^][>:<][~!']$")  # of elements, components, segments
    late: dict[str, Seconds] = Field(default_factory=dict)  # set -> how much later its files land
    late_rate: Rate = 0.0  # of files, those that land up to late_up_to later: they overtake each other
    late_up_to: Seconds = 0.5
    lost_next: dict[str, Count] = Field(default_factory=dict)  # set -> files that never land
    lost_rate: dict[str, Rate] = Field(default_factory=dict)
    gap_next: Count = 0  # control numbers that are skipped before the next file
    repeat_same_next: Count = 0  # the file comes again under its name, once that is free
    repeat_other_next: Count = 0  # the same bytes come again under another name
    repeat_rate: Rate = 0.0  # of files, those repeated in one of the two ways
    reissue_next: dict[str, Count] = Field(default_factory=dict)  # set -> told again with a new control number
    reissue_rate: Rate = 0.0
    tmp_left_next: Count = 0  # half of it stays behind as .tmp beside the good file
    grow_next: Count = 0  # written slowly under its final name
    grow_rate: Rate = 0.0
    grow_seconds: Seconds = 1.0
    spoil_next: dict[str, Count] = Field(default_factory=dict)  # set -> a malformed set stands before the good one
    truncate_next: dict[str, Count] = Field(default_factory=dict)  # set -> the file ends in the middle

    # the connection
    stable_seconds: Seconds = 0.0  # how long a file in ``in`` must rest before it is taken
    away_until: float = 0.0  # Unix time
    refuse_key: bool = False
    slow_seconds: Seconds = 0.0  # before each answer
    posix_rename: bool = True
    drop_after_bytes: Count = 0
    drop_reads_next: Count = 0  # downloads whose connection breaks after so many bytes
    drop_writes_next: Count = 0  # uploads
    drop_before_rename_next: Count = 0
    drop_after_rename_next: Count = 0  # renamed, but never answered
    drop_before_landing_next: Count = 0  # the same of uploads alone, when they get their final name
    drop_after_landing_next: Count = 0

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

    def step(self, state: str) -> float:
        """Seconds that an order stands in ``state``."""
        return self.steps.get(state, self.step_seconds)
