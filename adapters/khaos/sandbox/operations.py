"""Which operations the sandbox offers, with their signatures, and what runs each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.khaos.sandbox import journals, levels_in, orders_in, shipments, status_out, stock_out
from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.channel.link import Channel
from adapters.khaos.sandbox.courier.files import Folder
from adapters.khaos.sandbox.courier.refs import CourierBook
from adapters.khaos.sandbox.records import Refused, Shipment
from adapters.khaos.sandbox.switches import Switches
from adapters.khaos.sandbox.wire import Signature

VERSION = "7.8.4.0 sandbox"


SIGNATURES: Mapping[str, Signature] = {
    "GetVersion": ((), "string"),
    "GetSiteList": ((), "TSiteList"),
    "GetStockList": ((("DateType", "int"), ("DateValue", "dateTime"), ("StockItemType", "int")), "TStockList"),
    "ExportStock": ((("StockCode", "string"), ("MappingType", "int"), ("LastUpdated", "dateTime")), "string"),
    "ExportStockStatus": (
        (
            ("StockCode", "string"),
            ("MappingType", "int"),
            ("LastUpdated", "dateTime"),
            ("SiteID", "int"),
            ("PotentialLeadTime", "boolean"),
        ),
        "string",
    ),
    "ImportStockStatus": (
        (("StockStatus", "string"), ("UpdateStockData", "boolean"), ("UpdateStockLevels", "boolean")),
        "TStockList",
    ),
    "ExportOrderStatusEx": (
        (
            ("IDs", "string"),
            ("MappingType", "int"),
            ("WebOnly", "boolean"),
            ("ConfirmedOnly", "boolean"),
            ("IncludeTracking", "boolean"),
            ("IncludeCancelled", "boolean"),
            ("DateFrom", "dateTime"),
            ("DateTo", "dateTime"),
            ("InvoiceStageIDs", "string"),
            ("ShowItems", "boolean"),
        ),
        "string",
    ),
    "ExportOrders": ((("OrderCode", "string"), ("MappingType", "int")), "string"),
    "ImportOrders": ((("Orders", "string"),), "TOrderImportResult"),
}
# not published: they stand for a merchant's own extensions, and are offered only where the switch says so
CONFIRM, JOURNAL = "ConfirmShipment", "PostStockJournal"
EXTENSIONS: Mapping[str, Signature] = {
    CONFIRM: (tuple((name, "string") for name in shipments.ARGUMENTS), "string"),
    JOURNAL: (tuple((name, "string") for name in journals.ARGUMENTS), "string"),
}


class Desk:
    """Runs operations on the books. ``argument`` is a (name, value) that every call must carry."""

    def __init__(self, books: Books, switches: Switches, argument: tuple[str, str] | None = None) -> None:
        self.books = books
        self.switches = switches
        self.argument = argument
        self.shipments: dict[str, Shipment] = {}
        self.couriers = CourierBook()
        self.folder: Folder | None = None
        self.channel = Channel(books, lambda: self.switches)

    def signatures(self) -> dict[str, Signature]:
        """What the WSDL shows now."""
        on = {CONFIRM: self.switches.confirm_shipment, JOURNAL: self.switches.post_stock_journal}
        offered = {**SIGNATURES, **{name: signature for name, signature in EXTENSIONS.items() if on[name]}}
        if self.argument:
            extra = (self.argument[0], "string")
            offered = {name: ((*arguments, extra), result) for name, (arguments, result) in offered.items()}
        return offered

    def run(self, operation: str, asked: dict[str, Any]) -> Any:
        """The operation's result. Raises Refused for what the service answers as a Fault."""
        if operation not in self.signatures():
            raise Refused(f"{operation} is not supported", "EIntfCastError")
        if self.argument and asked.pop(self.argument[0], None) != self.argument[1]:
            raise Refused("Access denied", "EAccessDenied")
        self.books.tick()
        return self._table()[operation](asked)

    def _table(self) -> Mapping[str, Callable[[dict[str, Any]], Any]]:
        books, switches = self.books, self.switches
        return {
            "GetVersion": lambda _: VERSION,
            "GetSiteList": lambda _: stock_out.get_site_list(books),
            "GetStockList": lambda a: stock_out.get_stock_list(books, a),
            "ExportStock": lambda a: stock_out.export_stock(books, a, shape=switches.stock_shape),
            "ExportStockStatus": lambda a: stock_out.export_stock_status(books, a),
            "ImportStockStatus": lambda a: levels_in.import_stock_status(books, a, switches),
            "ExportOrderStatusEx": lambda a: status_out.export_order_status_ex(
                books, a, credit_shows_ref=switches.credit_shows_ref
            ),
            "ExportOrders": lambda a: status_out.export_orders(books, a),
            "ImportOrders": lambda a: orders_in.import_orders(
                books, a.get("Orders", ""), auto_split=switches.auto_split
            ),
            CONFIRM: lambda a: shipments.confirm_shipment(books, self.shipments, a, switches),
            JOURNAL: lambda a: journals.post_stock_journal(books, a, switches),
        }
