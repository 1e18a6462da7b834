"""How long a message waits for its next try."""

from __future__ import annotations

import random

BASE, CEILING = 1.0, 300.0


def back_off(tries: int, rng: random.Random) -> float:
    """Seconds until the next try: exponential with full jitter, from one second up to five minutes."""
    return rng.uniform(0.2, min(CEILING, BASE * 2.0 ** min(tries, 16)))
