"""POST /graphql: documents are validated as a real server validates them, lists filtered, pages cut.

Sources: the filter operators of the OpenAPI file's list operations; Relay cursors as in the vendor's
example (unpadded base64 of the 1-based position); ``ilike`` without ``%`` matches a part.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, execute_sync, parse, validate
from graphql.type import GraphQLObjectType, GraphQLResolveInfo

from adapters.clarus.sandbox.books import Record, at
from adapters.clarus.sandbox.schema import LISTS, build
from adapters.clarus.sandbox.tenant import Tenant

LARGEST_PAGE = 100
DEFAULT_PAGE = 50

# filter -> where it looks, when not at a member of its name or at <name>.id, .code, .reference
PLACES = {
    ("goods_out_lines", "account_id"): "goods_out.account.id",
    ("goods_out_lines", "warehouse_id"): "goods_out.warehouse.id",
    ("goods_out_lines", "goods_out_status_code"): "goods_out.goods_out_status.code",
    ("products", "account_id"): "account_ids",
}
# root -> the filter that is answered from the table's key instead of by looking at every row
KEYED = {
    "goods_outs": "reference",
    "goods_out_lines": "goods_out_id",
    "shipments": "goods_out_id",
    "packages": "shipment_id",
    "products": "code",
    "account_products": "product_id",
    "pick_processing_requests": "process_reference",
}


def _rank(value: Any) -> Any:
    """Ids compare as numbers."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: bool(value == wanted),
    "in": lambda value, wanted: value in wanted,
    "ilike": lambda value, wanted: wanted.strip("%").lower() in str(value or "").lower(),
    "like": lambda value, wanted: wanted.strip("%") in str(value or ""),
    "between": lambda value, wanted: value is not None and wanted[0] <= value <= wanted[1],
    "gt": lambda value, wanted: value is not None and _rank(value) > _rank(wanted),
    "gteq": lambda value, wanted: value is not None and _rank(value) >= _rank(wanted),
    "lt": lambda value, wanted: value is not None and _rank(value) < _rank(wanted),
    "lteq": lambda value, wanted: value is not None and _rank(value) <= _rank(wanted),
    "from": lambda value, wanted: value is not None and value >= wanted,
    "to": lambda value, wanted: value is not None and value <= wanted,
    "filled": lambda value, wanted: (value is not None) == wanted,
}


@lru_cache(maxsize=1)
def _schema() -> GraphQLSchema:
    schema = build()
    query = schema.query_type
    assert query is not None
    names = {row[0]: root for root, row in LISTS.items()}
    for field in query.fields.values():
        queries = field.type.of_type
        assert isinstance(queries, GraphQLObjectType)
        field.resolve = lambda *_: {}
        queries.fields["all"].resolve = partial(_all, names[queries.name.removesuffix("Queries")])
    return schema


@lru_cache(maxsize=1024)
def _document(query: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(_schema(), document))


def answer(tenant: Tenant, body: Any) -> tuple[int, Any]:
    """The answer to ``{"query", "variables"}``: always 200, with ``errors`` where the document is wrong."""
    told = body if isinstance(body, dict) else {}
    document, errors = _document(str(told.get("query") or ""))
    if document is None or errors:
        return 200, {"data": None, "errors": [error.formatted for error in errors]}
    done = execute_sync(_schema(), document, context_value=tenant, variable_values=told.get("variables") or {})
    return 200, dict(done.formatted)


def _all(
    root: str,
    _source: Any,
    info: GraphQLResolveInfo,
    *,
    filter: dict[str, dict[str, Any]] | None = None,  # noqa: A002 -- the vendor's name of the argument
    first: int | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    tenant: Tenant = info.context
    conditions = filter or {}
    rows = [row for row in _candidates(tenant, root, conditions) if _fits(root, row, conditions)]
    start = _position(after) if after else 0
    size = min(DEFAULT_PAGE if first is None else max(first, 0), LARGEST_PAGE)
    page = rows[start : start + size]
    edges = [{"cursor": _cursor(start + n), "node": row} for n, row in enumerate(page, start=1)]
    return {
        "edges": edges,
        "pageInfo": {
            "hasNextPage": start + size < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _candidates(tenant: Tenant, root: str, conditions: dict[str, dict[str, Any]]) -> Iterable[Record]:
    if root == "stock_balances":
        return tenant.stock.balances.values()
    table = tenant.books.tables[root]
    keyed = conditions.get(KEYED.get(root, ""), {})
    if "eq" in keyed or "in" in keyed:
        wanted = [keyed["eq"]] if "eq" in keyed else list(dict.fromkeys(keyed["in"]))
        return sorted(table.by_key(wanted), key=lambda row: int(row["id"]))
    return list(table.rows.values())


def _fits(root: str, row: Record, conditions: dict[str, dict[str, Any]]) -> bool:
    for field, operators in conditions.items():
        value = _value(root, row, field)
        values = value if isinstance(value, list) else [value]
        for operator, wanted in operators.items():
            if not any(OPERATORS[operator](one, wanted) for one in values):
                return False
    return True


def _value(root: str, row: Record, field: str) -> Any:
    if (root, field) in PLACES:
        return at(row, PLACES[root, field])
    if field in row:
        return row[field]
    owner, _, member = field.rpartition("_")
    return at(row, f"{owner}.{member}")


def _cursor(position: int) -> str:
    return base64.b64encode(str(position).encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise GraphQLError("Invalid cursor") from None
