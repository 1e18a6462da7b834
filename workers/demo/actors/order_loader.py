"""Loads the file's orders into Khaos Control while the demo looks on; what is refused is filed at once."""

from __future__ import annotations

import threading
import time

from workers.demo.orders_file.load import file_troubles, import_orders, refused
from workers.demo.orders_file.reading import OrdersFile
from workers.demo.setting.buildings import house_of
from workers.ledger.store import Store


class Loading(threading.Thread):
    """Imports every order once, each from its customer's site. ``failure`` is what must not have happened."""

    def __init__(self, file: OrdersFile, khaos_url: str, store: Store, *, seed: int, pace: float) -> None:
        """``pace`` seconds pass between two orders."""
        super().__init__(name="loader", daemon=True)
        self._file, self._khaos_url, self._store, self._seed, self._pace = file, khaos_url, store, seed, pace
        self._loaded = 0
        self.over = False
        self.failure: Exception | None = None

    @property
    def share(self) -> float:
        """Which share of the orders was offered to Khaos Control: 1 when it is over."""
        return 1.0 if self.over else self._loaded / max(1, len(self._file.orders))

    def run(self) -> None:
        """Import every order."""
        try:
            file_troubles(self._store, "khaos", refused(self._file))
            sites = import_orders(
                self._file, self._khaos_url, lambda order: house_of(order.customer_ref, self._seed).site
            )
            for said in sites:
                time.sleep(self._pace)
                self._loaded += 1
                if said is not None:
                    file_troubles(self._store, "khaos", [said])
        except Exception as error:  # noqa: BLE001  it is raised where the demo waits
            self.failure = error
        self.over = True
