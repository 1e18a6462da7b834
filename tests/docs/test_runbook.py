"""Whatever can stand in the exception table has its section in the runbook, and nothing else has one."""

from __future__ import annotations

import re

import pytest

from fleet_tests.places import ROOT
from workers.spine.policy import VERDICTS

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)


def section(kind: str) -> str:
    found = re.search(rf"^## {kind}\n(.*?)(?=^#|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_every_kind_has_exactly_one_section_and_no_section_is_of_an_unknown_kind() -> None:
    assert sorted(HEADINGS) == sorted(VERDICTS)


@pytest.mark.parametrize("kind", sorted(VERDICTS))
def test_a_section_names_the_owner_and_severity_of_the_verdict_table(kind: str) -> None:
    told = VERDICTS[kind]
    assert f"Owner: {told.owner} · severity: {told.severity}\n" in section(kind)


@pytest.mark.parametrize("kind", sorted(VERDICTS))
def test_a_section_says_what_it_means_how_it_looks_what_to_do_and_when_it_closes(kind: str) -> None:
    said = section(kind)
    for word in ("Means", "Looks like", "Do", "Closes"):
        assert said.count(f"- **{word}** ") == 1, f"{kind} lacks {word}"
