"""The matrix of what each warehouse system can do is the code's own, and each system has its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workers.config.system import Role
from workers.ports.warehouse import manners
from workers.wiring.systems import SYSTEMS, read_configuration

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "systems"
WAREHOUSES = [name for name, system in SYSTEMS.items() if system.role is Role.WAREHOUSE]


def matrix() -> dict[str, dict[str, set[str]]]:
    """System -> what it can do -> in which manners, as the page has it."""
    rows = re.findall(r"^\| (.+) \|$", (PAGES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    head, *body = [[cell.strip() for cell in row.split("|")] for row in rows if set(row) - set("-| ")]
    return {
        system: {row[0]: set(row[column].split(", ")) - {"not"} for row in body}
        for column, system in enumerate(head)
        if column
    }


def test_the_matrix_has_every_warehouse_system_and_no_other() -> None:
    assert sorted(matrix()) == sorted(WAREHOUSES)


@pytest.mark.parametrize("system", WAREHOUSES)
def test_the_matrix_says_what_the_code_can(system: str) -> None:
    configuration = read_configuration(ROOT / "deploy" / "fleet.example.toml")
    (connection,) = [c for c in configuration.connections.values() if c.system == system][:1]
    able = manners(connection.connect(configuration.tables))
    assert matrix()[system] == {what: {str(manner.value) for manner in how} for what, how in able.items()}


@pytest.mark.parametrize("system", WAREHOUSES)
def test_each_system_has_a_page_that_the_matrix_and_the_readme_link_to(system: str) -> None:
    page = PAGES / f"{system}.md"
    text = page.read_text(encoding="utf-8")
    assert f"workers/systems/{system}" in text
    assert "## Its quirks" in text
    assert f"({system}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")
    assert f"docs/systems/{system}.md" in (ROOT / "README.md").read_text(encoding="utf-8")
