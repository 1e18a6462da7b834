"""The GraphQL schema, built from the rows of the lists; the rest of its types stands here."""

from __future__ import annotations

from graphql import GraphQLSchema, build_schema

from adapters.clarus.sandbox.movements import SUBTYPES
from adapters.clarus.sandbox.order_lists import ORDER_LISTS, Rows
from adapters.clarus.sandbox.stock_lists import EXTRA_FIELDS, EXTRA_TYPES, STOCK_LISTS

LISTS: Rows = {**ORDER_LISTS, **STOCK_LISTS}
MORE_ARGUMENTS = {"transactions": ", include_archived: Boolean"}
FIXED = f"""
enum SubtypeType {{ {" ".join(SUBTYPES)} }}
enum StatusCode {{ DRAFT PENDING PICK PART ALLOCATED COMPLETED PART_ALLOCATED CANCELLED }}
enum Status {{ pending completed failed }}
input StringInputType {{ eq: String ilike: String like: String in: [String!] between: [String!] }}
input IdInputType {{ eq: ID in: [ID!] gt: ID gteq: ID lt: ID lteq: ID filled: Boolean }}
input DecimalInputType {{ eq: Float gt: Float gteq: Float lt: Float lteq: Float between: [Float!] }}
input IntegerInputType {{ eq: Int gt: Int gteq: Int lt: Int lteq: Int between: [Int!] }}
input DatetimeInputType {{ eq: String from: String to: String between: [String!] }}
input BooleanInputType {{ eq: Boolean! }}
input StatusCodeInputType {{ eq: StatusCode in: [StatusCode!] }}
input StatusInputType {{ eq: Status in: [Status!] }}
input ResourceNameInputType {{ eq: String in: [String!] }}
input EventInputType {{ eq: String in: [String!] }}
type PageInfo {{ hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }}
type GoodsOutStatus {{ id: ID code: String name: String }}
type StorageUnitType {{ id: ID code: String }}
enum ReasonType {{
  negative_adjustment positive_adjustment hold release short_order_lines transfer stock_check
}}
input SubtypeTypeInputType {{ eq: SubtypeType in: [SubtypeType!] }}
input ReasonTypeInputType {{ eq: ReasonType in: [ReasonType!] }}
type StorageUnit {{ id: ID reference: String }}
type TaskType {{ id: ID code: String }}
type User {{ id: ID }}
type Address {{
  id: ID address_1: String address_2: String address_3: String address_4: String postcode: String country_code: String
}}
"""


def build(*, extra_fields: bool) -> GraphQLSchema:
    """The schema: every root has ``all(filter, first, after)`` with Relay pages."""
    parts = [FIXED, EXTRA_TYPES] if extra_fields else [FIXED]
    for root, (node, filter_type, published, filters) in LISTS.items():
        fields = f"{published} {EXTRA_FIELDS.get(node, '')}" if extra_fields else published
        conditions = " ".join(f"{one.split(':')[0]}: {one.split(':')[1]}InputType" for one in filters.split())
        arguments = f"filter: {filter_type}, first: Int, after: String{MORE_ARGUMENTS.get(root, '')}"
        parts.append(f"""
type {node} {{ {fields} }}
type {node}Edge {{ cursor: String! node: {node} }}
type {node}Connection {{ pageInfo: PageInfo! edges: [{node}Edge!]! }}
type {node}Queries {{ all({arguments}): {node}Connection! }}
input {filter_type} {{ {conditions} }}""")
    roots = " ".join(f"{root}: {row[0]}Queries!" for root, row in LISTS.items())
    # One page of the vendor's prose spells it so.
    return build_schema(
        "\n".join([*parts, f"type Query {{ {roots} pickProcessingRequests: PickProcessingRequestQueries! }}"])
    )
