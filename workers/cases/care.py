"""Who has an exception and what they say of it: assign, note, tag, snooze; of one exception, or of a whole group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workers.ledger.store import Connection, Store
from workers.spine import acts
from workers.spine.people import CannotDo, Person

LONGEST_NOTE, LONGEST_TAG, LONGEST_NAME = 2000, 40, 100
LONGEST_SNOOZE = timedelta(days=90)
# `control` reckons until when it must be over: from now on, or as if nobody had ever had it
ASSIGN = "assignee = %s, assigned_at = case when %s then now() end, respond_by = null, clocked = false"


@dataclass(frozen=True, slots=True)
class Cases:
    """What a person acts on: one exception by its number, or all that stand open in a group."""

    number: int = 0
    key: str = ""

    def __str__(self) -> str:
        """Its name for people."""
        return f"exceptions {self.key}" if self.key else f"exception {self.number}"

    def lock(self, db: Connection) -> list[int]:
        """Lock those that stand open and return their numbers. Raises CannotDo where none does."""
        where, value = ("group_key", self.key) if self.key else ("id", self.number)
        rows = db.execute(
            f"select id from exception where state = 'open' and {where} = %s order by id for update",  # noqa: S608  a column's name
            (value,),
        ).fetchall()
        if not rows:
            raise CannotDo(f"{self}: none stands open; `fleet exceptions groups` lists those that do")
        return [row["id"] for row in rows]


def assign(store: Store, cases: Cases, person: Person, to: str) -> int:
    """Give exceptions to a person; empty takes them back. The response time begins anew: what is forgotten is told."""
    to = to.strip()
    if len(to) > LONGEST_NAME:
        raise CannotDo(f"a name has at most {LONGEST_NAME} characters")
    return _set(store, cases, person, "assigned", f"to {to}" if to else "to nobody", ASSIGN, to or None, bool(to))


def note(store: Store, cases: Cases, person: Person, text: str) -> int:
    """Add a note to the story of exceptions. It holds no customer's data: it is kept as long as the story."""
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise CannotDo(f"write a note of 1 to {LONGEST_NOTE} characters")
    return _set(store, cases, person, "note", text, "")


def tag(store: Store, cases: Cases, person: Person, word: str, *, remove: bool = False) -> int:
    """Put a word on exceptions, to find them by; or take it off."""
    word = word.strip().lower()
    if not word or len(word) > LONGEST_TAG:
        raise CannotDo(f"a tag is a word of at most {LONGEST_TAG} characters")
    change = "tags = array_remove(tags, %s)" if remove else "tags = array(select distinct unnest(tags || %s::text))"
    return _set(store, cases, person, "tag removed" if remove else "tagged", word, change, word)


def snooze(store: Store, cases: Cases, person: Person, until: datetime, why: str) -> int:
    """Let exceptions sleep until then. They wake by themselves, and at once when one gets graver or another cause.

    A further exception of a group that sleeps is awake. The response time ends no earlier than the sleep.
    """
    why = acts.reason_of(why, "a snooze")
    if until.tzinfo is None:
        raise CannotDo("give the time its zone, for example 2026-12-01T09:00+00:00")
    if not timedelta() < until - datetime.now(UTC) <= LONGEST_SNOOZE:
        raise CannotDo(f"snooze until a time that is to come, at most {LONGEST_SNOOZE.days} days from now")
    said = f"until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {why}"
    change = "snoozed_until = %s, respond_by = greatest(respond_by, %s)"
    return _set(store, cases, person, "snoozed", said, change, until, until)


def wake(store: Store, cases: Cases, person: Person) -> int:
    """Wake exceptions that sleep."""
    return _set(store, cases, person, "woken", "", "snoozed_until = null")


def _set(store: Store, cases: Cases, person: Person, step: str, said: str, change: str, *values: object) -> int:
    """Change the columns of exceptions, and write down who did it. Returns how many there were."""
    with store.transaction() as db:
        numbers = cases.lock(db)
        if change:
            db.execute(f"update exception set {change} where id = any (%s)", (*values, numbers))  # noqa: S608  columns of ours
        acts.of_exceptions(db, numbers, person, step, said)
        acts.keep(db, person, step, str(cases), why=said, after={"exceptions": len(numbers)})
        return len(numbers)
