"""How a command acts for a person: a door to the ledger, the person, and what cannot be done as one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from workers.cli import connect
from workers.cli.output import NotDone
from workers.cli.who import acting, actor

if TYPE_CHECKING:
    from workers.ledger.store import Store
    from workers.spine.people import Person


@contextmanager
def acting_on(name: str) -> Iterator[tuple[Store, Person]]:
    """Open the ledger for a person's act. Raises NotDone with what ``CannotDo`` says."""
    from workers.spine.people import CannotDo, Person  # noqa: PLC0415  it loads Sentry, for which --help need not wait

    with closing(connect.store()) as store:
        try:
            yield store, Person(acting(name), actor(name))
        except CannotDo as error:
            raise NotDone(str(error)) from None
