"""The guide for the warehouse's floor: which reason to use for what, and what each does in the books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from mappings.adjustments import REASONS, Rows, read_adjustment
from mappings.errors import Unmappable

HEAD = """\
# Adjustments: which reason to use

For the people on the warehouse's floor, and for finance. Written by `fleet journal reasons --markdown`; the rows stand
in `mappings/<system>/tables/adjustment_reasons.toml`, and a merchant's own, under
`[tables.adjustment_reasons.<system>]` in `fleet.toml`, win over them.

Every adjustment, hold and release becomes one journal entry, once, with the reason that was picked on the floor.
**Always pick a reason.** An adjustment without one moves the units all the same, but nobody can book it: it waits as
`reason_unknown` until somebody has asked you. A reason that is not in the table waits as `reason_unmapped`.

| what you do | units for sale | in the books |
|---|---|---|
| adjust down | fewer | their value leaves stock and is charged to the reason's account |
| adjust up | more | their value comes into stock and is credited to the reason's account |
| hold | fewer | their value moves from good stock to the reason's account; nothing is lost yet |
| release | more | their value moves back to good stock |

- Held goods stay on hand, in the condition that the hold's reason says. Release them for the reason that they were held
  for, or for the system's own reason for a release.
- Held goods that turn out to be worthless: release them and adjust them down in one go, since an adjustment is booked
  as one of good stock. Until both are done they are for sale.
- A count that finds more in one place and less in another is a move, not two adjustments.
- Goods that left with an order, came in with a receipt or came back from a customer are never adjusted: orders,
  receipts and returns book them.
"""
UNMAPPED = "not mapped yet"


@dataclass(frozen=True, slots=True)
class FloorReason:
    """A reason of one system: what the floor uses it for, and what it is in Khaos and in the ledger."""

    system: str
    code: str
    use: str
    khaos: str
    account: str


def as_rows(own: Mapping[str, Rows] | None = None) -> list[FloorReason]:
    """Every reason, by system, as the tables list them; ``own`` are the merchant's rows by system."""
    rows = []
    for system in dict.fromkeys((*REASONS, *(own or {}))):
        ours = {code.strip().upper(): row for code, row in (own or {}).get(system, {}).items()}
        shipped = REASONS.get(system, {})
        for code in dict.fromkeys((*shipped, *ours)):
            use = {**shipped.get(code, {}), **ours.get(code, {})}.get("use", "")
            try:
                adjustment = read_adjustment(system, code, ours)
            except Unmappable:
                rows.append(FloorReason(system, code, use, "", ""))
            else:
                rows.append(FloorReason(system, code, use, adjustment.khaos, adjustment.account))
    return rows


def as_markdown(rows: Iterable[FloorReason]) -> str:
    """The page, the same for the same rows."""
    parts = [HEAD]
    for system, some in groupby(rows, key=lambda row: row.system):
        parts.append(f"\n## {system}\n\n| reason | use it for | in Khaos Control | account |\n|---|---|---|---|\n")
        parts += [
            f"| `{row.code}` | {row.use or '(ask finance)'} | {row.khaos or UNMAPPED} | {row.account or UNMAPPED} |\n"
            for row in some
        ]
    return "".join(parts)
