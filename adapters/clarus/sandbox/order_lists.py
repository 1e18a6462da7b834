"""The lists of orders, products and the tenant's own tables (OpenAPI ``/graphql#List…``), as rows of the schema."""

from __future__ import annotations

# root -> (node type, filter type, node fields, filters as name:input)
Rows = dict[str, tuple[str, str, str, str]]

ORDER_LISTS: Rows = {
    "accounts": (
        "Account",
        "AccountFilterType",
        "id:ID! code:String name:String is_short_pickable:Boolean external_system_reference1:String vat_number:String",
        "code:String name:String is_short_pickable:Boolean",
    ),
    "warehouses": (
        "Warehouse",
        "WarehouseFilterType",
        (
            "id:ID! code:String name:String consolidate_pick_enabled:Boolean loading_validation_setting:String"
            " opening_times_enabled:Boolean address:Address"
        ),
        "code:String name:String",
    ),
    "account_warehouses": (
        "AccountWarehouse",
        "AccountWarehouseFilterType",
        "id:ID! account_id:ID warehouse_id:ID account:Account warehouse:Warehouse",
        "account_id:Id warehouse_id:Id",
    ),
    "carriers": (
        "Carrier",
        "CarrierFilterType",
        (
            "id:ID! code:String name:String description:String active:Boolean carrier_type:String"
            " carrier_externally_registered:Boolean"
        ),
        "code:String name:String active:Boolean",
    ),
    "carrier_services": (
        "CarrierService",
        "CarrierServiceFilterType",
        "id:ID! code:String name:String active:Boolean is_default:Boolean carrier:Carrier",
        "code:String name:String active:Boolean carrier_id:Id carrier_code:String",
    ),
    "stock_unit_types": (
        "StockUnitType",
        "StockUnitTypeFilterType",
        "id:ID! code:String name:String description:String",
        "code:String name:String description:String",
    ),
    "products": (
        "Product",
        "ProductsFilterType",
        (
            "id:ID! code:String barcode:String description:String long_description:String product_type:String"
            " units_per_case:Int shelf_life_min:Int shelf_life_max:Int commodity_code:String"
            " country_of_manufacture:String"
        ),
        "code:String barcode:String description:String product_type:String account_id:Id",
    ),
    "account_products": (
        "AccountProduct",
        "AccountProductFilterType",
        "id:ID! account:Account product:Product",
        "account_id:Id product_id:Id",
    ),
    "goods_outs": (
        "GoodsOut",
        "GoodsOutsFilterType",
        (
            "id:ID! reference:String priority:Int expected_date_of_dispatch:String goods_out_status:GoodsOutStatus"
            " account:Account warehouse:Warehouse carrier:Carrier"
        ),
        (
            "reference:String goods_out_status_code:String account_id:Id warehouse_id:Id carrier_id:Id"
            " expected_date_of_dispatch:Datetime"
        ),
    ),
    "goods_out_lines": (
        "GoodsOutLine",
        "GoodsOutLineFilterType",
        (
            "id:ID! order_quantity:Float allocated_quantity:Float pick_quantity:Float dispatch_quantity:Float"
            " short_status:String product:Product goods_out:GoodsOut carrier:Carrier"
        ),
        (
            "goods_out_id:Id product_id:Id account_id:Id warehouse_id:Id goods_out_status_code:StatusCode carrier_id:Id"
            " order_quantity:Decimal pick_quantity:Decimal"
        ),
    ),
    "shipments": (
        "Shipment",
        "ShipmentFilterType",
        (
            "id:ID! reference:String name:String status:String delivery_notes:String collection_datetime:String"
            " label_filename:String packages_count:Int carrier:Carrier carrier_service:CarrierService"
            " warehouse:Warehouse"
        ),
        "reference:String status:String carrier_id:Id warehouse_id:Id goods_out_id:Id",
    ),
    "packages": (
        "Package",
        "PackageFilterType",
        "id:ID! tracking_number:String shipment:Shipment storage_unit_type:StorageUnitType",
        "shipment_id:Id shipment_reference:String tracking_number:String",
    ),
    "pick_processing_requests": (
        "PickProcessingRequest",
        "PickProcessingRequestFilterType",
        "status:String process_reference:String message:String goods_out:GoodsOut created_at:String",
        "goods_out_id:Id goods_out_reference:String status:Status process_reference:String created_at:Datetime",
    ),
    "automations": (
        "Automation",
        "AutomationFilterType",
        "id:ID! name:String resource_name:String event:String enabled:Boolean integration_id:ID created_at:String",
        "name:String resource_name:ResourceName event:Event enabled:Boolean integration_id:Id",
    ),
}
