"""The systems that there are, one row each, and the configuration that is read with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from adapters.acs.settings import Settings as AcsSettings
from adapters.clarus.settings import Settings as ClarusSettings
from adapters.gxo.settings import Settings as GxoSettings
from adapters.khaos.settings import Settings as KhaosSettings
from workers.config import Configuration, environment, read
from workers.config.system import Role, System
from workers.systems.acs.warehouse import acs
from workers.systems.clarus.access_tokens import LedgerTokens
from workers.systems.clarus.warehouse import clarus
from workers.systems.gxo.warehouse import gxo
from workers.systems.khaos.erp import KhaosErp

STOCK = ("movement_causes", "stock_conditions")

SYSTEMS: dict[str, System] = {
    "khaos": System(Role.ERP, KhaosSettings, KhaosErp),
    "clarus": System(Role.WAREHOUSE, ClarusSettings, clarus, ("adjustment_reasons", *STOCK, "carriers"), LedgerTokens),
    "acs": System(
        Role.WAREHOUSE,
        AcsSettings,
        acs,
        (
            "adjustment_reasons",
            "stock_conditions",
            "grades",
            "return_decisions",
            "carriers",
            "line_statuses",
            "order_statuses",
        ),
    ),
    "gxo": System(
        Role.WAREHOUSE, GxoSettings, gxo, ("adjustment_reasons", *STOCK, "carriers", "item_columns", "line_statuses")
    ),
}


def read_configuration(path: Path) -> Configuration:
    """Read and check a configuration file. Raises Misconfigured with one line that says what to do."""
    return read(path, SYSTEMS)


def configuration() -> Configuration:
    """The configuration that FLEET_CONFIG names, each file read once per process."""
    return _read_once(environment().fleet_config)


@cache
def _read_once(path: str) -> Configuration:
    return read_configuration(Path(path))
