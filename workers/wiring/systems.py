"""The systems that there are, one row each, and the configuration that is read with them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from adapters.acs.settings import Settings as AcsSettings
from adapters.clarus.settings import Settings as ClarusSettings
from adapters.gxo.settings import Settings as GxoSettings
from adapters.khaos.settings import Settings as KhaosSettings
from workers.config import Configuration, environment, read
from workers.config.system import Role, System
from workers.ports.warehouse import Parts
from workers.systems.clarus.access_tokens import LedgerTokens
from workers.systems.clarus.warehouse import clarus
from workers.systems.khaos.erp import KhaosErp


def acs(settings: AcsSettings, tables: Mapping[str, Any]) -> Parts:
    """The parts of an account at ACS."""
    from workers.systems.acs.warehouse import acs  # noqa: PLC0415  it loads paramiko, for which other merchants need not wait

    return acs(settings, tables)


def gxo(settings: GxoSettings, tables: Mapping[str, Any]) -> Parts:
    """The parts of an account at GXO."""
    from workers.systems.gxo.warehouse import gxo  # noqa: PLC0415  as above

    return gxo(settings, tables)


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
