"""Every kind of trouble that the code can name has an owner, a severity, a next step and a runbook section."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from adapters import errors
from fleet_tests.places import ROOT
from workers.spine.policy import TABLES, UNKNOWN, VERDICTS, verdict

FIRST_ARGUMENT = {"Dead", "Retry", "verdict", "file_exception"}
SECOND_ARGUMENT = {"file_exception"}  # as a function; as a method the kind comes first
JUDGED_BY_THE_HANDLER = {"rejected", "unreachable"}  # a refusal is named by what was refused
KEYWORDS = {"kind", "refused"}
NO_TROUBLE = {  # kind= of messages, records, signatures
    "order", "cancel", "reread", "shipment", "product", "read", "",
}  # fmt: skip


def constants(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def named(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def text(node: ast.expr | None) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def of_call(call: ast.Call) -> Iterator[str]:
    """Kinds among a call's arguments."""
    name = named(call)
    if name in FIRST_ARGUMENT:
        yield from text(call.args[0] if call.args else None)
    if name in SECOND_ARGUMENT:
        yield from text(call.args[1] if len(call.args) > 1 else None)
    for keyword in call.keywords:
        if keyword.arg in KEYWORDS and name in {"Unmappable", "Order", "Cancel"}:
            yield from constants(keyword.value)


def of_assignment(node: ast.Assign) -> Iterator[str]:
    """What is assigned to a variable called ``kind``."""
    if [target.id for target in node.targets if isinstance(target, ast.Name)] == ["kind"]:
        for value in [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]:
            yield from text(value)


def kinds_of(tree: ast.Module, *, flows: bool) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from of_call(node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in KEYWORDS:
            yield from text(node.value)
        elif isinstance(node, ast.Assign) and flows:
            yield from of_assignment(node)


def used() -> set[str]:
    found = {error.kind for error in vars(errors).values() if isinstance(error, type) and hasattr(error, "kind")}
    for package in ("workers", "adapters", "mappings"):
        for path in (ROOT / package).rglob("*.py"):
            if "sandbox" not in path.parts:
                flows = path.parent == ROOT / "workers" and path.name not in {"alerts.py", "logs.py"}
                found |= set(kinds_of(ast.parse(path.read_text(encoding="utf-8")), flows=flows))
    return found - NO_TROUBLE - JUDGED_BY_THE_HANDLER


def test_the_scan_finds_kinds_of_every_sort() -> None:
    assert {"uncertain", "bad_address", "refused_by_warehouse", "unavailable", "short_pick", "crashed"} <= used()


@pytest.mark.parametrize("kind", sorted(used()))
def test_every_kind_in_the_code_has_a_verdict(kind: str) -> None:
    assert verdict(kind) is not UNKNOWN, f"add a row {kind!r} to a table of workers/spine/policy"


def test_no_kind_stands_in_two_tables() -> None:
    kinds = [kind for table in TABLES for kind in table]
    assert len(kinds) == len(set(kinds)) == len(VERDICTS)


@pytest.mark.parametrize("kind", sorted(VERDICTS))
def test_every_verdict_has_an_owner_a_next_step_and_a_runbook_section(kind: str) -> None:
    told = VERDICTS[kind]
    assert told.owner
    assert len(told.next_step) > 20
    runbook = ROOT / "docs" / "runbook.md"
    assert runbook.exists(), "docs/runbook.md is not there"
    headings = {
        line.lstrip("#").strip().strip("`")
        for line in runbook.read_text(encoding="utf-8").splitlines()
        if line.startswith("##")
    }
    assert kind in headings, f"docs/runbook.md needs a section '## {kind}'"


def test_an_unknown_kind_is_engineerings() -> None:
    assert verdict("never heard of").owner == "engineering"
