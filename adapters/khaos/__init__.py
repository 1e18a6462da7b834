"""How to reach Khaos Control: its SOAP service ``IKosWeb``. No business meaning."""

from adapters.khaos.client import Khaos
from adapters.khaos.results import Imported, ImportResult, Site, SiteList, Skipped, StockInfo
from adapters.khaos.settings import Settings

__all__ = ["ImportResult", "Imported", "Khaos", "Settings", "Site", "SiteList", "Skipped", "StockInfo"]
