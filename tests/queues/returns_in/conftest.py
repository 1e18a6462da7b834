"""A shop whose Khaos Control pulls returns from the fleet, and whose Clarus floor receives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from fleet_tests.shop import PASSWORD, TABLES, Shop
from fleet_tests.world import World
from workers.web.khaos_channel import Door, routes


@pytest.fixture
def open_shop(
    build: Callable[..., World], host: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> Iterator[Callable[..., Shop]]:
    """Builds a shop; ``form`` is what the channel speaks, ``channel=False`` leaves it unset."""
    (tmp_path / "channel").write_text(PASSWORD)
    app = FastAPI()
    with ExitStack() as stack:
        url = stack.enter_context(host(app))

        def begin(*, form: str = "JSON", page: int = 100, channel: bool = True, tables: str = TABLES) -> Shop:
            set_up = (
                f'channel = {{ password = "file:{tmp_path}/channel", public_url = "{url}", format = "{form}",'
                f" page = {page} }}\n"
            )
            world = build(khaos_more="extensions.confirm_shipment = {}\n" + (set_up if channel else ""), stock=tables)
            runtime = world.runtime
            offered: Any = runtime.erp.channel
            app.include_router(routes(Door(offered, "khaos", runtime.store, world.engine)))
            return Shop(world, url)

        yield begin


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    return open_shop()
