"""Shops whose Khaos Control pulls returns from the fleet; Clarus's floor receives them, or ACS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from fleet_tests import garment_shop
from fleet_tests.acs import Garments
from fleet_tests.garment_shop import Place
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


@pytest.fixture
def place(
    build_acs: Callable[..., Garments], host: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> Iterator[Callable[..., Place]]:
    (tmp_path / "channel").write_text(PASSWORD)
    app = FastAPI()
    with host(app) as url:

        def begin(more: str = "") -> Place:
            channel = f'channel = {{ password = "file:{tmp_path}/channel", public_url = "{url}" }}\n'
            acs = build_acs(more, khaos_more="extensions.confirm_shipment = {}\n" + channel, stock=garment_shop.TABLES)
            runtime = acs.runtime
            offered: Any = runtime.erp.channel
            app.include_router(routes(Door(offered, "khaos", runtime.store, acs.world.engine)))
            acs.stock(DRESS=6)
            acs.count()
            return Place(acs, Shop(acs.world, url))

        yield begin
