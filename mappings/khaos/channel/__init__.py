"""What the documents of Khaos's web-services channel and of its courier hook mean, in JSON and in XML."""

from mappings.canonical.courier import CourierAnswer, CourierBox, CourierInvoice, CourierRequest
from mappings.khaos.channel.codec import CONTENT_TYPES, Form, form_of, read_document, write_document
from mappings.khaos.channel.config import Endpoint, EndpointConfig, read_config, write_config
from mappings.khaos.channel.consignments import read_courier_export, write_courier_import
from mappings.khaos.channel.fitting import Note
from mappings.khaos.channel.levels import ChannelLevel, read_stock_status_upload
from mappings.khaos.channel.orders import SalesOrderImport, write_no_orders
from mappings.khaos.channel.prices import PriceLists
from mappings.khaos.channel.products import read_stock_upload
from mappings.khaos.channel.returns import SourceStyle, WrittenReturns, read_returns, write_returns
from mappings.khaos.channel.statuses import ChannelOrder, ChannelParcel, ChannelShipment, read_order_status_upload

__all__ = [
    "CONTENT_TYPES",
    "ChannelLevel",
    "ChannelOrder",
    "ChannelParcel",
    "ChannelShipment",
    "CourierAnswer",
    "CourierBox",
    "CourierInvoice",
    "CourierRequest",
    "Endpoint",
    "EndpointConfig",
    "Form",
    "Note",
    "PriceLists",
    "SalesOrderImport",
    "SourceStyle",
    "WrittenReturns",
    "form_of",
    "read_config",
    "read_courier_export",
    "read_document",
    "read_order_status_upload",
    "read_returns",
    "read_stock_status_upload",
    "read_stock_upload",
    "write_config",
    "write_courier_import",
    "write_document",
    "write_no_orders",
    "write_returns",
]
