"""In what condition a stock record's units are: its status, and its hold reason where it shows one.

Source: GraphQL list stocks; ``mappings/clarus/tables/stock.toml``. Statuses are an open list, and the
hold reason is shown by some tenants' schemas only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.canonical import Condition
from mappings.clarus.tables import table
from mappings.clarus.values import text, within
from mappings.errors import Unmappable

GONE = "gone"
TABLE = "mappings/clarus/tables/stock.toml"
OWN = "[tables.stock_conditions.clarus]"
MEANINGS = "|".join([*(one.value for one in Condition if one is not Condition.UNKNOWN), GONE])

# From what may be sold to what is least known: where records disagree, the later one counts.
LESS_SELLABLE = (
    Condition.GOOD,
    Condition.GOODS_IN,
    Condition.WITH_CUSTOMER,
    Condition.INSPECTION,
    Condition.REFURBISHMENT,
    Condition.QUARANTINE,
    Condition.DAMAGED,
    Condition.UNSEEN,
    Condition.UNKNOWN,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """``condition`` is None for units that left. ``trouble`` says which row is missing, and where."""

    condition: Condition | None
    hold_reason: str = ""
    trouble: Unmappable | None = None


class Conditions:
    """The table's rows with a merchant's own laid over them. ``own`` maps a status or a hold reason to a meaning."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        """Raises Unmappable(kind="unknown_condition") for a row of ``own`` whose meaning is none of ours."""
        rows = {key.strip().upper(): _meaning(key, meaning) for key, meaning in (own or {}).items()}
        self._statuses = {**_STATUSES, **rows}
        self._reasons = {**_REASONS, **rows}

    def judge(self, record: Mapping[str, Any]) -> Judged:
        """The condition of one node of the list stocks; of a status without a row it is UNKNOWN, with the trouble."""
        status, reason = text(record.get("status")), within(record.get("reason_code"), "code")
        if status.upper() not in self._statuses:
            return Judged(Condition.UNKNOWN, reason, _missing("stocks.status", status, "statuses"))
        meaning = self._statuses[status.upper()]
        if status.upper() != "HELD":
            return Judged(meaning)
        if not reason:
            return Judged(meaning)
        if reason.upper() in self._reasons:
            return Judged(self._reasons[reason.upper()], reason)
        return Judged(meaning, reason, _missing("stocks.reason_code.code", reason, "hold_reasons"))


def read_hold(reason: str, own: Mapping[str, str] | None = None, *, shown: bool = True) -> Condition | None:
    """Judge the condition of units that were held for a reason, as ``judge`` does their stock record.

    ``shown`` is whether this tenant's stock records show their reason. None where such units count as gone.
    Raises Unmappable as ``Conditions`` does.
    """
    record = {"status": "held", "reason_code": {"code": reason if shown else ""}}
    return Conditions(own).judge(record).condition


def _missing(field: str, word: str, section: str) -> Unmappable:
    why = f'add a row `"{word}" = "{MEANINGS}"` to {OWN} of fleet.toml, or to [{section}] in {TABLE}'
    return Unmappable(field, word, why, kind="unknown_condition")


def _meaning(key: str, meaning: str) -> Condition | None:
    if meaning == GONE:
        return None
    try:
        return Condition(meaning)
    except ValueError:
        why = f"correct the row `{key}` in {OWN} of fleet.toml: its meaning is one of {MEANINGS}"
        raise Unmappable("stock_conditions", str(meaning), why, kind="unknown_condition") from None


_ROWS = table("stock.toml")
_STATUSES = {word.upper(): _meaning(word, meaning) for word, meaning in _ROWS["statuses"].items()}
_REASONS = {word.upper(): _meaning(word, meaning) for word, meaning in _ROWS["hold_reasons"].items()}
