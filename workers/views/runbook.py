"""What the runbook says of a kind of exception, as a page can show it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

HERE = Path(__file__).parents[1]
PLACES = (HERE / "runbook.md", HERE.parent / "docs" / "runbook.md")  # in an install; in a clone


@cache
def section(kind: str) -> str:
    """The section of a kind as HTML, without its heading; empty where there is none. Links are left out."""
    found = re.search(rf"^## {re.escape(kind)}\n(.*?)(?=^# |^## |\Z)", _runbook(), re.MULTILINE | re.DOTALL)
    if found is None:
        return ""
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", found[1])
    text = re.sub(r"\AOwner: .*\n", "", text.strip())
    rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return rendered


@cache
def _runbook() -> str:
    return next((place.read_text(encoding="utf-8") for place in PLACES if place.exists()), "")
