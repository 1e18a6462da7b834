"""The shape of an audit's report: sections, and listings whose rows are read as they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from workers.audit.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of findings. ``query`` gives its rows in ``columns``; ``needs``: what a person does, if anything."""

    name: str  # for programs
    title: str
    columns: tuple[str, ...]
    query: str
    values: tuple[str, ...] = ()
    needs: str = ""

    def count(self, workspace: Workspace) -> int:
        """How many rows there are."""
        return workspace.number(f"select count(*) from ({self.query})", *self.values)  # noqa: S608  a query of ours

    def rows(self, workspace: Workspace, limit: int = -1) -> Iterator[tuple[object, ...]]:
        """The rows, at most ``limit`` of them."""
        return workspace.rows(f"select * from ({self.query}) limit {limit}", *self.values)  # noqa: S608  a query of ours


@dataclass(slots=True)
class Section:
    """What one side, or the comparison with one warehouse, came to. ``failed`` says what broke off, and what to do."""

    name: str
    title: str
    notes: list[str] = field(default_factory=list)  # what cannot be read there, and what was used instead
    failed: list[str] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """A whole audit. Its rows live as long as the workspace."""

    at: datetime
    sections: tuple[Section, ...]
    workspace: Workspace

    @property
    def needs_a_person(self) -> int:
        """How many lists and failures somebody must look at."""
        return sum(
            len(section.failed) + sum(bool(one.needs and one.count(self.workspace)) for one in section.listings)
            for section in self.sections
        )
