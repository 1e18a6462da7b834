"""How the fleet's logs look: one JSON object a line on stdout, with nobody's personal data in it.

Everything goes through one handler: our structlog events, and the stdlib records of Celery, kombu,
uvicorn and SQLAlchemy, whose messages are rewritten where they would print a body or parameters.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from traceback import extract_tb
from typing import Any, TextIO
from uuid import UUID

import structlog
from celery.signals import setup_logging

from workers.observability.library_logs import rewrite
from workers.observability.privacy import WITHHELD, brief, chain, is_personal, mask, own_message

# Below this level these say per call what would hold parameters or URLs.
FLOORS = {
    "sqlalchemy": logging.WARNING,
    "urllib3": logging.ERROR,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "paramiko": logging.CRITICAL,  # what it logs comes out as our own errors
}
BELLS = ("celery.beat", "celery.worker.strategy", "celery.app.trace")  # their INFO is one bell each: it is our DEBUG
OWN_KEYS = frozenset({"event", "level", "logger", "time", "process", "exception"})
DEEPEST, LONGEST, FRAMES = 6, 50, 12

Event = MutableMapping[str, Any]


def configure(process: str, level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Log as ``process`` from ``level`` up, to stdout unless a ``stream`` is given.

    Takes over the root logger and every handler set before, and keeps Celery from setting its own.
    uvicorn must be run with ``log_config=None``. Raises ValueError for a level that does not exist.
    """
    wanted = logging.getLevelNamesMapping().get(level.upper())
    if wanted is None:
        raise ValueError(f"log level {level!r} does not exist: write DEBUG, INFO, WARNING, ERROR or CRITICAL")

    def named(_logger: Any, _method: str, event: Event) -> Event:
        event["process"] = process
        return event

    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        named,
    ]
    structlog.configure(
        processors=[
            *before,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = OneLine(stream or sys.stdout)
    handler.addFilter(rewrite)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                raised,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    _take_over(handler, wanted)
    setup_logging.connect(_keep_ours, weak=False, dispatch_uid="fleet.logs")


class OneLine(logging.StreamHandler[TextIO]):
    """A handler whose own failures name the place and not the record."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """Say where a record could not be written; the standard way would print its arguments."""
        failed = sys.exc_info()[0]
        kind = failed.__name__ if failed else "error"
        sys.stderr.write(f"a log record of {record.name} (line {record.lineno}) could not be written: {kind}\n")


def _take_over(handler: logging.Handler, level: int) -> None:
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    for name, floor in FLOORS.items():
        logging.getLogger(name).setLevel(max(level, floor))
    for name in BELLS:
        logging.getLogger(name).setLevel(level if level <= logging.DEBUG else max(level, logging.WARNING))
    logging.captureWarnings(True)


def _keep_ours(**_kwargs: Any) -> None:
    """Celery asks who sets up logging; a receiver is the answer."""


# ------------------------------------------------------------------ what structlog does to an event


def raised(_logger: Any, _method: str, event: Event) -> Event:
    """An exception as classes, places and our own words: messages of others quote what they failed on."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["exception"] = [
            {
                "type": f"{type(one).__module__}.{type(one).__qualname__}",
                "message": own_message(one),
                "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in _frames(one)],
            }
            for one in chain(error)
        ]
    return event


def _frames(error: BaseException) -> Sequence[Any]:
    return extract_tb(error.__traceback__)[-FRAMES:]


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """Withhold what stands under a personal key, at any depth; mask and shorten all other text."""
    return {
        key: value if key == "exception" else WITHHELD if _hides(key, value) else _safe(value, 0)
        for key, value in event.items()
    }


def _hides(key: str, value: object) -> bool:
    return key not in OWN_KEYS and value not in (None, "") and is_personal(key)


def _safe(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return mask(str(value))
    if isinstance(value, datetime | date | Decimal | UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, BaseException):
        return brief(value)
    if depth < DEEPEST and isinstance(value, Mapping):
        return {str(key): WITHHELD if _hides(str(key), one) else _safe(one, depth + 1) for key, one in value.items()}
    if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_safe(one, depth + 1) for one in list(value)[:LONGEST]]
    return f"<{type(value).__name__}>"  # a repr of a model would print its fields
