"""Scripts in what partners say, and a walk over every page that the desk leads to."""

from __future__ import annotations

import re

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
HARMFUL = re.compile(r"<script>alert|<img src=x|\"'><|onerror=alert\(1\)>", re.IGNORECASE)


def walk(seen: TestClient, most: int = 300) -> dict[str, str]:
    """Every page that the desk leads to, from its front page on, and its searches for the script itself."""
    waiting, walked = (
        ["/", f"/orders?q={SCRIPT}", f"/search?q={SCRIPT}", f"/exceptions?kind={SCRIPT}"],
        dict[str, str](),
    )
    routes = [one for one in seen.app.routes if isinstance(one, APIRoute)]  # type: ignore[attr-defined]
    waiting += [one.path for one in routes if "GET" in (one.methods or ()) and "{" not in one.path]
    while waiting and len(walked) < most:
        path = waiting.pop()
        if path in walked:
            continue
        answer = seen.get(path)
        kind = answer.headers.get("content-type", "")
        walked[path] = answer.text if "html" in kind else ""
        assert answer.status_code < 500, (path, answer.status_code)
        waiting += [link.split("#")[0] for link in re.findall(r'href="(/[^"]*)"', walked[path])]
    return walked


def harmful(walked: dict[str, str]) -> list[tuple[str, str]]:
    """The pages that would run a script of a partner's, and what they hold of it."""
    return [(path, found[0]) for path, text in walked.items() if (found := HARMFUL.search(text))]
