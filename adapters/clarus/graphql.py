"""How Clarus's GraphQL lists are asked for, how their pages follow each other, and how ids become text.

Source: api-reference and the OpenAPI file's ``/graphql#List…`` operations. The real path is ``POST
/graphql``; cursors are Relay's; the largest page is unpublished, and the vendor's own tools ask for 100.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from adapters.clarus.listings import LISTINGS
from adapters.errors import Garbled

PAGE = 100

Node = dict[str, Any]
Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


def query(asked: Mapping[str, str], extra: str = "", first: int = PAGE) -> str:
    """The document that reads several lists at once: ``asked`` maps an alias to a root of LISTINGS.

    An alias ``a`` takes the variables ``$a`` (its filter) and ``$a_after`` (its cursor). ``extra``
    are further node fields, ``first`` the nodes of a page; both hold for every list.
    """
    variables = ", ".join(f"${a}: {LISTINGS[r].filter_type}, ${a}_after: String" for a, r in asked.items())
    fields = " ".join(
        f"{a}: {r} {{ all(filter: ${a}, first: {first}, after: ${a}_after{LISTINGS[r].arguments}) {{ "
        f"pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {LISTINGS[r].node} {extra} }} }} }} }}"
        for a, r in asked.items()
    )
    return f"query({variables}) {{ {fields} }}"


def nodes(ask: Ask, root: str, conditions: dict[str, Any], extra: str = "") -> Iterator[Node]:
    """Every node of one list, page after page, with its ids as str. Raises what ``ask`` raises, and Garbled."""
    for page in pages(ask, root, conditions, extra):
        yield from page


def pages(ask: Ask, root: str, conditions: dict[str, Any], extra: str = "", first: int = PAGE) -> Iterator[list[Node]]:
    """One list page by page, each asked for when the one before it was consumed.

    It ends by itself only when Clarus said that there is no further page; else it raises what
    ``ask`` raises, or Garbled. So a walk that ended without an error was complete.
    """
    document = query({"list": root}, extra, first)
    cursor: str | None = None
    while True:
        found, following = _page(ask(document, {"list": conditions, "list_after": cursor}), "list", root, cursor)
        yield found
        if following is None:
            return
        cursor = following


def read_together(ask: Ask, wanted: Mapping[str, tuple[str, dict[str, Any]]], extra: str = "") -> Iterator[Node]:
    """The nodes of several lists, asked for in one request per round of pages.

    ``wanted`` maps an alias to (root, filter). Each node has the alias that it answers under
    ``_alias``. A round asks only for the lists that have another page.
    """
    after: dict[str, str | None] = dict.fromkeys(wanted)
    while after:
        variables: dict[str, Any] = {}
        for alias, cursor in after.items():
            variables[alias] = wanted[alias][1]
            variables[f"{alias}_after"] = cursor
        data = ask(query({alias: wanted[alias][0] for alias in after}, extra), variables)
        following: dict[str, str | None] = {}
        for alias, cursor in after.items():
            found, next_cursor = _page(data, alias, wanted[alias][0], cursor)
            if next_cursor is not None:
                following[alias] = next_cursor
            for node in found:
                yield {**node, "_alias": alias}
        after = following


def _page(data: dict[str, Any], alias: str, root: str, cursor: str | None) -> tuple[list[Node], str | None]:
    try:
        page = data[alias]["all"]
        info = page["pageInfo"]
        found = [ids_as_text(edge["node"]) for edge in page["edges"]]
        further, following = info["hasNextPage"], info["endCursor"]
    except (KeyError, TypeError) as error:
        raise Garbled(f"Clarus's answer for {root} has no readable page ({error!r})") from error
    if not further:
        return found, None
    if not isinstance(following, str) or following == cursor:
        raise Garbled(f"Clarus gave no new cursor for the next page of {root}: the list cannot be read")
    return found, following


def ids_as_text(node: Any) -> Any:
    """The same tree with every ``id`` and ``…_id`` as str: REST gives integers, GraphQL strings (api-reference)."""
    if isinstance(node, dict):
        return {
            key: str(value)
            if (key == "id" or key.endswith("_id")) and isinstance(value, int) and not isinstance(value, bool)
            else ids_as_text(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [ids_as_text(entry) for entry in node]
    return node


def batches(values: Iterable[str], size: int) -> Iterator[list[str]]:
    """``values`` without repeats, in their order, ``size`` at a time."""
    batch: list[str] = []
    for value in dict.fromkeys(values):
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
