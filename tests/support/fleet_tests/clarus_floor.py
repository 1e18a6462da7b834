"""A warehouse without a network: one tenant in this process, its REST and GraphQL called as functions."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from adapters.clarus.sandbox import display, door, reads
from adapters.clarus.sandbox.refusal import Refusal
from adapters.clarus.sandbox.rest import route
from adapters.clarus.sandbox.schema import LISTS
from adapters.clarus.sandbox.tenant import Tenant, new_tenant

NODES = {
    "stocks": "id quantity status product { code } location { id code } string1 reason_code { code }",
    "stock_balances": "available allocated ordered received picked product { code } warehouse { code }",
    "transactions": "id subtype quantity created_at reason_code { code } location_from { code } location_to { code }",
    "tasks": "id status start_quantity confirmed_quantity task_type { code } location_to { code }"
    " goods_in_receipt_line { id goods_in_receipt { id reference } }",
    "goods_in_receipts": "id reference status receipt_type expected_date_of_receipt actual_date_of_receipt",
    "reason_codes": "id code reason_type active",
    "locations": "id code zone warehouse { code }",
    "suppliers": "id code",
}
COUNTED = ("available", "received", "allocated", "picked")
IN, OUT = ("RCV", "POSADJ", "UNDISP"), ("UNRCV", "NEGADJ", "DISP")


@dataclass
class House:
    tenant: Tenant
    clock: float

    def rest(self, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        try:
            _, an_id, handler = route(verb, f"api/{path}")
            return handler(self.tenant, an_id, body)
        except Refusal as refusal:
            return refusal.status, refusal.body()

    def write(self, verb: str, path: str, kind: str, **attributes: Any) -> Any:
        status, told = self.rest(verb, path, {"data": {"type": kind, "attributes": attributes}})
        assert status // 100 == 2, told
        return told

    def why(self, verb: str, path: str, kind: str, **attributes: Any) -> str:
        """The field that a refused call is told of."""
        status, told = self.rest(verb, path, {"data": {"type": kind, "attributes": attributes}})
        assert status == 422
        return str((told["errors"][0]["context"] or {}).get("field") or told["errors"][0]["symbol"])

    def do(self, **actions: Any) -> Any:
        return [next(iter(one.values())) for one in door.act(self.tenant, actions)["done"]]

    def ask(self, query: str) -> Any:
        return reads.answer(self.tenant, {"query": query})[1]

    def page(self, root: str, after: str | None = None, first: int = 100, **conditions: Any) -> tuple[list[Any], Any]:
        name = next(row[1] for one, row in LISTS.items() if one == root)
        query = f"query($f: {name}, $n: Int, $a: String) {{ {root} {{ all(filter: $f, first: $n, after: $a) {{ "
        query += f"pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {NODES[root]} }} }} }} }} }}"
        _, told = reads.answer(self.tenant, {"query": query, "variables": {"f": conditions, "n": first, "a": after}})
        assert "errors" not in told, told
        found = told["data"][root]["all"]
        following = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None
        return [edge["node"] for edge in found["edges"]], following

    def read(self, root: str, **conditions: Any) -> list[Any]:
        nodes, after = self.page(root, **conditions)
        while after:
            more, after = self.page(root, after, **conditions)
            nodes += more
        return nodes

    def product(self, code: str) -> int:
        made = self.write("POST", "products", "products", code=code, description=code, stock_unit_type_id=91)
        self.write("POST", f"products/{made['data']['id']}/account_products", "account_products", account_id=1)
        return int(made["data"]["id"])

    def order(self, reference: str, **lines: int) -> int:
        ids = {code: int(self.tenant.books.products.one(code)["id"]) for code in lines}  # type: ignore[index]
        made = self.write(
            "POST",
            "goods_outs",
            "goods_outs",
            goods_out_type="sales_order",
            account_id=1,
            warehouse_id=11,
            reference=reference,
            expected_date_of_dispatch="2026-11-23T17:00:00Z",
            lines_changes=[
                {"type": "ADD", "attributes": {"product_id": ids[code], "order_quantity": units}}
                for code, units in lines.items()
            ],
        )
        return int(made["data"]["id"])

    def status(self, reference: str) -> str:
        return str(
            next(one["status"] for one in display.show(self.tenant)["goods_outs"] if one["reference"] == reference)
        )

    def work(self, rounds: int = 1) -> None:
        """All that is due happens; one round is one stage of each order."""
        for _ in range(rounds):
            self.clock += 3600
            self.tenant.floor.tick(self.clock)

    def books(self) -> Any:
        return display.show(self.tenant)

    def shelf(self, code: str, warehouse: str = "LDS1") -> Any:
        return self.books()["stock"][code][warehouse]

    def imbalances(self) -> list[str]:
        """Where opening stock and movements do not add up to what is there, or counters to the records."""
        books = self.books()
        moved: Counter[tuple[str, str]] = Counter()
        for one in books["transactions"]:
            sign = (one["subtype"] in IN) - (one["subtype"] in OUT)
            moved[one["product"], one["warehouse"]] += sign * one["quantity"]
        records: Counter[tuple[str, str, str]] = Counter()
        for row in self.tenant.books.stocks.rows.values():
            assert row["quantity"] > 0
            records[row["product"]["code"], row["warehouse"]["code"], row["status"]] += int(row["quantity"])
        shelves = [(code, place, shelf) for code, some in books["stock"].items() for place, shelf in some.items()]
        wrong = [
            f"{code} in {place}: {shelf} and {moved[code, place]} moved"
            for code, place, shelf in shelves
            if shelf["opening"] + moved[code, place] != shelf["physically_there"]
            or any(shelf[status] != records[code, place, status] for status in (*COUNTED, "held"))
        ]
        counted: Counter[tuple[str, str, str]] = Counter()
        for row in self.tenant.books.stock_balances.rows.values():
            for status in COUNTED:
                counted[row["product"]["code"], row["warehouse"]["code"], status] += int(row[status])
        return wrong + [f"the balance of {key} is {n}" for key, n in counted.items() if n != records[key]]


def open_house() -> House:
    """A house in which MUG has ten units on the shelf and TRAY none."""
    house = House(new_tenant(subdomain="acme", secret="s", token_seconds=60, seed=7), time.monotonic())
    house.tenant.set_up({"plenty": False, "stock": [{"product": "MUG", "warehouse": "LDS1", "quantity": 10}]})
    for code in ("MUG", "TRAY"):
        house.product(code)
    return house
