"""Which operations the sandbox offers, with their signatures, and what runs each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from adapters.khaos.sandbox import orders_in, shipments, status_out, stock_out
from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import Refused, Shipment
from adapters.khaos.sandbox.wire import Signature

VERSION = "7.8.4.0 sandbox"


class Switches(BaseModel):
    """What can be made to happen. Posted as JSON; what is not named keeps its value."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    latency: float = Field(default=0.0, ge=0, description="seconds that every call takes")
    multiref: bool = Field(default=True, description="objects as references instead of inline")
    fault_shape: Literal["old", "new"] = "new"
    drop_after_commit: dict[str, int] = Field(default_factory=dict, description="operation -> next n calls unanswered")
    drop_manner: Literal["hold", "close"] = "close"
    hold_seconds: float = Field(default=30.0, ge=0)
    html_error: int = Field(default=0, ge=0, description="next n calls answer IIS's error page and do nothing")
    html_status: int = Field(default=500, ge=200, le=599)
    truncate: int = Field(default=0, ge=0, description="next n calls are done and answered with half a reply")
    away_until: float = Field(default=0.0, description="epoch seconds until which nobody answers")
    away_manner: Literal["close", "503"] = "close"
    auto_split: bool = True
    level_semantics: Literal["available", "in_stock"] = "available"
    stock_shape: Literal["nested", "flat"] = "nested"
    confirm_shipment: bool = False
    issue_after: float = Field(default=0.0, ge=0, description="seconds from shipped (16) to issued (70)")
    remainder_stage: int = 9


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
CONFIRM = "ConfirmShipment"
CONFIRM_SIGNATURE: Signature = (tuple((name, "string") for name in shipments.ARGUMENTS), "string")


class Desk:
    """Runs operations on the books. ``argument`` is a (name, value) that every call must carry."""

    def __init__(self, books: Books, switches: Switches, argument: tuple[str, str] | None = None) -> None:
        self.books = books
        self.switches = switches
        self.argument = argument
        self.shipments: dict[str, Shipment] = {}

    def signatures(self) -> dict[str, Signature]:
        """What the WSDL shows now."""
        offered = dict(SIGNATURES)
        if self.switches.confirm_shipment:
            offered[CONFIRM] = CONFIRM_SIGNATURE
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
            "ImportStockStatus": lambda a: stock_out.import_stock_status(books, a, semantics=switches.level_semantics),
            "ExportOrderStatusEx": lambda a: status_out.export_order_status_ex(books, a),
            "ExportOrders": lambda a: status_out.export_orders(books, a),
            "ImportOrders": lambda a: orders_in.import_orders(
                books, a.get("Orders", ""), auto_split=switches.auto_split
            ),
            CONFIRM: lambda a: shipments.confirm_shipment(
                books,
                self.shipments,
                a,
                issue_after=switches.issue_after,
                remainder_stage=switches.remainder_stage,
            ),
        }
