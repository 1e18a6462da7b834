"""How the ids behind the codes of an account are looked up: buildings, carriers, units.

Source: GraphQL lists accounts, account_warehouses, carriers, stock_unit_types.
"""

from __future__ import annotations

from typing import Any

from adapters.clarus.graphql import Ask, nodes
from adapters.errors import Rejected


def ids_by_code(ask: Ask, account: str) -> dict[str, Any]:
    """``{"account_id": str, "warehouses": {code: id}, "carriers": {code: id}, "stock_unit_types": {code: id}}``.

    Warehouses are those in which the account may trade (list ``account_warehouses``). Raises
    Rejected (symbol ``account_unknown``) when no account has the code.
    """
    ids = [node["id"] for node in nodes(ask, "accounts", {"code": {"eq": account}}) if node.get("code") == account]
    if not ids:
        raise Rejected(
            f"Clarus knows no account with the code {account!r}: correct `account` in the settings",
            symbol="account_unknown",
        )
    places = nodes(ask, "account_warehouses", {"account_id": {"eq": ids[0]}})
    return {
        "account_id": ids[0],
        "warehouses": {n["warehouse"]["code"]: n["warehouse"]["id"] for n in places if n.get("warehouse")},
        "carriers": {n["code"]: n["id"] for n in nodes(ask, "carriers", {})},
        "stock_unit_types": {n["code"]: n["id"] for n in nodes(ask, "stock_unit_types", {})},
    }
