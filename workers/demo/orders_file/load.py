"""Loads an orders file into a sandbox Khaos Control, through its own front door; what it refuses is filed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

import mappings.khaos as words
from adapters.errors import Garbled, ReachError, Rejected, Unavailable
from adapters.khaos.client import Khaos
from adapters.khaos.settings import Settings
from mappings.canonical import NewOrder
from mappings.errors import Unmappable
from workers.demo.orders_file.product_facts import facts_of
from workers.demo.orders_file.reading import OrdersFile, load_orders
from workers.ledger.store import Store, within
from workers.spine import exceptions

PLENTY = 10_000_000
TRIES = 5


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something of the file that did not become an order in Khaos."""

    kind: str
    subject: str
    story: str
    reason: str


def set_up_products(file: OrdersFile, khaos_url: str) -> None:
    """Give the sandbox the file's products, with plenty of each."""
    products = [
        {
            "code": product.code,
            "description": product.description,
            "stock_controlled": product.stock_controlled,
            "in_stock": PLENTY,
            "price": str(product.price),
            **facts_of(product.code, product.price),
        }
        for product in file.products
    ]
    answer = requests.post(
        f"{base_of(khaos_url)}/_sandbox/products", json={"sites": [], "products": products}, timeout=60
    )
    answer.raise_for_status()


def base_of(khaos_url: str) -> str:
    """The sandbox's address, without the service's path."""
    return "/".join(khaos_url.split("/")[:3])


def import_orders(
    file: OrdersFile, khaos_url: str, site_of: Callable[[NewOrder], str] = lambda order: order.site
) -> Iterator[Trouble | None]:
    """Import the orders one by one, as placed today; for each, None or what Khaos said against it.

    ``site_of`` says from which Khaos site an order is sold. Placed today, because the orders poll asks for the last
    ``lookback_days`` only, and files are often older.
    """
    client = Khaos(Settings(url=khaos_url, deadline=10.0))
    today = datetime.now(UTC).date()
    for order in file.orders:
        yield _import(client, order.model_copy(update={"ordered_on": today, "site": site_of(order)}))


def _import(client: Khaos, order: Any) -> Trouble | None:
    try:
        body = words.write_sales_order(order)
    except Unmappable as error:
        return Trouble("import_refused", f"file:{order.associated_ref}", order.associated_ref, str(error))
    reason = ""
    for attempt in range(TRIES):
        try:
            result = client.import_orders(body)
        except Rejected as error:
            reason = error.what
            break
        except (Unavailable, Garbled) as error:
            reason = error.what  # repeating is safe: the associated ref keeps it from being imported twice
            continue
        except ReachError as error:
            reason = error.what
            break
        if result.imported or (attempt and result.skipped):
            return None
        reason = "; ".join(skipped.reason for skipped in result.skipped) or "Khaos Control gave no reason"
        break
    return Trouble("import_refused", f"file:{order.associated_ref}", order.associated_ref, reason)


def refused(file: OrdersFile) -> list[Trouble]:
    """What the file itself says cannot be an order."""
    found = []
    for line in file.refused:
        at = f":{line.line_number}" if line.line_number is not None else ""
        found.append(Trouble(line.kind, f"file:{line.invoice}{at}", line.invoice or "orders file", line.reason))
    return found


def file_troubles(store: Store, erp: str, troubles: list[Trouble]) -> None:
    """Every line that did not flow stands in the exception table, with its reason."""
    with store.transaction() as db:
        for trouble in troubles:
            exceptions.file(
                within(db),
                trouble.kind,
                subject=trouble.subject,
                story=trouble.story,
                flow="orders-out",
                connection=erp,
                why=trouble.reason,
            )


def load_file(path: Path, khaos_url: str, *, as_json: bool = False, store: Store | None = None) -> int:
    """Load a file into a running sandbox. 0 when every order is in Khaos."""
    file = load_orders(path)
    set_up_products(file, khaos_url)
    troubles = refused(file) + [trouble for trouble in import_orders(file, khaos_url) if trouble is not None]
    if store is not None:
        file_troubles(store, "khaos", troubles)
    told = {
        "orders": len(file.orders),
        "lines": file.lines,
        "refused": [{"kind": t.kind, "subject": t.subject, "reason": t.reason} for t in troubles],
    }
    if as_json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(f"{told['orders']} orders loaded, {len(troubles)} lines or orders refused\n")
        for trouble in troubles:
            sys.stdout.write(f"  {trouble.subject}: {trouble.reason}\n")
    return 0 if not any(t.kind == "import_refused" for t in troubles) else 1
