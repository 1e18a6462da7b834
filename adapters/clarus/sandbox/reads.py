"""POST /graphql: documents are validated as a real server validates them, lists filtered, pages cut.

A cursor is opaque, in the vendor's example unpadded base64 of a number. Here it is the id of the record, so that a
page costs no more than what it looks at and nothing is skipped or repeated while records come and go.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, execute_sync, parse, validate
from graphql.type import GraphQLObjectType, GraphQLResolveInfo

from adapters.clarus.sandbox.books import Record
from adapters.clarus.sandbox.filters import Conditions, fits, moment
from adapters.clarus.sandbox.schema import LISTS, build
from adapters.clarus.sandbox.tenant import Tenant

LARGEST_PAGE = 100
DEFAULT_PAGE = 50

# root -> filter -> the table's key from which it is answered instead of by looking at every row
KEYED: dict[str, dict[str, str]] = {
    "goods_outs": {"reference": "reference"},
    "goods_out_lines": {"goods_out_id": "goods_out.id"},
    "shipments": {"goods_out_id": "goods_out.id"},
    "packages": {"shipment_id": "shipment.id"},
    "products": {"code": "code"},
    "account_products": {"product_id": "product.id"},
    "pick_processing_requests": {"process_reference": "process_reference"},
    "goods_in_receipts": {"reference": "reference"},
    "tasks": {"goods_in_receipt_line_id": "goods_in_receipt_line.id"},
    "stocks": {"product_id": "product.id"},
    "stock_balances": {"product_id": "product.id"},
    "transactions": {"goods_out_id": "goods_out.id", "product_id": "product.id"},
}
BY_PRODUCT = {"stocks", "stock_balances"}  # also by product_code


@lru_cache(maxsize=2)
def _schema(extra_fields: bool) -> GraphQLSchema:
    schema = build(extra_fields=extra_fields)
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
def _document(query: str, extra_fields: bool) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(_schema(extra_fields), document))


def answer(tenant: Tenant, body: Any) -> tuple[int, Any]:
    """The answer to ``{"query", "variables"}``: always 200, with ``errors`` where the document is wrong."""
    told = body if isinstance(body, dict) else {}
    extra_fields = tenant.switches.extra_fields
    document, errors = _document(str(told.get("query") or ""), extra_fields)
    if document is None or errors:
        return 200, {"data": None, "errors": [error.formatted for error in errors]}
    variables = told.get("variables") or {}
    done = execute_sync(_schema(extra_fields), document, context_value=tenant, variable_values=variables)
    return 200, dict(done.formatted)


def _all(
    root: str,
    _source: Any,
    info: GraphQLResolveInfo,
    *,
    filter: Conditions | None = None,  # noqa: A002 -- the vendor's name of the argument
    first: int | None = None,
    after: str | None = None,
    include_archived: bool = False,  # noqa: ARG001 -- nothing is archived here
) -> dict[str, Any]:
    tenant: Tenant = info.context
    conditions = filter or {}
    start = _number(after) if after else 0
    by_position = tenant.switches.position_cursors
    size = min(DEFAULT_PAGE if first is None else max(first, 0), LARGEST_PAGE)
    candidates = _candidates(tenant, root, conditions, 0 if by_position else start)
    matching = (row for row in candidates if fits(root, row, conditions))
    page = list(islice(matching, start if by_position else 0, (start if by_position else 0) + size + 1))
    edges = [
        {"cursor": _cursor(start + n if by_position else int(row["id"])), "node": row}
        for n, row in enumerate(page[:size], start=1)
    ]
    return {
        "edges": edges,
        "pageInfo": {
            "hasNextPage": len(page) > size,
            "hasPreviousPage": start > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _candidates(tenant: Tenant, root: str, conditions: Conditions, behind: int) -> Iterator[Record]:
    """In the order of their ids, those behind the id."""
    table = tenant.books.tables[root]
    keyed = _keyed(tenant, root, conditions)
    if keyed is not None:
        found = {row["id"]: row for row in table.by_key(*keyed)}
        return iter(sorted((row for row in found.values() if int(row["id"]) > behind), key=lambda row: int(row["id"])))
    since = conditions.get("created_at", {}).get("from")
    if root == "transactions" and since is not None:
        behind = max(behind, table.last_before(moment(since)))
    return table.behind(behind)


def _keyed(tenant: Tenant, root: str, conditions: Conditions) -> tuple[Iterable[Any], str] | None:
    """The values to look up and the key to look them up in, where the filter allows it."""
    for field, key in KEYED.get(root, {}).items():
        wanted = _wanted(conditions.get(field, {}))
        if wanted is not None:
            return wanted, key
    codes = _wanted(conditions.get("product_code", {})) if root in BY_PRODUCT else None
    return None if codes is None else ([row["id"] for row in tenant.books.products.by_key(codes)], "product.id")


def _wanted(operators: dict[str, Any]) -> list[Any] | None:
    if "eq" in operators:
        return [operators["eq"]]
    return list(dict.fromkeys(operators["in"])) if "in" in operators else None


def _cursor(number: int) -> str:
    return base64.b64encode(str(number).encode()).decode().rstrip("=")


def _number(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise GraphQLError("Invalid cursor") from None
