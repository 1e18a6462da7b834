"""How a rate is written in ``fleet.toml``: so many calls in so many seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in so many seconds."""

    calls: float
    seconds: float

    @property
    def per_second(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


def read_rate(text: str) -> Rate | None:
    """Read ``5/s``, ``100/m`` or ``off``. Raises ValueError with what to write."""
    if text == "off":
        return None
    number, _, unit = text.partition("/")
    seconds = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(unit.strip())
    try:
        calls = float(number)
    except ValueError:
        calls = 0.0
    if seconds is None or calls <= 0:
        raise ValueError(f"rate {text!r}: write calls per s, m or h, for example '5/s', or 'off'")
    return Rate(calls, seconds)
