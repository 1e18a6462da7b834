"""What people were told of a warehouse's outage."""

from __future__ import annotations

from mappings.canonical import Canonical


class OutageFigures(Canonical):
    """What came of the outage of one connection. ``good``: one alert and one resolution by each way, nothing else."""

    connection: str
    seconds: float
    alerts: int  # Sentry's
    resolutions: int
    notices: int  # the owner's
    cures: int
    others: tuple[str, ...] = ()  # kinds of further exceptions of it
    dead_letters: int = 0

    @property
    def good(self) -> bool:
        """Whether one cause was one story."""
        told = (self.alerts, self.resolutions, self.notices, self.cures)
        return told == (1, 1, 1, 1) and not (self.others or self.dead_letters)

    def __str__(self) -> str:
        """Say it in a sentence."""
        said = (
            f"{self.connection} away for {self.seconds:.0f} s: alerts {self.alerts}, resolutions {self.resolutions};"
            f" in the chat {self.notices} and {self.cures}; dead letters {self.dead_letters}"
        )
        return said + (f"; also {', '.join(self.others)}" if self.others else "")
