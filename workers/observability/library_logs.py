"""Rewrites the libraries' own log records before they are formatted, so that no body or parameter is in them.

Celery dumps bodies that it cannot read, uvicorn prints callers and query strings, SQLAlchemy its
parameters. The fact stays, the rest goes. Texts as of Celery 5.7, uvicorn 0.54, SQLAlchemy 2.1.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping

from workers.observability.privacy import WITHHELD, brief


def rewrite(record: logging.LogRecord) -> bool:
    """Mend a stdlib record in place before it is formatted: the fact stays, bodies go. Always true."""
    for prefix, mend in REWRITES.items():
        if record.name == prefix or record.name.startswith(f"{prefix}."):
            mend(record)
    if isinstance(record.args, tuple):
        record.args = tuple(brief(arg) if isinstance(arg, BaseException) else arg for arg in record.args)
    return True


def _no_dump(record: logging.LogRecord) -> None:
    """The consumer's messages about what it cannot read end with the whole message: keep the first words."""
    text = str(record.msg)
    if "body" not in text and "Task: %r" not in text:
        return
    first = record.args[0] if isinstance(record.args, tuple) and record.args else ""
    name = re.fullmatch(r"'?([\w.-]{1,100})'?", str(first)) if "of type" in text else None
    opening = re.split(r"[%\n:]", text, maxsplit=1)[0].strip()
    record.msg = f"{opening} {name[1]} (body withheld)" if name else f"{opening} (body withheld)"
    record.args = ()


def _no_values(record: logging.LogRecord) -> None:
    """A task's end names the task; its result and its exception's text stay out."""
    if isinstance(record.args, Mapping):
        kind = re.match(r"\w+", str(record.args.get("exc", "")))
        record.args = {
            **record.args,
            "exc": kind[0] if kind else "",
            "return_value": WITHHELD,
            "args": WITHHELD,
            "kwargs": WITHHELD,
        }


def _no_address(record: logging.LogRecord) -> None:
    """Uvicorn's access line without the caller's address, the query, and whatever looks like a token."""
    if isinstance(record.args, tuple) and len(record.args) == 5:  # noqa: PLR2004  the fields of its format
        _client, method, target, _version, status = record.args
        path = re.sub(r"[^/]{20,}", "[token]", str(target).split("?", 1)[0])
        record.msg, record.args = "%s %s %s", (method, path, status)


def _no_parameters(record: logging.LogRecord) -> None:
    """SQLAlchemy's statements are ours; its parameter lines are other people's."""
    if str(record.msg).startswith("["):
        record.msg, record.args = "parameters withheld", ()


REWRITES: Mapping[str, Callable[[logging.LogRecord], None]] = {
    "celery.worker.consumer": _no_dump,
    "celery.worker.strategy": _no_dump,
    "celery.app.trace": _no_values,
    "uvicorn.access": _no_address,
    "sqlalchemy.engine": _no_parameters,
}
