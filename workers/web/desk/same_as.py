"""Which command of ``fleet`` does what an acting route of the desk does, declared beside each route.

A test asks each for it, so that a new route without one fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def same_as(*commands: str) -> Callable[[F], F]:
    """Declare the commands that do the same, each without the word ``fleet``: ``@same_as("exceptions retry")``.

    It stands below the route's own decorator.
    """

    def declare(endpoint: F) -> F:
        endpoint.commands = commands  # type: ignore[attr-defined]  # a test asks each route for it
        return endpoint

    return declare


def of_browsers_alone(why: str) -> Callable[[F], F]:
    """Declare that no command does this, because only somebody who is logged in with a browser can mean it."""

    def declare(endpoint: F) -> F:
        endpoint.of_browsers_alone = why  # type: ignore[attr-defined]  # as above
        return endpoint

    return declare
