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
MOST_PAGES = 10_000  # of one list: a million nodes, more than a building has
MOST_EMPTY = 20  # pages without a node in a row: a filter may empty some, never so many

Node = dict[str, Any]
Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


def query(roots: Mapping[str, str], extra: str = "", first: int = PAGE) -> str:
    """The document that reads several lists at once: ``roots`` maps an alias to a root of LISTINGS.

    An alias ``a`` takes the variables ``$a`` (its filter) and ``$a_after`` (its cursor). ``extra``
    are further node fields, ``first`` the nodes of a page; both hold for every list.
    """
    variables = ", ".join(f"${a}: {LISTINGS[r].filter_type}, ${a}_after: String" for a, r in roots.items())
    fields = " ".join(
        f"{a}: {r} {{ all(filter: ${a}, first: {first}, after: ${a}_after{LISTINGS[r].arguments}) {{ "
        f"pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {LISTINGS[r].node} {extra} }} }} }} }}"
        for a, r in roots.items()
    )
    return f"query({variables}) {{ {fields} }}"


def nodes(ask: Ask, root: str, conditions: dict[str, Any], extra: str = "") -> Iterator[Node]:
    """Every node of one list, page after page, with its ids as str. Raises what ``ask`` raises, and Garbled."""
    for page in pages(ask, root, conditions, extra):
        yield from page


def pages(ask: Ask, root: str, conditions: dict[str, Any], extra: str = "", first: int = PAGE) -> Iterator[list[Node]]:
    """One list page by page, each asked for when the one before it was consumed.

    It ends by itself only when Clarus said that there is no further page; else it raises what
    ``ask`` raises, or Garbled: also for cursors that go round, and for pages without an end. So a walk
    that ended without an error was complete.
    """
    document = query({"list": root}, extra, first)
    walk = _Walk(root)
    while not walk.over:
        data = ask(document, {"list": conditions, "list_after": walk.cursor})
        yield walk.page(data, "list")


def read_together(ask: Ask, wanted: Mapping[str, tuple[str, dict[str, Any]]], extra: str = "") -> Iterator[Node]:
    """The nodes of several lists, asked for in one request per round of pages.

    ``wanted`` maps an alias to (root, filter). Each node has the alias that it answers under
    ``_alias``. A round asks only for the lists that have another page.
    """
    walks = {alias: _Walk(root) for alias, (root, _) in wanted.items()}
    while walks:
        variables: dict[str, Any] = {}
        for alias, walk in walks.items():
            variables[alias] = wanted[alias][1]
            variables[f"{alias}_after"] = walk.cursor
        data = ask(query({alias: wanted[alias][0] for alias in walks}, extra), variables)
        for alias, walk in walks.items():
            for node in walk.page(data, alias):
                yield {**node, "_alias": alias}
        walks = {alias: walk for alias, walk in walks.items() if not walk.over}


class _Walk:
    """The position in one list: reading goes on as long as Clarus says so, and never over a page twice or for ever."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._seen: set[str] = set()
        self._empty = 0
        self.cursor: str | None = None
        self.over = False

    def page(self, data: dict[str, Any], alias: str) -> list[Node]:
        """The nodes of the next page. Raises Garbled for one that cannot be read or leads nowhere new."""
        try:
            page = data[alias]["all"]
            info = page["pageInfo"]
            found: list[Node] = [ids_as_text({**edge["node"]}) for edge in page["edges"]]
            further, following = info["hasNextPage"], info["endCursor"]
        except (KeyError, TypeError) as error:
            raise Garbled(f"Clarus's answer for {self._root} has no readable page ({type(error).__name__})") from error
        if not isinstance(further, bool):  # a list is whole only where Clarus says so
            raise Garbled(f"Clarus's answer for {self._root} does not say whether a page follows")
        self._empty = 0 if found else self._empty + 1
        self.over = not further
        if self.over:
            return found
        if not isinstance(following, str) or following in self._seen:
            raise Garbled(f"Clarus gave no new cursor for the next page of {self._root}: the list cannot be read")
        self._seen.add(following)
        if len(self._seen) >= MOST_PAGES or self._empty >= MOST_EMPTY:
            raise Garbled(f"Clarus's pages of {self._root} do not end: ask Clarus about their cursors")
        self.cursor = following
        return found


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
