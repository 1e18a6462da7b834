"""Which messages go before others on one connection: the lower the number, the sooner. Equal ones go by their time."""

from __future__ import annotations

CANCELLATION = 2  # every minute counts: people may be picking
CHANGE = 3
SOLD_OUT = 3  # a level that falls to zero: else it is oversold
REREAD = 4  # a hint that a fact waits
ORDINARY = 5  # orders, dispatches, returns, products
LEVELS = 6
JOURNAL = 8  # after orders, dispatches and levels: Khaos's one lane is theirs first
