"""What somebody sees who is not let in, or whose request is not done: a page for people, JSON for programs."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from workers.web.desk.rendering import render
from workers.web.doorkeeper import LoginNeeded, Refused, own_path

FOR_MACHINES = ("/metrics", "/returns/advice")
SEE_OTHER = 303
NOBODY = 401


def install(app: FastAPI) -> None:
    """Have the application answer what its doorkeeper raises."""
    app.exception_handler(LoginNeeded)(_to_login)
    app.exception_handler(Refused)(_refused)


def _to_login(request: Request, needed: Exception) -> Response:
    assert isinstance(needed, LoginNeeded)
    after = needed.after
    if request.headers.get("hx-request"):  # a part of a page: the whole of it is to go to the login
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        after = own_path(f"{shown.path}?{shown.query}" if shown.query else shown.path)
        return Response(status_code=NOBODY, headers={"HX-Redirect": f"/login?next={quote(after, safe='')}"})
    return RedirectResponse(f"/login?next={quote(after, safe='')}", SEE_OTHER)


def _refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    if request.url.path in FOR_MACHINES:
        return JSONResponse({"error": f"{refused.title}: {refused.why}"}, refused.status, headers=refused.headers)
    login = refused.status == NOBODY
    answer = render(request, None, "refused.html", refused.status, title=refused.title, why=refused.why, login=login)
    answer.headers.update(refused.headers)
    return answer
