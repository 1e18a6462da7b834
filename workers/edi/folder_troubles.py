"""What a partner's folder refuses, counted from look to look: after a few it is an exception, until it is over."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from adapters.errors import ReachError, Rejected, Throttled, Unauthorised
from workers.ports.edi import RemoteFile
from workers.spine import exceptions
from workers.spine.runtime import Runtime

LIST, FETCH, ARCHIVE = "list", "fetch", "archive"
KINDS = {LIST: "folder_refused", FETCH: "file_not_taken", ARCHIVE: "file_not_archived"}
LOOKS = 3  # somebody may have the file open, or be at the folder: at the third look in a row it is a person's
LASTING = frozenset({"too_large", "permission"})  # these do not pass by themselves
LOST = "missing"  # of a file that is listed: a link that leads nowhere, or somebody archived it between two looks
FEW = 5


@dataclass(frozen=True, slots=True)
class Trouble:
    """What failed at the last look, and how often in a row. ``name`` is the file's, empty for the folder."""

    step: str
    name: str
    times: int


class Troubles:
    """The troubles of one facility's folders. Each change is in the ledger at once: the next look may be another's."""

    def __init__(self, runtime: Runtime, connection: str, facility: str, flow: str = "dispatch-in") -> None:
        """Read what stands from earlier looks. ``flow`` is that of the exceptions."""
        self._store = runtime.store
        self._flow = flow
        self._connection, self._facility = connection, facility
        self.known = [
            Trouble(row["step"], row["name"], row["times"])
            for row in self._store.rows(
                "select step, name, times from file_trouble where connection = %s and facility = %s",
                connection,
                facility,
            )
        ]

    def count(self, step: str, name: str, error: ReachError) -> None:
        """Count a failure; file its exception when it has lasted.

        Raises the error itself where it may be the connection's: a wait or a login always, a broken exchange until it
        has broken at this one file again and again, while the folder around it was listed.
        """
        if isinstance(error, Throttled | Unauthorised):
            raise error
        row = self._store.row(
            "insert into file_trouble (connection, facility, step, name, why) values (%s, %s, %s, %s, %s)"
            " on conflict (connection, facility, step, name) do update set times = file_trouble.times + 1,"
            " why = excluded.why returning times",
            self._connection,
            self._facility,
            step,
            name,
            error.what,
        )
        times = row["times"] if row else 1
        refused = isinstance(error, Rejected)
        if times >= LOOKS or (isinstance(error, Rejected) and error.symbol in LASTING):
            self._file(step, name, error)
        elif not refused:
            raise error

    def _file(self, step: str, name: str, error: ReachError) -> None:
        why = error.what
        if step == FETCH and isinstance(error, Rejected) and error.symbol == LOST:
            why = f"{name} of {self._facility} is listed and cannot be opened, as a link that leads nowhere: {why}"
        exceptions.file(
            self._store.run,
            KINDS[step],
            subject=self._subject(step, name),
            story=f"file {name}" if name else f"folder of {self._facility}",
            flow=self._flow,
            connection=self._connection,
            why=why if step != ARCHIVE else f"{self._lying()} cannot be moved away: {why}",
        )

    def over(self, step: str, name: str, why: str) -> None:
        """Forget a trouble, and close its exception unless another file has the same."""
        if not any((one.step, one.name) == (step, name) for one in self.known):
            return
        self._store.run(
            "delete from file_trouble where connection = %s and facility = %s and step = %s and name = %s",
            self._connection,
            self._facility,
            step,
            name,
        )
        if step != ARCHIVE or not self._names():
            exceptions.close(self._store.run, KINDS[step], self._subject(step, name), why)

    def forget_all_but(self, lying: AbstractSet[str]) -> None:
        """Forget the troubles of files that do not lie there any more."""
        for one in self.known:
            if one.name and one.name not in lying:
                self.over(one.step, one.name, "the file lies there no more")

    def last(self, lying: Sequence[RemoteFile]) -> list[RemoteFile]:
        """Files that lie there, with those that were not given out before behind the others."""
        troubled = {one.name for one in self.known if one.step == FETCH}
        return sorted(lying, key=lambda file: file.name in troubled)

    def _subject(self, step: str, name: str) -> str:
        """One exception for each file, and one for an archive: what refuses one file there refuses them all."""
        if step == FETCH:
            return f"file:{self._connection}:{self._facility}:{name}"
        return f"folder:{self._connection}:{self._facility}:{step}"

    def _lying(self) -> str:
        names = self._names()
        more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
        return f"{', '.join(names[:FEW])}{more} of {self._facility}"

    def _names(self) -> list[str]:
        return [
            row["name"]
            for row in self._store.rows(
                "select name from file_trouble where connection = %s and facility = %s and step = %s"
                " order by since, name",
                self._connection,
                self._facility,
                ARCHIVE,
            )
        ]
