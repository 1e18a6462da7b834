"""How settings say that a value is a secret: it is never shown, and never written into ``fleet.toml`` itself."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, get_args

from pydantic import BaseModel, Field, StringConstraints


class _Mark:
    """Stands in a field's annotation."""


_SECRET = _Mark()
Secret = Annotated[str, StringConstraints(min_length=1), Field(repr=False), _SECRET]
SecretMember = Annotated[str, StringConstraints(min_length=1), _SECRET]  # of a list whose field is not shown
OptionalSecret = Annotated[str, Field(repr=False), _SECRET]  # empty: there is none


_WITHHELD = "withheld-from-this-process-"


def withheld() -> str:
    """Stand in for a secret that a process is not given: random, so that no door opens by it."""
    return _WITHHELD + secrets.token_hex(16)


def is_withheld(value: str) -> bool:
    """Whether a value only stands in for a secret."""
    return value.startswith(_WITHHELD)


def plain_secrets(settings: type[BaseModel], raw: dict[str, Any], where: str) -> list[str]:
    """Names of the secrets that stand in ``raw`` as they are, instead of naming an ``env:`` or a ``file:``."""
    found: list[str] = []
    for name, value in raw.items():
        field = settings.model_fields.get(name)
        if field is None:
            continue
        at = f"{where}.{name}"
        if isinstance(value, dict):
            for part in _models(field.annotation):
                found += plain_secrets(part, value, at)
        elif isinstance(value, str) and _SECRET in field.metadata and value and not value.startswith(("env:", "file:")):
            found.append(at)
        elif isinstance(value, list) and _holds_secrets(field.annotation):
            found += [at for one in value if not str(one).startswith(("env:", "file:"))]
    return list(dict.fromkeys(found))


def _holds_secrets(annotation: Any) -> bool:
    """Whether the members of a list are secrets."""
    return any(_SECRET in getattr(one, "__metadata__", ()) for one in get_args(annotation))


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that a value of an annotation may be, or hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for one in get_args(annotation) for model in _models(one)]
