"""The systems that there are, one row each, and the configuration that is read with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from adapters.clarus.settings import Settings as ClarusSettings
from adapters.gxo.settings import Settings as GxoSettings
from adapters.khaos.settings import Settings as KhaosSettings
from workers.config import Configuration, environment, read
from workers.config.system import System
from workers.systems.clarus.access_tokens import LedgerTokens
from workers.systems.clarus.warehouse import ClarusWarehouse
from workers.systems.gxo.warehouse import GxoWarehouse
from workers.systems.khaos.erp import KhaosErp

SYSTEMS: dict[str, System] = {
    "khaos": System(KhaosSettings, KhaosErp),
    "clarus": System(ClarusSettings, ClarusWarehouse, login=LedgerTokens),
    "gxo": System(GxoSettings, GxoWarehouse, tells=True),
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
