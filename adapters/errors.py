"""What can go wrong when another system is reached, said once and in our words.

``workers.spine.policy`` turns each of these into a verdict. An error always answers the one question
that matters for doing a thing exactly once: can it have had its effect over there?
"""

from __future__ import annotations

from adapters.text import storable

LONGEST_THEIRS = 4000  # characters of a partner's own words that are kept


class ReachError(Exception):
    """Base of every error that an adapter raises.

    ``maybe_done`` is true when the call may have had its effect on the other side.
    ``kind`` is the word that exceptions, alerts and the runbook use.
    ``what`` is in our words. ``theirs`` is what the partner wrote, which may name a customer: it is kept beside the
    message's body (``workers.spine.their_words``), and never stands in a reason, a log or an alert.
    """

    kind = "unreachable"

    def __init__(self, what: str, *, maybe_done: bool = False, theirs: str = "") -> None:
        super().__init__(storable(what))
        self.what = storable(what)
        self.maybe_done = maybe_done
        self.theirs = storable(theirs)[:LONGEST_THEIRS]


class Unavailable(ReachError):
    """No usable answer: refused, reset, timed out, or a 5xx. ``answered`` is true of a 5xx: there is somebody."""

    kind = "unavailable"

    def __init__(self, what: str, *, maybe_done: bool = False, answered: bool = False, theirs: str = "") -> None:
        super().__init__(what, maybe_done=maybe_done, theirs=theirs)
        self.answered = answered


class Throttled(ReachError):
    """They asked us to wait. ``retry_after`` is in seconds, or None when they named no time.

    ``maybe_done`` where a gateway may have said so after it had handed the call on.
    """

    kind = "throttled"

    def __init__(
        self, what: str, *, retry_after: float | None = None, maybe_done: bool = False, theirs: str = ""
    ) -> None:
        super().__init__(what, maybe_done=maybe_done, theirs=theirs)
        self.retry_after = retry_after


class Unauthorised(ReachError):
    """Our credentials were refused. Nothing on this connection will work until a person acts."""

    kind = "unauthorised"


class Rejected(ReachError):
    """They understood and said no.

    ``symbol`` is their own word for the reason where they have one (Clarus ``symbol``, a SOAP
    exception class), else an empty string; ``status`` the HTTP status, else 0.
    """

    kind = "rejected"

    def __init__(
        self, what: str, *, symbol: str = "", status: int = 0, maybe_done: bool = False, theirs: str = ""
    ) -> None:
        super().__init__(what, maybe_done=maybe_done, theirs=theirs)
        self.symbol = storable(symbol)
        self.status = status


class Garbled(ReachError):
    """An answer that cannot be read: truncated, an HTML page, not what the format promises."""

    kind = "garbled"

    def __init__(self, what: str, *, maybe_done: bool = True) -> None:
        super().__init__(what, maybe_done=maybe_done)


class TooLong(Garbled):
    """An answer that is longer than any that is read: ask for less at a time."""


class Occupied(Exception):
    """A file of that name with other content lies in the partner's folder: somebody else writes there too."""
