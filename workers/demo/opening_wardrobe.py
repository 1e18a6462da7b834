"""ACS's morning in the demo: garments that hang there, garments that are set up by file, and what each is worth."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from workers.demo.orders_file.product_facts import facts_of
from workers.demo.setting import wardrobe
from workers.demo.setting.buildings import ACS
from workers.demo.setting.stand_ins import Partners
from workers.journal import assets
from workers.ledger.store import Store
from workers.sku_sync import garment_setup

WHO = "the demo's finance"
PATIENCE = 60.0  # seconds for the set-up files of the morning, and for a withdrawal
# A warehouse as it is: orders leave in two goes, a unit is short, a set-up row is refused. Files carry seconds in their
# names, for the demo asks for several within a minute; garments come back as the demo's wearers say.
AS_IT_IS: dict[str, Any] = {
    "file_time": "%H%M%S",
    "hires_come_back": False,
    "step_seconds": 0.2,
    "inspect_seconds": 0.4,
    "refurbish_seconds": 0.8,
    "dispose_seconds": 0.4,
    "two_goes_rate": 0.25,
    "short": wardrobe.SHORT,
    "reject_garments": {wardrobe.NOT_TAKEN: "invalid"},
    "bodies": "text",
}
ANSWERED = "select count(*) as n from garment_item where connection = %s and state in ('waiting', 'laid')"
ARRIVED = "select count(*) as n from garment where connection = %s and state = 'sellable'"
RETIRED = "select count(*) as n from write_off where connection = %s"


def rows() -> list[dict[str, Any]]:
    """The styles as Khaos Control's stand-in takes products, at ACS's site."""
    return [
        {
            "code": style.code,
            "description": style.name,
            "stock_controlled": True,
            "price": str(style.price),
            **facts_of(style.code, style.price),
            "site": ACS.site,
            "in_stock": style.garments,
        }
        for style in wardrobe.STYLES
    ]


def hang_up(partners: Partners, store: Store) -> None:
    """Garments that were there before, and the announcement of new ones."""
    partners.at_acs("switches", AS_IT_IS)
    partners.at_acs("setup", {"stock": {style.code: style.garments for style in wardrobe.STYLES}})
    garment_setup.announce(store, ACS.name, wardrobe.NEW)


def settle_in(partners: Partners, store: Store) -> bool:
    """Wait for the new garments, withdraw one of them, and load what each is worth. False when it takes too long.

    The first stock file must not come before: what ended before the fleet counted anything is nobody's to write off.
    """
    taken = len(wardrobe.NEW) - 1
    if not (_until(store, ANSWERED, 0) and _until(store, ARRIVED, taken)):
        return False
    worth = {style.code: style.value for style in wardrobe.STYLES}
    today = datetime.now(UTC).date()
    tags = partners.acs_books("garments")["garments"]
    assets.load(store, [assets.Asset(one["rfid"], worth[one["product_sku"]], today) for one in tags], WHO)
    garment_setup.announce(store, ACS.name, [wardrobe.WITHDRAWN])
    return _until(store, RETIRED, 1)


def _until(store: Store, query: str, n: int) -> bool:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        row = store.row(query, ACS.name)
        if row and row["n"] == n:
            return True
        time.sleep(0.2)
    return False
