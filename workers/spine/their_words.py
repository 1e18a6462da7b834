"""What partners wrote in their own words: it may name a customer, so it is kept beside the bodies and nowhere else.

Our own reason says what happened; whoever may see customers' data reads the partner's words beside the body.
"""

from __future__ import annotations

from workers.ledger.store import Claimed, Effect
from workers.spine.exceptions import Run

# What they say again and again, to each retry and poll, is kept once.
KEEP = """
insert into partner_words (story, subject, connection, message_id, record_id, words)
select n.* from (values (%s, %s, %s, %s::bigint, %s::bigint, %s)) n (story, subject, connection, message, record, words)
 where n.words is distinct from
       (select w.words from partner_words w where w.subject = n.subject order by w.id desc limit 1)
"""


def pointed_at(why: str, theirs: str) -> str:
    """``why``, and where their own words stand, if there are any."""
    return f"{why}; their own words stand beside the body" if theirs else why


def keeping(message: Claimed, theirs: str) -> tuple[Effect, ...]:
    """Make the statement that keeps what a partner wrote about a message, to happen with its settling."""
    if not theirs:
        return ()
    return (Effect(KEEP, (message.story, message.subject, message.connection, message.id, None, theirs)),)


def keep(
    run: Run,
    theirs: str,
    *,
    story: str,
    subject: str,
    connection: str,
    message: int | None = None,
    record: int | None = None,
) -> None:
    """Keep what a partner wrote about ``subject``, in a record or to a poll."""
    if theirs:
        run(KEEP, story, subject, connection, message, record, theirs)
