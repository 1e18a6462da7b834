"""What the channel did, counted: gets, posts, repeats, what was imported and what was rejected."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from adapters.khaos.sandbox.calling import NOBODY


class Tally:
    """Counts by endpoint, and by the code of the answer (``none`` where nobody answered)."""

    def __init__(self) -> None:
        self.config: Counter[str] = Counter()
        self.gets: dict[str, Counter[str]] = defaultdict(Counter)
        self.posts: dict[str, Counter[str]] = defaultdict(Counter)
        self.retries: Counter[str] = Counter()  # identical bodies sent again after no 200
        self.repeats: Counter[str] = Counter()  # identical bodies sent again after a 200
        self.lost: Counter[str] = Counter()
        self.imported: Counter[str] = Counter()
        self.rejected: Counter[tuple[str, str, str]] = Counter()
        self.failures: Counter[str] = Counter()

    def shown(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "config_reads": dict(self.config),
            "gets": {name: dict(codes) for name, codes in self.gets.items()},
            "posts": {name: dict(codes) for name, codes in self.posts.items()},
            "retries": dict(self.retries),
            "repeats": dict(self.repeats),
            "lost": dict(self.lost),
            "imported": dict(self.imported),
            "rejected": [
                {"endpoint": endpoint, "reference": reference, "reason": reason, "times": times}
                for (endpoint, reference, reason), times in self.rejected.items()
            ],
            "failures": dict(self.failures),
        }


def code_of(status: int) -> str:
    """An HTTP status as a key of these counts."""
    return "none" if status == NOBODY else str(status)
