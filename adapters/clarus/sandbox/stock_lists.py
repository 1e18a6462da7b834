"""The lists of stock, movements and goods in (OpenAPI ``/graphql#List…``), as rows of the schema."""

from __future__ import annotations

from adapters.clarus.sandbox.order_lists import Rows

STOCK_LISTS: Rows = {
    "stock_balances": (
        "StockBalance",
        "StockBalancesFilterType",
        (
            "available:Float allocated:Float ordered:Float received:Float picked:Float product:Product account:Account"
            " warehouse:Warehouse"
        ),
        (
            "product_id:Id product_code:String account_id:Id warehouse_id:Id available:Decimal allocated:Decimal"
            " picked:Decimal"
        ),
    ),
    "stocks": (
        "Stock",
        "StockFilterType",
        (
            "id:ID! quantity:Float status:String fifo_date:String product:Product location:Location account:Account"
            " storage_unit:StorageUnit"
        ),
        (
            "product_id:Id product_code:String account_id:Id warehouse_id:Id location_id:Id location_code:String"
            " storage_unit_id:Id status:String quantity:Decimal fifo_date:Datetime"
        ),
    ),
    "transactions": (
        "Transaction",
        "TransactionFilterType",
        (
            "id:ID! subtype:String category:String quantity:Float created_at:String product:Product account:Account"
            " location_from:Location location_to:Location completing_user:User"
        ),
        (
            "subtype:SubtypeType category:String product_id:Id account_id:Id warehouse_id:Id created_at:Datetime"
            " goods_out_id:Id location_from_id:Id location_to_id:Id"
        ),
    ),
    "tasks": (
        "Task",
        "TaskFilterType",
        (
            "id:ID! status:String subtype:String start_quantity:Float confirmed_quantity:Float created_at:String"
            " account:Account warehouse:Warehouse product:Product task_type:TaskType location_from:Location"
            " location_to:Location"
        ),
        (
            "status:String subtype:String task_type_code:String account_id:Id warehouse_id:Id product_id:Id"
            " location_from_id:Id location_to_id:Id user_id:Id goods_out_id:Id goods_in_receipt_line_id:Id"
            " storage_unit_from_id:Id load_id:Id assigned_at:Datetime completed_at:Datetime created_at:Datetime"
            " priority:Integer drop_sequence:Integer"
        ),
    ),
    "goods_in_receipts": (
        "InboundGood",
        "InboundGoodFilterType",
        (
            "id:ID! reference:String status:String receipt_type:String expected_date_of_receipt:String"
            " actual_date_of_receipt:String notes:String account:Account warehouse:Warehouse"
        ),
        "reference:String status:String account_id:Id warehouse_id:Id expected_date_of_receipt:Datetime",
    ),
    "reason_codes": (
        "ReasonCode",
        "ReasonCodeFilterType",
        "id:ID! code:String name:String description:String reason_type:String active:Boolean generic:Boolean",
        "code:String name:String reason_type:ReasonType active:Boolean generic:Boolean account_id:Id",
    ),
    "locations": (
        "Location",
        "LocationsFilterType",
        (
            "id:ID! code:String description:String active:Boolean is_pickface:Boolean zone:String aisle:String"
            " row:String column:String slot:String walk_sequence:Int warehouse:Warehouse"
        ),
        ("code:String aisle:String warehouse_code:String zone:String storage_unit_type_id:Id walk_sequence:Integer"),
    ),
    "suppliers": (
        "Supplier",
        "SupplierFilterType",
        (
            "id:ID! code:String name:String description:String active:Boolean external_system_reference1:String"
            " address:Address"
        ),
        (
            "id:Id code:String name:String description:String active:Boolean external_system_reference1:String"
            " address_postcode:String created_at:Datetime"
        ),
    ),
}
# Node type -> fields that are not published, as some tenants' schemas have them.
EXTRA_FIELDS = {
    "Stock": "string1:String reason_code:ReasonCode created_at:String updated_at:String",
    "Transaction": "reason_code:ReasonCode stock:Stock goods_in_receipt_line:InboundItem",
    "Task": "goods_in_receipt_line:InboundItem",
    "InboundGood": (
        "external_system_reference1:String external_system_reference2:String external_system_reference3:String"
    ),
}
EXTRA_TYPES = "type InboundItem { id: ID! alt_line_number: String goods_in_receipt: InboundGood }"
