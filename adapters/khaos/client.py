"""The operations of ``IKosWeb`` that the fleet uses, each with its arguments as the service names them.

Names, types and code numbers are from the vendor's Web Integration Guide v7.8d, "Operations".
Documents travel as XML text inside an argument or result; what they mean is for ``mappings.khaos``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from adapters.errors import Garbled, Rejected
from adapters.khaos.envelope import EPOCH, NO_LATER_THAN
from adapters.khaos.results import ImportResult, SiteList, StockInfo, read_import, read_sites, read_stock_infos
from adapters.khaos.settings import Bound, Settings
from adapters.khaos.soap import Soap
from adapters.text import xml_text

STOCK_CODE = 1  # MappingType of the stock operations
SORDER_CODE = 1  # MappingType of ExportOrders
ALL_SITES = -1


class Khaos:
    """One Khaos Control service. Safe to share between threads.

    Every method makes one call within ``settings.deadline`` seconds and raises what
    ``adapters.khaos.soap.Soap.call`` raises. Times are aware.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._soap = Soap(settings)

    def ping(self) -> str:
        """A harmless probe; the service's version."""
        return self.get_version()

    def get_version(self) -> str:
        """The version of the web service."""
        return self._text("GetVersion", {})

    def get_site_list(self) -> SiteList:
        """All stock sites."""
        return read_sites(self._soap.call("GetSiteList", {}))

    def get_stock_list(self, date_type: int, since: datetime | None, item_type: int) -> tuple[StockInfo, ...]:
        """Codes changed since a moment, or all with ``since=None``.

        ``date_type``: 0 last edited, 1 launch date, 2 last stock movement. ``item_type``: 0 all,
        1 parents of variants, 2 variants.
        """
        arguments = {"DateType": date_type, "DateValue": since or EPOCH, "StockItemType": item_type}
        return read_stock_infos(self._soap.call("GetStockList", arguments))

    def export_stock(self, codes: Iterable[str]) -> str:
        """``KSDXMLStock`` of these stock codes. An unknown code is simply not in it."""
        arguments = {"StockCode": _joined(codes), "MappingType": STOCK_CODE, "LastUpdated": EPOCH}
        return self._text("ExportStock", arguments)

    def export_stock_status(self, codes: Iterable[str], site_id: int = ALL_SITES) -> str:
        """``KSDXMLStockStatus`` of these stock codes at one site, or at all with -1."""
        arguments = {
            "StockCode": _joined(codes),
            "MappingType": STOCK_CODE,
            "LastUpdated": EPOCH,
            "SiteID": site_id,
            "PotentialLeadTime": False,
        }
        return self._text("ExportStockStatus", arguments)

    def import_stock_status(self, xml: str) -> tuple[StockInfo, ...]:
        """Set absolute levels from ``KSDXMLStockStatus``; prices and other data stay untouched.

        Returns the items that were updated. One that is missing was not: unknown, not stock
        controlled, or unchanged. Sending the same again has no further effect.
        """
        arguments = {"StockStatus": xml, "UpdateStockData": False, "UpdateStockLevels": True}
        return read_stock_infos(self._soap.call("ImportStockStatus", arguments, write=True))

    def export_order_status(
        self,
        *,
        ids: Iterable[str] = (),
        mapping_type: int = 1,
        web_only: bool = False,
        confirmed_only: bool = True,
        include_tracking: bool = False,
        include_cancelled: bool = False,
        date_from: datetime | None = None,
        date_to: datetime | None = None,
        stages: Iterable[int] = (),
        show_items: bool = True,
    ) -> str:
        """``KSDXMLOrderStatusEx``: orders with their invoices, from ``ExportOrderStatusEx``.

        ``mapping_type``: 1 ``ids`` are customer URNs, 3 sales order codes (1 when there are none).
        ``stages`` are invoice stage numbers; none = all. The dates are of the order, so an old back
        order needs a wide window. Without ids both dates must be given (ValueError).
        """
        wanted = _joined(ids, some=False)
        if not wanted and (date_from is None or date_to is None):
            raise ValueError("ExportOrderStatusEx needs ids, or both date_from and date_to")
        arguments = {
            "IDs": wanted,
            "MappingType": mapping_type,
            "WebOnly": web_only,
            "ConfirmedOnly": confirmed_only,
            "IncludeTracking": include_tracking,
            "IncludeCancelled": include_cancelled,
            "DateFrom": date_from or EPOCH,
            "DateTo": date_to or NO_LATER_THAN,
            "InvoiceStageIDs": ",".join(str(stage) for stage in stages),
            "ShowItems": show_items,
        }
        return self._text("ExportOrderStatusEx", arguments)

    def export_orders(self, codes: Iterable[str]) -> str:
        """``KSDXMLImportFormat`` of these sales orders in full; about 15 a call is what the field uses."""
        return self._text("ExportOrders", {"OrderCode": _joined(codes), "MappingType": SORDER_CODE})

    def import_orders(self, xml: str) -> ImportResult:
        """Create sales orders from ``KSDXMLImportFormat``. Send one a call: a fault then concerns one order.

        ``ASSOCIATED_REF`` keeps Khaos from importing an order twice, so repeating is safe; the
        repeat is among the skipped.
        """
        return read_import(self._soap.call("ImportOrders", {"Orders": xml}, write=True))

    def confirm_shipment(self, values: Mapping[str, str]) -> str:
        """Tell Khaos that goods left, by the merchant's own operation; no published one exists.

        ``values`` are keyed by our names; those that ``extensions.confirm_shipment.arguments`` does
        not bind are not sent. Returns the service's text.

        Raises:
            Rejected: ``symbol`` ``extension_not_bound`` when the setting is off, or the WSDL lacks
                the operation or an argument bound to it; or a fault.
        """
        return self._extension("confirm_shipment", self.settings.extensions.confirm_shipment, values)

    def post_journal(self, values: Mapping[str, str]) -> str:
        """Book a stock movement's value, by the merchant's own operation; no published one exists.

        ``values`` are keyed by our names, as in ``confirm_shipment``. The operation is idempotent on the movement, so
        repeating is safe. Returns the service's text; raises as ``confirm_shipment`` does.
        """
        return self._extension("post_journal", self.settings.extensions.post_journal, values)

    def _extension(self, name: str, bound: Bound | None, values: Mapping[str, str]) -> str:
        if bound is None:
            raise _unbound(name, f"extensions.{name} is not set; bind the merchant's operation there")
        arguments = {theirs: values[ours] for ours, theirs in bound.arguments.items() if ours in values}
        try:
            return self._text(bound.operation, arguments, write=True)
        except Rejected as error:
            if error.symbol in ("operation_not_offered", "argument_not_offered"):
                raise _unbound(name, f"{error.what}; correct extensions.{name} to match it") from error
            raise

    def _text(self, operation: str, arguments: Mapping[str, Any], *, write: bool = False) -> str:
        found = self._soap.call(operation, arguments, write=write)
        if found is None:
            return ""
        if isinstance(found, (dict, list)):
            raise Garbled(f"{operation}: expected text and got an object", maybe_done=write)
        return xml_text(str(found))  # a document of its own, which may name such a character for itself


UNBOUND = {"confirm_shipment": "shipments cannot be confirmed", "post_journal": "journals cannot be posted"}


def _unbound(name: str, why: str) -> Rejected:
    return Rejected(f"{UNBOUND[name]}: {why}", symbol="extension_not_bound")


def _joined(codes: Iterable[str], *, some: bool = True) -> str:
    """The service's code list: one text, parted by commas. An empty one would mean everything."""
    given = [codes] if isinstance(codes, str) else list(codes)
    if some and not any(given):
        raise ValueError("name at least one code: the service reads an empty list as all of them")
    for code in given:
        if "," in code:
            raise Rejected(
                f"{code!r} has a comma, and the service parts code lists by commas; rename it in Khaos",
                symbol="code_with_comma",
            )
    return ",".join(given)
