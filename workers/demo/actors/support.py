"""The merchant's support: who sees that processes were killed around a record or a message, and has it tried again."""

from __future__ import annotations

from collections import Counter

from workers import recovery
from workers.demo.actors.threads import Hand
from workers.ledger.store import Store
from workers.spine.people import CannotDo, Person

WHO = Person("the demo's support")
SEEN_AFTER = 8.0  # seconds that an exception stands before somebody has read it
KILLED = """
select id from exception where kind = 'kills_worker' and state = 'open'
   and last_at < now() - make_interval(secs => %s) order by id
"""


class Support(Hand):
    """``done`` counts what they did, for the report."""

    pause = 2.0  # seconds between two looks at the exception table

    def __init__(self, store: Store) -> None:
        super().__init__("support")
        self._store = store
        self._tried: set[int] = set()
        self.done: Counter[str] = Counter()

    def turn(self) -> bool:
        """Have each tried once more: what ends its process again was no accident, and stays with engineering."""
        for row in self._store.rows(KILLED, SEEN_AFTER):
            if row["id"] in self._tried:
                continue
            self._tried.add(row["id"])
            try:
                recovery.retry(self._store, row["id"], WHO)
            except CannotDo:
                continue
            self.done["tried again"] += 1
        return True
