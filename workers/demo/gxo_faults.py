"""What goes wrong with GXO's post in `fleet demo --faults`, and how much of it really happened.

The connection drops in mid-file on reads and writes, before and after a rename; files come late and overtake each
other, come twice under the same and under another name, grow while they lie there, or never come; documents are told
again under another control number; unfinished files stay behind; and GXO is away for a while.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from workers.demo.setting.stand_ins import Partners
from workers.ledger.store import Store

SLOW = 0.4  # seconds before each answer, while a process is killed in the middle of a file
A_CHANCE = 10.0  # seconds in which somebody may be at a file
DROPS = ("drop_reads_next", "drop_before_rename_next", "drop_after_rename_next")
UPLOADS = {"drop_writes_next": 2, "drop_before_landing_next": 1, "drop_after_landing_next": 2}
REISSUED = {"945": 2, "947": 2, "944": 1, "824": 1}
GROWING, LEFT_BEHIND = 6, 3
LOST = {"997": 1}

FROM_THE_START: dict[str, Any] = {
    "late_rate": 0.3,
    "late_up_to": 3.0,
    "repeat_rate": 0.2,
    "grow_rate": 0.1,
    "grow_next": GROWING,
    "grow_seconds": 1.0,
    "reissue_next": REISSUED,
    "reissue_rate": 0.03,
    "tmp_left_next": LEFT_BEHIND,
    "lost_next": LOST,
    "drop_after_bytes": 150,
    **UPLOADS,
}
DROPPING = """
select p.name from message m join process p on p.id = m.process_id
 where m.state = 'working' and m.connection = 'gxo' and m.kind in ('order', 'cancel', 'advice', 'items') limit 1
"""
TAKING = """
select p.name from schedule s join process p on p.id = s.running where starts_with(s.name, 'files ') limit 1
"""


class GxoFaults:
    """Plays them on the stand-in; ``faults`` decides when."""

    def __init__(self, partners: Partners, store: Store) -> None:
        self._partners, self._store = partners, store
        self._asked: Counter[str] = Counter()

    def start(self) -> None:
        """What goes on all the time."""
        self._partners.at_gxo("switches", FROM_THE_START)

    def drop(self, switch: str) -> None:
        """The next connection that does this breaks."""
        left = self._partners.at_gxo("switches", {})[switch]
        self._partners.at_gxo("switches", {switch: left + 1})
        self._asked[switch] += 1

    def drops_are_left(self) -> bool:
        """Whether uploads still break by themselves: some in a row shut the connection."""
        left = self._partners.at_gxo("switches", {})
        return any(left[name] > 0 for name in UPLOADS)

    def somebody_at_a_file(self, query: str) -> str:
        """The process that is in the middle of a file now, while answers are slow; empty where nobody was."""
        self._partners.at_gxo("switches", {"slow_seconds": SLOW})
        ends = time.monotonic() + A_CHANCE
        try:
            while time.monotonic() < ends:
                row = self._store.row(query)
                if row is not None:
                    return str(row["name"]).split("@")[0]
                time.sleep(0.05)
        finally:
            self._partners.at_gxo("switches", {"slow_seconds": 0.0})
        return ""

    def count(self) -> Counter[str]:
        """From the stand-in's own books; to be asked when all is over."""
        books = self._partners.gxo_books("messages", "sftp")
        left = self._partners.at_gxo("switches", {})
        messages = books["messages"]
        return Counter(
            {
                "SFTP connections dropped": books["sftp"].get("dropped", 0),
                "SFTP dropped in reads": self._asked["drop_reads_next"] - left["drop_reads_next"],
                "SFTP dropped around a rename": sum(self._asked[one] - left[one] for one in DROPS[1:]),
                "SFTP dropped in writes": UPLOADS["drop_writes_next"] - left["drop_writes_next"],
                "SFTP dropped before landing": UPLOADS["drop_before_landing_next"] - left["drop_before_landing_next"],
                "SFTP dropped after landing": UPLOADS["drop_after_landing_next"] - left["drop_after_landing_next"],
                "GXO files repeated": sum(max(0, one["files"] - 1) for one in messages),
                "GXO files lost": sum(one["lost"] for one in messages),
                "GXO files grown": GROWING - left["grow_next"],
                "GXO files left unfinished": LEFT_BEHIND - left["tmp_left_next"],
                "GXO documents reissued": sum(n - left["reissue_next"].get(name, 0) for name, n in REISSUED.items()),
            }
        )
