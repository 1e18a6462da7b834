"""What goes wrong with ACS in `fleet demo --faults`, and how much of it really happened.

Events are lost, repeated, out of order, late, and badly signed; one is of a kind that nobody knows and one is forged.
Calls take effect and then hang or fail. Of the daily file one is doubled, one is cut off, and one names a third of it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from workers.demo.setting.stand_ins import Partners

BAD_FILES = ("file_doubled_next", "file_truncate_next", "file_half_next")
EFFECTS = {"effect_then_hang_next": {"PUT": 2}, "effect_then_500_next": {"PUT": 2}}
UNHEALTHY = {"unauthorised_next": 1, "throttle_next": 2, "error_next": 3, "html_next": 1}

FROM_THE_START: dict[str, Any] = {
    "event_loss_rate": 0.15,
    "event_repeat_rate": 0.2,
    "event_shuffle": True,
    "event_delay": (0.0, 1.0),
    "event_bad_signature_rate": 0.1,
    "event_unknown_next": 1,
    "event_forged_next": 1,
    "event_stale_next": 1,
    "tracking_late_seconds": 1.0,
    "bodies": "empty",
    "hang_seconds": 9.0,
    **EFFECTS,
    **UNHEALTHY,
}


class AcsFaults:
    """Plays them on the stand-in; ``faults`` decides when."""

    def __init__(self, partners: Partners) -> None:
        self._partners = partners
        self._bad_files: Counter[str] = Counter()

    def start(self) -> None:
        """What goes on all the time."""
        self._partners.at_acs("switches", FROM_THE_START)

    def lay_file(self, switch: str) -> None:
        """Lay a file with a fault: nothing of it may count."""
        self._partners.at_acs("switches", {switch: 1})
        self._partners.at_acs("floor", {"stock_file": {}})
        self._bad_files[switch] += 1

    def count(self) -> Counter[str]:
        """From the stand-in's own books; to be asked when all is over."""
        events = self._partners.acs_books("events")["events"]["counts"]
        left = self._partners.at_acs("switches", {})
        given = sum(sum(rows.values()) for rows in EFFECTS.values())
        return Counter(
            {
                "ACS events lost": events["lost"],
                "ACS events repeated": events["repeated"],
                "ACS events badly signed": events["bad"],
                "ACS events forged": events["forged"],
                "ACS answers lost after taking effect": given - sum(sum(left[name].values()) for name in EFFECTS),
                "ACS stock files spoilt": self._bad_files.total(),
            }
        )
